import { need } from '../util/need.ts';
import { shimOf } from '../util/shims.ts';
import { testRuntime } from './runtime.ts';
import { javascript } from './runtime-javascript.ts';

const node = need('node', Bun.which('node'));
if (node) testRuntime({ ...javascript, name: 'JavaScript under Node', command: [node, shimOf('javascript')] });
