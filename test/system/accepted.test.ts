import { afterEach, beforeEach, describe, expect, test } from 'bun:test';
import { Gate } from '../util/gate.ts';
import { need } from '../util/need.ts';
import { TestNode } from '../util/node.ts';
import { recordOf } from '../util/records.ts';
import { traced } from '../util/strace.ts';
import { findTool } from '../util/tools.ts';
import { until } from '../util/until.ts';
import { run } from '../util/whisklet.ts';

/** What was answered with 202 ends in one record, whatever becomes of the node (docs/architecture.md, Guarantees). */

const LONG_MS = 60_000;
const limits = ['--limits-invocations-per-minute', '1000000', '--limits-fires-per-minute', '1000000'];

let node: TestNode;
beforeEach(async () => {
  node = new TestNode({ args: [...limits, '--limits-concurrent-invocations', '10000'] });
  await node.start();
});
afterEach(() => node.end(), LONG_MS);

interface Sizes {
  readonly pending: number;
  readonly dead: number;
}

const journal = async () => (await node.ask('GET', '/status')).json.journal as Sizes;
const empty = () => until('all is done', async () => (await journal()).pending === 0, 30_000);
const later = async (name: string, body: object = {}) => {
  const { status, json } = await node.ask('POST', `actions/${name}`, { body });
  expect(status).toBe(202);
  return json.activationId as string;
};
const resultOf = async (id: string) => (await recordOf(node, id)).response.result;
const sequence = (...components: string[]) => ({
  body: { exec: { kind: 'sequence', components: components.map((each) => `/_/${each}`) } },
});

/** An action that waits at the gate, once with each `n`, and hands on what it is called with. */
const atGate = 'async function main(args) { await fetch(args.url); return args; }';

describe('a node that is killed', () => {
  test(
    'again and again while it takes on invocations, sequences, compositions and fires, records each of them once',
    async () => {
      await node.put('echo', 'function main({ n }) { return { n }; }');
      await node.put('slow', 'function main({ n }) { return new Promise((r) => setTimeout(r, 30, { n })); }');
      await node.ask('PUT', 'actions/both', sequence('slow', 'echo'));
      const conductor = `function main({ n, again }) {
        return again ? { params: { n } } : { action: '/_/echo', params: { n }, state: { again: true } };
      }`;
      await node.put('compose', conductor, { annotations: [{ key: 'conductor', value: true }] });
      await node.put('ruled', 'function main({ n }) { return { n }; }');
      await node.ask('PUT', 'triggers/tick', { body: {} });
      for (const name of ['one', 'two']) {
        await node.ask('PUT', `rules/${name}`, { body: { trigger: '/_/tick', action: '/_/ruled' } });
      }
      const paths = ['actions/echo', 'actions/slow', 'actions/both', 'actions/compose', 'triggers/tick'];
      /** What was answered with 202: its number, by its id. */
      const accepted = new Map<string, { n: number; path: string }>();
      let sent = 0;
      const send = async () => {
        for (;;) {
          const n = sent++;
          const path = paths[n % paths.length] as string;
          const answer = await node.ask('POST', path, { body: { n } }).catch(() => undefined);
          if (answer === undefined) return;
          expect(answer.status).toBe(202);
          accepted.set(answer.json.activationId, { n, path });
        }
      };
      for (let kills = 0; kills < 3; kills++) {
        const before = accepted.size;
        const sending = Promise.all(Array.from({ length: 8 }, send));
        await until('much is accepted', () => accepted.size >= before + 200);
        const killed = node.stop('SIGKILL');
        await Promise.all([sending, killed]);
        await node.start();
      }
      await empty();
      let ruled = 0;
      for (const [id, { n, path }] of accepted) {
        const { status, json } = await node.ask('GET', `activations/${id}`);
        expect([id, path, status]).toEqual([id, path, 200]);
        expect(json.response).toMatchObject({ status: 'success', result: { n } });
        if (path !== 'triggers/tick') continue;
        expect(json.logs).toHaveLength(2);
        for (const line of json.logs.map(JSON.parse)) {
          ruled++;
          expect((await node.ask('GET', `activations/${line.activationId}`)).json.response.result).toEqual({ n });
        }
      }
      // What was written down before its answer could leave is done, too; but nothing stands there twice.
      const count = async (name: string) =>
        (await node.ask('GET', `activations?count=true&name=${name}`)).json.activations as number;
      const fires = await count('tick');
      expect(fires - ruled / 2).toBeWithin(0, 3 * 8 + 1);
      expect(await count('ruled')).toBe(2 * fires);
      expect((await journal()).dead).toBe(0);
      console.info(
        `    ${accepted.size} accepted, ${accepted.size} recorded, 0 lost; ${fires} fires, ${ruled} by rules`,
      );
    },
    LONG_MS,
  );

  test(
    'by the same work each time gives it up, with a record and a dead letter, and does what waited beside it',
    async () => {
      await node.put('deadly', atGate);
      await node.put('innocent', atGate);
      using deadly = new Gate();
      using innocent = new Gate();
      const id = await later('deadly', { url: deadly.url });
      const beside = await later('innocent', { url: innocent.url, n: 7 });
      await until('both run', () => deadly.waiting + innocent.waiting === 2);
      for (const tries of [1, 2, 3]) {
        await until(`it was begun ${tries} times`, () => deadly.waiting === tries);
        expect((await node.ask('GET', `activations/${id}`)).status).toBe(202);
        await node.stop('SIGKILL');
        await node.start();
      }
      const { response } = await recordOf(node, id);
      const why = 'The activation was begun 3 times, and the node ended before it did. It was given up.';
      expect(response).toEqual({ status: 'whisk internal error', success: false, result: { error: why } });
      expect(deadly.waiting).toBe(3);
      innocent.open();
      expect((await resultOf(beside)).n).toBe(7);
      await empty();
      expect((await journal()).dead).toBe(1);
      expect((await node.ask('GET', '/metrics')).text).toContain('whisklet_journal_dead_letters 1');

      const whisklet = (...args: string[]) => run(['dead-letters', ...args, '--data-dir', node.dataDir]);
      expect((await whisklet('list')).out).toMatch(new RegExp(`^${id}\t[^\t]+\tguest\t/guest/deadly\t${why}\n$`));
      await node.stop('SIGTERM');
      const { out } = await whisklet('get', id);
      expect(JSON.parse(out)).toMatchObject({ activationId: id, action: '/guest/deadly', tries: 3 });
      // On a stopped node it is done at the next start.
      const replayed = /^\w+ is done again as (\w+)\n$/.exec((await whisklet('replay', id)).out)?.[1] as string;
      deadly.open();
      await node.start();
      expect((await resultOf(replayed)).url).toBe(deadly.url);
      expect((await recordOf(node, id)).response.status).toBe('whisk internal error');
      expect((await whisklet('list')).out).toBe('no dead letters\n');
    },
    LONG_MS,
  );

  test('when a blocking call or a web action had got 202 has their records later', async () => {
    await node.restart('SIGTERM', '--blocking-wait', '300ms');
    await node.put('gate', atGate, { annotations: [{ key: 'web-export', value: true }] });
    using gate = new Gate();
    const called = await node.ask('POST', 'actions/gate?blocking=true', { body: { url: gate.url, n: 1 } });
    const web = await node.ask('GET', `/api/v1/web/guest/default/gate.json?n=2&url=${gate.url}`);
    expect([called.status, web.status]).toEqual([202, 202]);
    const ids = [called.json.activationId, web.headers.get('x-openwhisk-activation-id') as string];
    expect((await journal()).pending).toBe(2);
    await node.stop('SIGKILL');
    gate.open();
    await node.start();
    expect(await Promise.all(ids.map(resultOf))).toMatchObject([{ n: 1 }, { n: '2' }]);
    await empty();
  });

  test('leaves nothing of what ended before, and nothing where records are not wanted', async () => {
    await node.put('echo', 'function main(args) { return args; }');
    await run(['limits', 'set', 'guest', '--storeActivations', 'no', '--data-dir', node.dataDir]);
    await later('echo');
    await empty();
    await node.restart('SIGKILL');
    expect(await journal()).toEqual({ pending: 0, dead: 0 });
  });
});

describe('a node that is asked to stop', () => {
  test('leaves what it has not begun to the next start; who waits for it hears so', async () => {
    await node.restart('SIGTERM', '--pool-memory', '256 MB', '--drain-timeout', '300ms', '--stem-cells', '0');
    await node.put('gate', atGate);
    await node.ask('PUT', 'actions/twice', sequence('gate', 'gate'));
    using gate = new Gate();
    const running = await later('gate', { url: gate.url });
    await until('it runs', () => gate.waiting === 1);
    const waiting = [await later('gate', { url: gate.url, n: 1 }), await later('twice', { url: gate.url, n: 2 })];
    const blocking = node.invoke('gate', { url: gate.url });
    await until('the others wait', async () => (await node.pool()).waiting === 3);
    const stopped = node.stop('SIGTERM');
    const { status, json } = await blocking;
    expect([status, json.error]).toEqual([503, 'The node is stopping and takes no new work. Try again in a moment.']);
    expect((await stopped).exit).toBe(0);
    gate.open();
    await node.start();
    expect(await Promise.all(waiting.map(resultOf))).toMatchObject([{ n: 1 }, { n: 2 }]);
    // What was under way was ended, and has a record of that.
    expect((await recordOf(node, running)).response.status).toBe('action developer error');
    expect((await node.ask('GET', 'activations?count=true')).json.activations).toBe(5);
    await empty();
  });
});

const strace = need('strace', findTool('strace'));
test.skipIf(!strace)('the answer 202 leaves after the work was synced to the disk', async () => {
  await node.put('echo', 'function main(args) { return args; }');
  await later('echo');
  await empty();
  const calls = await traced(node.process.pid, () => later('echo', { mark: 'written' }));
  const written = calls.findIndex(({ name, rest }) => /^p?write/.test(name) && /whisklet\.db-wal>/.test(rest));
  const synced = calls.findIndex(
    ({ name, rest }, at) => at > written && /^f(data)?sync$/.test(name) && /-wal>/.test(rest),
  );
  const answered = calls.findIndex(({ rest }) => rest.includes('HTTP/1.1 202'));
  expect(written).toBeGreaterThanOrEqual(0);
  expect(synced).toBeGreaterThan(written);
  expect(answered).toBeGreaterThan(synced);
});
