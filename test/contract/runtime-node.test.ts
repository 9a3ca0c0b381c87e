import { need } from '../util/need.ts';
import { overFifos } from '../util/pipe-place.ts';
import { shimOf } from '../util/shims.ts';
import { testRuntime } from './runtime.ts';
import { testAhead } from './runtime-ahead.ts';
import { javascript, javascriptAhead, javascriptPipes } from './runtime-javascript.ts';
import { testJavaScriptCode } from './runtime-javascript-code.ts';
import { testJavaScriptRuns } from './runtime-javascript-runs.ts';
import { testPipes } from './runtime-pipes.ts';

const node = need('node', Bun.which('node'));

if (node) {
  const engine = { name: 'JavaScript under Node', command: [node, shimOf('javascript')] };
  const fifos = { name: `${engine.name}, over FIFOs`, command: overFifos(engine.command) };
  for (const each of [engine, fifos]) testRuntime({ ...javascript, ...each });
  testJavaScriptCode(engine);
  for (const each of [engine, fifos]) testJavaScriptRuns(each);
  testPipes({ ...engine, code: javascriptPipes });
  testAhead({ ...engine, code: javascriptAhead });
}
