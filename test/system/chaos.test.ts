import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { need } from '../util/need.ts';
import { canMakeNetns, Netns } from '../util/netns.ts';
import type { Answer, TestNode } from '../util/node.ts';
import { canRunSeveral, SeveralNodes } from '../util/several.ts';
import { until } from '../util/until.ts';

/**
 * What is promised, while everything fails in turn (MSG-06): each accepted id ends in exactly one record, each blocking call has an answer.
 * Numbered calls of three kinds go to three nodes, one of them in a network of its own.
 */

const KEY = `6c0f1a6e-62a5-4f4b-9b0c-0f3c9a5d7e11:${'chaos'.repeat(16)}`;
/** Tells this test that it runs, over a connection of its own, takes a while, and answers its number. */
const NUMBERED = `async function main({ n, counter }) {
  const untold = await fetch(counter + '/' + n, { keepalive: false }).then(() => undefined, (why) => counter + ': ' + why);
  await new Promise((resolve) => setTimeout(resolve, 150));
  return { n, untold };
}`;
const STREAM_MS = 34_000;
const CALL_EVERY_MS = 120;
const CALL_LIMIT_MS = 90_000;

interface Listed {
  readonly activationId: string;
  readonly response: { readonly result: { readonly n?: string; readonly untold?: string } };
}

interface Call {
  readonly n: string;
  readonly kind: 'later' | 'blocking' | 'fire';
  readonly node: TestNode;
  answer?: Answer;
  /** Why there was no answer. */
  lost?: string;
}

if (canRunSeveral() && need('network namespaces', canMakeNetns || undefined)) {
  describe('chaos', () => {
    let net: Netns;
    let several: SeveralNodes;
    let counter: ReturnType<typeof Bun.serve>;
    const runs = new Map<string, number>();
    /** Nodes that do not run now. */
    const killed = new Set<TestNode>();
    /** What nodes said before they were ended. */
    const said: string[] = [];

    beforeAll(async () => {
      net = new Netns();
      counter = Bun.serve({
        ...{ hostname: net.here, port: 0 },
        fetch(request) {
          const n = new URL(request.url).pathname.slice(1);
          runs.set(n, (runs.get(n) ?? 0) + 1);
          return new Response('counted');
        },
      });
      several = await SeveralNodes.startAt(net.here, 2, '--pool-memory', '768 MB', '--users', `chaos=${KEY}`);
      await several.add({ program: net.program }, '--host', net.there);
      await several.together();
    }, 90_000);
    afterAll(async () => {
      await several?.end();
      await counter?.stop(true);
      net?.[Symbol.dispose]();
    });

    const ask = (node: TestNode, method: string, path: string, body?: unknown) =>
      node.ask(method, path, { key: KEY, signal: AbortSignal.timeout(CALL_LIMIT_MS), ...(body ? { body } : {}) });

    test('loses nothing that was accepted', async () => {
      const [one, two] = several.nodes as [TestNode, TestNode];
      const address = `http://${net.here}:${counter.port}`;
      const exec = { kind: 'nodejs:default', code: NUMBERED };
      const parameters = [{ key: 'counter', value: address }];
      expect((await ask(one, 'PUT', 'actions/numbered', { exec, parameters })).status).toBe(200);
      expect((await ask(one, 'PUT', 'triggers/tick', {})).status).toBe(200);
      const rule = { trigger: '/_/tick', action: '/_/numbered', status: 'active' };
      expect((await ask(one, 'PUT', 'rules/on-tick', rule)).status).toBe(200);

      const calls: Call[] = [];
      const underWay: Promise<void>[] = [];
      const began = performance.now();
      const events = [
        { at: 3_000, does: 'kill -9 of a node', run: () => kill(two) },
        { at: 6_000, does: 'it is back', run: () => back(two) },
        { at: 9_000, does: 'kill -9 of the broker', run: () => several.broker.stop('SIGKILL') },
        { at: 12_000, does: 'it is back', run: () => several.broker.start() },
        { at: 16_000, does: 'the store is away', run: () => several.storeProxy.cut() },
        { at: 22_000, does: 'it is back', run: () => several.storeProxy.restore() },
        { at: 24_000, does: 'a node is cut off', run: async () => net.cut() },
        { at: 27_000, does: 'kill -9 of the first node', run: () => kill(one) },
        { at: 30_000, does: 'it is back', run: () => back(one) },
        { at: 32_000, does: 'the one that was cut off is back', run: async () => net.join() },
      ];
      const happening: Promise<unknown>[] = [];
      for (let number = 0; performance.now() - began < STREAM_MS; number++) {
        while (events[0] && performance.now() - began >= events[0].at) {
          const event = events.shift();
          if (event) happening.push(event.run());
        }
        const running = several.nodes.filter((node) => !killed.has(node));
        const node = running[number % running.length] as TestNode;
        for (const kind of ['later', 'blocking', 'fire'] as const) {
          const made: Call = { n: `${kind}-${number}`, kind, node };
          calls.push(made);
          underWay.push(call(made));
        }
        await Bun.sleep(CALL_EVERY_MS);
      }
      await Promise.all(happening);
      await Promise.all(underWay);
      await several.together();

      /** 202 is a promise; of a blocking call, 200 is one that was kept. */
      const accepted = calls.filter(({ answer }) => answer?.status === 202);
      const ids = accepted.map(({ answer }) => answer?.json.activationId as string);
      const records = new Map<string, { n: string; logs: string[] }>();
      const look = async () => {
        const missing = ids.filter((id) => !records.has(id));
        for (let from = 0; from < missing.length; from += 50) {
          await Promise.all(
            missing.slice(from, from + 50).map(async (id) => {
              const { status, json } = await ask(one, 'GET', `activations/${id}`);
              if (status === 200) records.set(id, { n: json.response.result.n, logs: json.logs });
            }),
          );
        }
        return records.size === ids.length;
      };
      await until('all that was accepted has its record', look, 60_000).catch(() => undefined);
      // One activation for each accepted invocation and each fire; the fire's own record has another result.
      const expected = accepted.filter(({ kind }) => kind !== 'blocking').map(({ n }) => n);
      let listed: Listed[] = [];
      let wrong: string[] = [];
      const count = async () => {
        listed = await all(one);
        const byNumber = new Map<string, number>();
        for (const { response } of listed) {
          const { n } = response.result;
          if (n !== undefined) byNumber.set(n, (byNumber.get(n) ?? 0) + 1);
        }
        wrong = expected.filter((n) => byNumber.get(n) !== (n.startsWith('fire') ? 2 : 1));
        return wrong.length === 0;
      };
      // What a fire began was not waited for until now.
      await until('each has as many records as it should', count, 30_000).catch(() => undefined);

      const lost = ids.filter((id) => !records.has(id));
      const blocking = calls.filter(({ kind }) => kind === 'blocking');
      const answered = blocking.filter(({ answer }) => answer);
      const twice = [...runs.values()].filter((count) => count > 1).length;
      console.log(
        `calls ${calls.length}, accepted ${accepted.length}, recorded ${records.size}, run twice ${twice}, lost ${lost.length}, told ${runs.size}; ` +
          `blocking ${blocking.length}, answered ${answered.length} ` +
          `(200: ${answered.filter(({ answer }) => answer?.status === 200).length}), of nodes that were killed or out of reach ${blocking.length - answered.length}`,
      );
      if (lost.length > 0) await tell(lost, accepted);
      expect(lost).toEqual([]);
      // The action can tell this test that it runs: otherwise nothing could be said of twice.
      const untold = listed.map(({ response }) => response.result.untold).filter((why) => why !== undefined);
      expect([runs.size > 200, runs.size > 200 ? [] : untold.slice(0, 5)]).toEqual([true, []]);
      expect(accepted.length).toBeGreaterThan(200);
      // Who asked a node that was killed, or out of reach, was told so by the connection: nobody is left waiting.
      const unanswered = blocking.filter(({ answer, lost }) => !answer && lost?.includes('time'));
      expect(unanswered.map(({ n, lost }) => `${n}: ${lost}`)).toEqual([]);
      expect(wrong).toEqual([]);
    }, 240_000);

    async function call(made: Call): Promise<void> {
      const { kind, n, node } = made;
      const path = {
        later: 'actions/numbered',
        blocking: 'actions/numbered?blocking=true',
        fire: 'triggers/tick',
      }[kind];
      try {
        made.answer = await ask(node, 'POST', path, { n });
      } catch (error) {
        made.lost = (error as Error).message;
      }
    }

    async function kill(node: TestNode, signal: NodeJS.Signals = 'SIGKILL'): Promise<void> {
      killed.add(node);
      const { err } = await node.stop(signal);
      const name = several.nodes.indexOf(node);
      said.push(...err.split('\n').map((line) => `node-${name}: ${line}`));
    }

    /** All that is known of what was lost. */
    async function tell(lost: readonly string[], accepted: readonly Call[]): Promise<void> {
      for (const { answer, n, node } of accepted) {
        const id = answer?.json.activationId as string;
        if (lost.includes(id))
          console.log(`lost: ${id} (${n}, at node-${several.nodes.indexOf(node)}), told ${runs.get(n) ?? 0}`);
      }
      const running = several.nodes.filter((node) => !killed.has(node));
      for (const node of running) console.log(JSON.stringify((await node.ask('GET', '/status')).json.cluster));
      await Promise.all(running.map((node) => kill(node, 'SIGTERM')));
      console.log(
        said.filter((line) => /\[(WARN|ERROR)\]/.test(line) || lost.some((id) => line.includes(id))).join('\n'),
      );
    }

    async function back(node: TestNode): Promise<void> {
      await node.start();
      killed.delete(node);
    }

    /** All records of the action and the trigger. One that comes meanwhile moves others to the next page: they are seen twice. */
    async function all(node: TestNode): Promise<Listed[]> {
      const found = new Map<string, Listed>();
      for (let skip = 0; ; skip += 200) {
        const { json } = await ask(node, 'GET', `activations?docs=true&limit=200&skip=${skip}`);
        for (const each of json as Listed[]) found.set(each.activationId, each);
        if (json.length < 200) return [...found.values()];
      }
    }
  });
}
