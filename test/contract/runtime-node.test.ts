import { need } from '../util/need.ts';
import { shimOf } from '../util/shims.ts';
import { testRuntime } from './runtime.ts';
import { testAhead } from './runtime-ahead.ts';
import { javascript, javascriptAhead } from './runtime-javascript.ts';
import { testJavaScriptCode } from './runtime-javascript-code.ts';
import { testJavaScriptRuns } from './runtime-javascript-runs.ts';

const node = need('node', Bun.which('node'));

if (node) {
  const engine = { name: 'JavaScript under Node', command: [node, shimOf('javascript')] };
  testRuntime({ ...javascript, ...engine });
  testJavaScriptCode(engine);
  testJavaScriptRuns(engine);
  testAhead({ ...engine, code: javascriptAhead });
}
