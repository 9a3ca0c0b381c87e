import { bun, shimOf } from '../util/shims.ts';
import { testRuntime } from './runtime.ts';
import { javascript } from './runtime-javascript.ts';
import { testJavaScriptCode } from './runtime-javascript-code.ts';
import { testJavaScriptRuns } from './runtime-javascript-runs.ts';

const engine = { name: 'JavaScript under Bun', command: [bun, shimOf('javascript')] };

testRuntime({ ...javascript, ...engine });
testJavaScriptCode(engine);
testJavaScriptRuns(engine);
