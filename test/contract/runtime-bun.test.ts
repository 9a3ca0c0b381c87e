import { bun, shimOf } from '../util/shims.ts';
import { testRuntime } from './runtime.ts';
import { javascript } from './runtime-javascript.ts';

testRuntime({ ...javascript, name: 'JavaScript under Bun', command: [bun, shimOf('javascript')] });
