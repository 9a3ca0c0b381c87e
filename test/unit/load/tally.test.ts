import { describe, expect, test } from 'bun:test';
import type { Answer } from '../../../src/load/response.ts';
import { Tally } from '../../../src/load/tally.ts';

const answer = (status: number, body: string, ...headers: string[]): { answer: Answer } => ({
  answer: { status, head: ['HTTP/1.1 200 OK', ...headers].join('\r\n'), body: Buffer.from(body) },
});
const tally = (random = () => 0) => new Tally({ expected: { a: 1 }, samples: 3, random });
const id = (n: number) => `X-OpenWhisk-Activation-Id: ${String(n).padStart(32, '0')}`;

describe('a tally', () => {
  test('has latencies of what succeeded, and counts all else by its status or what went wrong', () => {
    const all = tally();
    all.add(answer(200, '{"a":1}'), 2);
    all.add(answer(429, '{"error":"too many"}'), 1);
    all.add(answer(502, '{"error":"no"}'), 1);
    all.add(answer(429, '{}'), 1);
    all.add({ problem: 'no answer within 5 ms' }, 5);
    all.fail('not sent in time', 7);
    expect(all.latencies.summary).toMatchObject({ count: 1, max: 2_000 });
    expect(Object.fromEntries(all.errors)).toEqual({
      429: 2,
      502: 1,
      'no answer within 5 ms': 1,
      'not sent in time': 7,
    });
  });

  test('takes no answer for a success that has another result', () => {
    const all = tally();
    all.add(answer(200, '{"a":2}'), 1);
    all.add(answer(200, 'no JSON'), 1);
    expect([all.latencies.count, all.errors.get('wrong result')]).toEqual([0, 2]);
  });

  test('remembers some calls to look for their records, each as likely as any other', () => {
    const numbers = [0.9, 0.1];
    const all = tally(() => numbers.shift() ?? 1);
    for (let n = 1; n <= 5; n++) all.add(answer(200, '{"a":1}', id(n)), n);
    // The fourth had no luck, the fifth took the place of the first.
    expect(all.sampled.map(({ ms }) => ms)).toEqual([5, 2, 3]);
    expect(all.sampled[0]?.activationId).toBe('5'.padStart(32, '0'));
  });

  test('adds up the steps that the host tells of', () => {
    const all = tally();
    all.add(answer(200, '{"a":1}', 'Server-Timing: auth;dur=0.5, run;desc="the action";dur=1, total;dur=1.6'), 2);
    all.add(answer(200, '{"a":1}', 'server-timing: auth;dur=1.5, run;dur=3'), 10);
    all.add(answer(200, '{"a":1}'), 100);
    expect(all.steps.calls).toBe(2);
    expect(all.steps.means).toEqual({ auth: 1, run: 2, other: 3 });
  });
});
