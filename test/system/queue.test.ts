import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { Gate } from '../util/gate.ts';
import { TestNode } from '../util/node.ts';
import { until } from '../util/until.ts';

/** Many calls at once, and changes of the action under them. */

const node = new TestNode({
  args: ['--pool-memory', '768 MB', '--limits-concurrent-invocations', '20000', '--stem-cells', '1'],
});
beforeAll(() => node.start());
afterAll(() => node.end());

/** Runs `count` of them, so many at a time. */
async function times<T>(count: number, atOnce: number, work: (n: number) => Promise<T>): Promise<T[]> {
  const done: T[] = [];
  let next = 0;
  const worker = async () => {
    while (next < count) {
      const n = next++;
      done[n] = await work(n);
    }
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
  return done;
}

const count = async (name: string) =>
  (await node.ask('GET', `activations?count=true&name=${name}`)).json.activations as number;

describe('10,000 calls that wait', () => {
  test('are all accepted, run and recorded, and others are served meanwhile', async () => {
    await node.put('many', 'function main({ n }) { return { n }; }');
    await node.put('gate', Gate.code);
    await node.put('other', 'function main() { return {}; }');
    // All the memory is taken until the gate opens, so that they really wait.
    using gate = new Gate();
    const before = [1, 2, 3].map(() => node.invoke('gate', { url: gate.url }));
    await until('all memory is taken', () => gate.waiting === 3);
    const answers = await times(10_000, 50, async (n) => {
      const { status } = await node.ask('POST', 'actions/many', { body: { n } });
      return status;
    });
    expect(answers.filter((status) => status !== 202)).toEqual([]);
    expect((await node.pool()).waiting).toBe(10_000);
    const began = performance.now();
    gate.open();
    expect((await Promise.all(before)).map(({ status }) => status)).toEqual([200, 200, 200]);
    expect((await node.invoke('other')).status).toBe(200);
    await until('all have run', async () => (await node.pool()).active + (await node.pool()).waiting === 0, 20_000);
    expect(performance.now() - began).toBeLessThan(20_000);
    expect(await count('many')).toBe(10_000);
  }, 60_000);
});

describe('an action that is changed under load (ACT-17, ACT-18)', () => {
  const version = (n: number) => `function main() { return { version: ${n} }; }`;

  test('never runs old code for a call that began after the answer to the change', async () => {
    await node.put('changing', version(0));
    let current = 0;
    let isOver = false;
    let calls = 0;
    const caller = async () => {
      while (!isOver) {
        const least = current;
        const { status, json } = await node.invoke('changing');
        calls++;
        expect([status, json.response.result.version >= least]).toEqual([200, true]);
      }
    };
    const callers = Promise.all(Array.from({ length: 8 }, caller));
    for (let n = 1; n <= 20; n++) {
      await node.put('changing', version(n));
      current = n;
      const before = calls;
      await until('calls have come', () => calls >= before + 8);
    }
    isOver = true;
    await callers;
    expect((await node.invoke('changing')).json).toMatchObject({
      version: '0.0.21',
      response: { result: { version: 20 } },
    });
  });

  test('runs on with the limits that it has now', async () => {
    const pid = 'function main() { return { pid: process.pid }; }';
    await node.put('limits', pid, { limits: { timeout: 1000 } });
    await node.invoke('limits');
    await node.put('limits', 'function main() { for (;;); }', { limits: { timeout: 200 } });
    const { json } = await node.invoke('limits');
    expect(json.response.result.error).toBe('The action exceeded its time limits of 200 milliseconds.');
  });

  test('and deleted ends what waits with a clear sentence, and what runs as it would have', async () => {
    await node.put('deleted', Gate.code);
    using gate = new Gate();
    const calls = Array.from({ length: 6 }, () => node.invoke('deleted', { url: gate.url }));
    await until('some run and some wait', async () => gate.waiting === 3 && (await node.pool()).waiting === 3);
    await node.ask('DELETE', 'actions/deleted');
    gate.open();
    const results = (await Promise.all(calls)).map(({ status, json }) => [status, json.response.result]);
    const removed = { error: 'Action could not be found or may have been deleted.' };
    expect(results.filter(([status]) => status === 200)).toEqual([1, 2, 3].map(() => [200, { passed: true }]));
    expect(results.filter(([status]) => status !== 200)).toEqual([1, 2, 3].map(() => [500, removed]));
    expect((await node.invoke('deleted')).status).toBe(404);
  });

  test('and created anew is the new one', async () => {
    for (let n = 0; n < 5; n++) {
      await node.put('anew', version(n));
      expect((await node.invoke('anew')).json.response.result).toEqual({ version: n });
      await node.ask('DELETE', 'actions/anew');
    }
  });
});

describe('calls at once in one container (LIM-04)', () => {
  test('keep their results and logs apart', async () => {
    const code = `let most = 0, now = 0;
      async function main({ id }) {
        most = Math.max(most, ++now);
        for (let n = 0; n < 5; n++) {
          console.log(id, n);
          await new Promise((r) => setTimeout(r, 5));
        }
        now--;
        return { id, most };
      }`;
    await node.put('shared', code, { limits: { concurrency: 20 } });
    await node.invoke('shared', { id: 'first' });
    const answers = await times(20, 20, (n) => node.invoke('shared', { id: `call-${n}` }));
    answers.forEach(({ json }, n) => {
      expect(json.response.result.id).toBe(`call-${n}`);
      expect(json.logs.map((line: string) => line.split('stdout: ')[1])).toEqual(
        [0, 1, 2, 3, 4].map((line) => `call-${n} ${line}`),
      );
    });
    expect(Math.max(...answers.map(({ json }) => json.response.result.most))).toBeGreaterThan(10);
  });
});

describe('limits of a namespace (LIM-13, LIM-14, ERR-14)', () => {
  test('refuse what is too much at once, and let in again what comes later', async () => {
    await using small = new TestNode({ args: ['--limits-concurrent-invocations', '2'] });
    await small.start();
    await small.put('slow', 'function main() { return new Promise((r) => setTimeout(r, 300, {})); }');
    const running = [small.invoke('slow'), small.invoke('slow')];
    await until('both are accepted', async () => {
      const { active, waiting } = await small.pool();
      return active + waiting === 2;
    });
    const refused = await small.invoke('slow');
    expect([refused.status, refused.json.error]).toEqual([
      429,
      'Too many concurrent requests in flight (count: 2, allowed: 2).',
    ]);
    expect((await Promise.all(running)).map(({ status }) => status)).toEqual([200, 200]);
    expect((await small.invoke('slow')).status).toBe(200);
  });

  test('refuse what is too much in a minute', async () => {
    await using small = new TestNode({ args: ['--limits-invocations-per-minute', '3'] });
    await small.start();
    await small.put('echo', 'function main() { return {}; }');
    const statuses: number[] = [];
    // A new minute may begin in between, once.
    for (let n = 0; n < 8; n++) {
      const { status, json, headers } = await small.invoke('echo');
      statuses.push(status);
      if (status !== 429) continue;
      expect(json.error).toMatch(/^Too many requests in the last minute \(count: \d, allowed: 3\)\.$/);
      expect(Number(headers.get('retry-after'))).toBeWithin(1, 61);
    }
    expect(statuses).toContain(429);
    expect(statuses.slice(0, 3)).toEqual([200, 200, 200]);
  });
});
