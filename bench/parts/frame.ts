import { Decoder, encodeFrame, type ToRuntime } from '../../src/protocol/frame.ts';
import type { Part } from './part.ts';

const id = '0123456789abcdef0123456789abcdef';
const env = { __OW_ACTIVATION_ID: id, __OW_TRANSACTION_ID: id, __OW_DEADLINE: '1700000000000' };
const run = (value: string): ToRuntime => ({ type: 'run', id, value, env, logLimit: 10 * 1024 * 1024 });

const small = run('{"name":"Whisklet"}');
const large = run(JSON.stringify({ text: 'x'.repeat(1024 * 1024) }));
const answer = encodeFrame({ type: 'result', id, value: '{"name":"Whisklet"}' });
const largeAnswer = encodeFrame({ type: 'result', id, value: JSON.stringify({ text: 'x'.repeat(1024 * 1024) }) });
const half = answer.length >> 1;
const decoder = new Decoder();

/** Frames of the stdio protocol, as the node writes and reads them. */
export const frame: Part = {
  name: 'frame',
  prepare: () => ({
    tasks: [
      { name: 'encode a run', batch: 100, run: () => encodeFrame(small) },
      { name: 'decode a result', batch: 100, run: () => decoder.push(answer) },
      {
        name: 'decode a result in two chunks',
        batch: 100,
        run: () => {
          decoder.push(answer.subarray(0, half));
          return decoder.push(answer.subarray(half));
        },
      },
      { name: 'encode a run of 1 MB', batch: 1, run: () => encodeFrame(large) },
      { name: 'decode a result of 1 MB', batch: 1, run: () => decoder.push(largeAnswer) },
    ],
  }),
};
