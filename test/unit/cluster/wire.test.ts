import { describe, expect, test } from 'bun:test';
import { pack } from 'msgpackr';
import { decode, encode, type Message } from '../../../src/cluster/wire.ts';

const from = { node: 'a', boot: '1' };
const asked = {
  ...{ activationId: 'f'.repeat(32), transactionId: 'tid', subject: 'guest', namespace: 'guest' },
  ...{ uuid: '23bc46b1', acceptedAt: 1_700_000_000_000 },
};
const messages: Message[] = [
  {
    ...{ type: 'run', from, activationId: 'a1', transactionId: 't', namespace: 'guest', args: '{"ü":1}', waitedMs: 0 },
    action: { id: 'guest/a', rev: '1-x', initEnv: { A: 'b' } },
    ...{ keyOf: '23bc46b1', resultSizes: { maxPayloadSize: '1 MB' } },
  },
  { type: 'work', work: { ...asked, type: 'invocation', action: '/guest/a', version: '0.0.1', args: '{}' } },
  {
    type: 'work',
    work: {
      ...{ ...asked, type: 'fire', payload: '{}', event: '{"a":1}' },
      trigger: {
        ...{ name: 't', version: '0.0.1' },
        rules: { '/guest/r': { action: { path: 'guest', name: 'a' }, status: 'active' } },
      },
    },
  },
  {
    ...{ type: 'outcome', from, activationId: 'a1', endedMsAgo: 3 },
    outcome: {
      response: { status: 'application error', result: '{"error":1}', size: 11 },
      ...{ logs: ['a line'], start: 1, end: 3, waitMs: 0.25, initMs: 2, timedOut: false },
    },
  },
  {
    ...{
      type: 'beat',
      from,
      reads: 1,
      address: 'http://a:3233',
      version: '1',
      state: 'draining',
      kinds: ['nodejs:20'],
    },
    ...{ memoryTotal: 2, memoryFree: 1, waiting: 0, partitions: [0, 5], holding: ['1/7'] },
  },
  { type: 'left', from },
  { type: 'ended', from, partition: 2, offset: 9 },
];

describe('messages between nodes', () => {
  test.each(messages)('come out as they went in: $type', (message) => {
    expect(decode(encode(message))).toMatchObject(message);
  });

  test.each(messages)('whatever is wrong with one of its fields, it is refused: $type', (message) => {
    for (const field of Object.keys(message)) {
      if (field === 'keyOf' || field === 'resultSizes') continue;
      for (const wrong of [undefined, null, -1, [], { a: 1 }]) {
        const found = decode(pack({ v: 1, ...message, [field]: wrong }));
        // An empty list is a proper one.
        if ('problem' in found || (Array.isArray(wrong) && ['partitions', 'holding', 'kinds'].includes(field)))
          continue;
        throw new Error(`${message.type}.${field} = ${JSON.stringify(wrong)} was let through`);
      }
    }
  });

  test('of another version it says so', () => {
    expect(decode(pack({ v: 2, type: 'left', from }))).toEqual({ problem: 'its version is 2, and this node reads 1' });
  });

  test('a field that is new is let through', () => {
    expect(decode(pack({ v: 1, type: 'left', from, mood: 'fine' }))).toMatchObject({ type: 'left', from });
  });

  test.each([
    ['nothing', new Uint8Array()],
    ['text', Buffer.from('hello there')],
    ['a list', pack([1, 2])],
    ['a torn map', pack({ v: 1, type: 'left', from }).subarray(0, 9)],
    ['an unknown type', pack({ v: 1, type: 'constructor' })],
    ['no type', pack({ v: 1 })],
    ['random bytes', crypto.getRandomValues(new Uint8Array(200))],
  ])('%s is a problem, and no fault', (_, bytes) => {
    expect(decode(bytes)).toHaveProperty('problem');
  });
});
