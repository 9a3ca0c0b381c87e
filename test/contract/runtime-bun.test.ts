import { expect, test } from 'bun:test';
import { Decoder, encodeFrame, type ToRuntime } from '../../src/protocol/frame.ts';
import { overFifos } from '../util/pipe-place.ts';
import { bun, shimForBun } from '../util/shims.ts';
import { testRuntime } from './runtime.ts';
import { testAhead } from './runtime-ahead.ts';
import { javascript, javascriptAhead, javascriptPipes } from './runtime-javascript.ts';
import { testJavaScriptCode } from './runtime-javascript-code.ts';
import { testJavaScriptRuns } from './runtime-javascript-runs.ts';
import { testPipes } from './runtime-pipes.ts';

const engine = { name: 'JavaScript under Bun', command: [bun, shimForBun()] };
const fifos = { name: `${engine.name}, over FIFOs`, command: overFifos(engine.command) };

for (const each of [engine, fifos]) testRuntime({ ...javascript, ...each });
testJavaScriptCode(engine);
for (const each of [engine, fifos]) testJavaScriptRuns(each);
testPipes({ ...engine, code: javascriptPipes });
testAhead({ ...engine, code: javascriptAhead });

test('JavaScript under Bun: takes sockets for its standard streams, which cannot be opened a second time', async () => {
  const child = Bun.spawn([...engine.command], { stdin: 'pipe', stdout: 'pipe', env: { BUN_BE_BUN: '1' } });
  const decoder = new Decoder();
  const frames: Record<string, unknown>[] = [];
  const code = 'function main(args) { return args; }';
  const init = { type: 'init', id: 'a', name: 'echo', main: 'main', code, binary: false, env: {} } as const;
  const value = JSON.stringify({ text: '☃'.repeat(200_000) });
  const requests: ToRuntime[] = [
    { ...init, resultLimit: 1024 * 1024, logLimit: 0 },
    { type: 'run', id: 'b', value, env: {}, logLimit: 0 },
  ];
  for await (const chunk of child.stdout) {
    for (const frame of decoder.push(chunk)) {
      frames.push(frame);
      const next = requests.shift();
      if (next) child.stdin.write(encodeFrame(next));
      else child.stdin.end();
    }
  }
  expect(frames).toMatchObject([
    { type: 'ready', protocol: 1 },
    { type: 'result', id: 'a' },
    { type: 'result', id: 'b', value },
    { type: 'ending', begun: [] },
  ]);
  expect(await child.exited).toBe(0);
});
