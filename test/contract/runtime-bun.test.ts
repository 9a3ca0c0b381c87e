import { expect, test } from 'bun:test';
import { Decoder } from '../../src/protocol/frame.ts';
import { bun, shimOf } from '../util/shims.ts';
import { testRuntime } from './runtime.ts';
import { javascript } from './runtime-javascript.ts';
import { testJavaScriptCode } from './runtime-javascript-code.ts';
import { testJavaScriptRuns } from './runtime-javascript-runs.ts';

const engine = { name: 'JavaScript under Bun', command: [bun, shimOf('javascript')] };

testRuntime({ ...javascript, ...engine });
testJavaScriptCode(engine);
testJavaScriptRuns(engine);

test('JavaScript under Bun: takes sockets for its standard streams, which cannot be opened a second time', async () => {
  const child = Bun.spawn([...engine.command], { stdin: 'pipe', stdout: 'pipe', env: { BUN_BE_BUN: '1' } });
  const decoder = new Decoder();
  const frames: Record<string, unknown>[] = [];
  for await (const chunk of child.stdout) {
    frames.push(...decoder.push(chunk));
    child.stdin.end();
  }
  expect(frames).toMatchObject([{ type: 'ready', protocol: 1 }]);
  expect(await child.exited).toBe(0);
});
