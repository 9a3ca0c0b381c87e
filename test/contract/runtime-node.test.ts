import { need } from '../util/need.ts';
import { shimOf } from '../util/shims.ts';
import { testRuntime } from './runtime.ts';
import { javascript } from './runtime-javascript.ts';
import { testJavaScriptCode } from './runtime-javascript-code.ts';
import { testJavaScriptRuns } from './runtime-javascript-runs.ts';

const node = need('node', Bun.which('node'));

if (node) {
  const engine = { name: 'JavaScript under Node', command: [node, shimOf('javascript')] };
  // 1 where this Node takes the types away by itself, for files as for texts.
  const typed = Bun.spawnSync([node, '-p', 'process.features.typescript ? 1 : 0']).stdout.toString().trim() === '1';
  const noTypeScript = typed ? undefined : 'skipped: this Node takes no TypeScript';
  testRuntime({ ...javascript, ...engine });
  testJavaScriptCode({ ...engine, noTypeScript });
  testJavaScriptRuns(engine);
}
