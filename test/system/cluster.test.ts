import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { GUEST_KEY, type TestNode } from '../util/node.ts';
import { canRunSeveral, clusterOf, SeveralNodes } from '../util/several.ts';
import { until } from '../util/until.ts';

/** Several nodes as processes on one Kafka broker and one store (MSG-01…07, EP-05, INV-19, SPI-05). */

const SLEEP = 'function main({ ms = 0 }) { return new Promise((resolve) => setTimeout(() => resolve({ ms }), ms)); }';

/** Ids of activations that were accepted, as numbered calls. */
async function accept(node: TestNode, count: number, ms: number): Promise<string[]> {
  const answers = await Promise.all(
    Array.from({ length: count }, () => node.ask('POST', 'actions/sleep', { body: { ms } })),
  );
  expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 202));
  return answers.map(({ json }) => json.activationId as string);
}

async function recorded(node: TestNode, ids: readonly string[]): Promise<number> {
  const answers = await Promise.all(ids.map((id) => node.ask('GET', `activations/${id}`)));
  return answers.filter(({ status }) => status === 200).length;
}

/** Where the node is, when it says that calls can be sent there. */
async function readyAt(node: TestNode): Promise<string | undefined> {
  try {
    const { address } = node;
    return (await fetch(`${address}/ready`)).ok ? address : undefined;
  } catch {
    return undefined;
  }
}

/** What is wrong with the answer to a blocking call, if anything. */
async function callAt(address: string): Promise<string | undefined> {
  try {
    const path = '/api/v1/namespaces/_/actions/sleep?blocking=true';
    const headers = { authorization: `Basic ${btoa(GUEST_KEY)}`, 'content-type': 'application/json' };
    const answer = await fetch(address + path, { method: 'POST', headers, body: '{"ms":20}' });
    return answer.status === 200 ? undefined : `${answer.status} ${await answer.text()}`;
  } catch (error) {
    return (error as Error).message;
  }
}

async function healthy(node: TestNode): Promise<number> {
  return (await node.ask('GET', '/invokers/healthy/count', { key: null })).json;
}

if (canRunSeveral()) {
  describe('two nodes', () => {
    let several: SeveralNodes;
    let [one, two] = [] as unknown as [TestNode, TestNode];
    beforeAll(async () => {
      several = await SeveralNodes.start(2, '--pool-memory', '512 MB');
      [one, two] = several.nodes as [TestNode, TestNode];
      await one.put('sleep', SLEEP);
    }, 60_000);
    afterAll(() => several?.end());

    test('list each other as OpenWhisk lists invokers', async () => {
      const { json, status } = await one.ask('GET', '/invokers', { key: null });
      expect(status).toBe(200);
      expect(json).toEqual({ 'invoker0/node-0': 'up', 'invoker1/node-1': 'up' });
      expect((await two.ask('GET', '/invokers/ready', { key: null })).json).toEqual({ healthy: '2/2' });
      expect((await one.ask('GET', '/ready', { key: null })).json).toMatchObject({
        ...{ ready: true, parts: { store: 'up', kafka: 'up' } },
      });
      expect((await one.ask('GET', '/metrics', { key: null })).text).toContain(
        'whisklet_cluster_members{status="up"} 2',
      );
    });

    test('do at once what one of them could not', async () => {
      const before = await clusterOf(one);
      const calls = Array.from({ length: 4 }, () => one.invoke('sleep', { ms: 2_000 }));
      // All four run, on two nodes with room for two each.
      await until('all run', async () => {
        const pools = await Promise.all([one.pool(), two.pool()]);
        return pools.every(({ active }) => active === 2);
      });
      const answers = await Promise.all(calls);
      expect(answers.map(({ status, json }) => [status, json.response.result])).toEqual(
        answers.map(() => [200, { ms: 2_000 }]),
      );
      for (const { json } of answers) {
        expect(json.end - json.start).toBeWithin(1_990, 2_600);
        expect(json.annotations.find(({ key }: { key: string }) => key === 'waitTime').value).toBeLessThan(3_000);
      }
      expect((await clusterOf(one)).overflowed - before.overflowed).toBe(2);
      // Records of both are in the store that they share, once each.
      const ids = answers.map(({ json }) => json.activationId as string);
      await until('all are recorded', async () => (await recorded(two, ids)) === ids.length);
    });

    test('answer an error, a long result and a timeout the same, wherever it ran', async () => {
      const slow = [one.invoke('sleep', { ms: 3_000 }), one.invoke('sleep', { ms: 3_000 })];
      await until('the node is full', async () => (await one.pool()).active === 2);
      await one.put('throws', 'function main() { console.log("before"); throw new Error("broken"); }');
      await one.put('long', 'function main() { return { text: "ü".repeat(400000) }; }');
      await one.put('late', SLEEP, { limits: { timeout: 500 } });
      const failed = await one.invoke('throws');
      expect([failed.status, failed.json.response.status]).toEqual([502, 'action developer error']);
      expect(failed.json.logs.join()).toContain('before');
      expect((await one.invoke('long')).json.response.result.text).toHaveLength(400_000);
      const late = await one.invoke('late', { ms: 5_000 });
      expect(late.json.response.result.error).toContain('exceeded its time limits of 500 milliseconds');
      expect((await clusterOf(one)).overflowed).toBeGreaterThanOrEqual(3);
      await Promise.all(slow);
    });

    test('an action that was changed a moment ago runs as it is now, on both', async () => {
      const slow = [one.invoke('sleep', { ms: 2_500 }), one.invoke('sleep', { ms: 2_500 })];
      await until('the node is full', async () => (await one.pool()).active === 2);
      for (let version = 0; version < 5; version++) {
        await one.put('fresh', `function main() { return { version: ${version} }; }`);
        expect((await one.invoke('fresh')).json.response.result).toEqual({ version });
      }
      await Promise.all(slow);
    });

    test('accepted work is done by both, and recorded once', async () => {
      const before = await Promise.all([clusterOf(one), clusterOf(two)]);
      const ids = await accept(one, 12, 300);
      await until('all are recorded', async () => (await recorded(two, ids)) === ids.length, 20_000);
      const after = await Promise.all([clusterOf(one), clusterOf(two)]);
      const taken = after.map((each, index) => each.taken - (before[index]?.taken ?? 0));
      expect(taken.every((count) => count > 0)).toBe(true);
      expect(after.reduce((sum, { accepted }) => sum + accepted, 0)).toBeGreaterThanOrEqual(12);
    });
  });

  describe('nodes that come and go', () => {
    let several: SeveralNodes;
    beforeAll(async () => {
      several = await SeveralNodes.start(2, '--pool-memory', '1 GB');
      await (several.nodes[0] as TestNode).put('sleep', SLEEP);
    }, 60_000);
    afterAll(() => several?.end());

    test('accepted work outlives a node that is killed, and the node is out of the count within 10 s', async () => {
      const [one, two] = several.nodes as [TestNode, TestNode];
      const ids = await accept(one, 8, 1_000);
      await until('both are at it', async () => {
        const [here, there] = await Promise.all([one.pool(), two.pool()]);
        return here.active + there.active >= 4;
      });
      await two.stop('SIGKILL');
      const killed = performance.now();
      await until('it is out of the count', async () => (await healthy(one)) === 1, 10_000);
      const outMs = performance.now() - killed;
      expect((await one.ask('GET', '/invokers', { key: null })).json).toMatchObject({ 'invoker1/node-1': 'down' });
      await until('all are recorded', async () => (await recorded(one, ids)) === ids.length, 30_000);
      console.log(`out of the count after ${(outMs / 1000).toFixed(1)} s`);
    }, 60_000);

    test('one that joins takes work within 5 s', async () => {
      const [one, two] = several.nodes as [TestNode, TestNode];
      await two.start();
      const started = performance.now();
      let calls: Promise<unknown>[] = [];
      await until(
        'it takes work',
        async () => {
          calls = [...calls, ...Array.from({ length: 5 }, () => one.invoke('sleep', { ms: 400 }))];
          await Bun.sleep(200);
          return (await clusterOf(two)).taken > 0;
        },
        5_000,
      );
      console.log(`took work ${((performance.now() - started) / 1000).toFixed(1)} s after its start`);
      await Promise.all(calls);
    }, 30_000);

    test('while Kafka is away each goes on alone, and what was accepted is done; then they are together again', async () => {
      const [one, two] = several.nodes as [TestNode, TestNode];
      await several.together();
      const before = await accept(one, 6, 200);
      await several.broker.stop('SIGKILL');
      const during = await accept(one, 6, 50);
      const answers = await Promise.all(Array.from({ length: 6 }, () => two.invoke('sleep', { ms: 50 })));
      expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 200));
      await until('it is told', async () => (await clusterOf(one)).kafka === 'away');
      const ready = await one.ask('GET', '/ready', { key: null });
      expect([ready.status, ready.json.parts]).toEqual([200, { store: 'up', kafka: 'away' }]);
      await until('what was kept here is done', async () => (await recorded(one, during)) === during.length, 20_000);
      await several.broker.start();
      await several.together();
      await until('all are recorded', async () => (await recorded(one, before)) === before.length, 30_000);
    }, 90_000);

    test('a rolling restart under load fails no call', async () => {
      await several.together();
      /** Their addresses: a node that was restarted has another one. */
      const ready = new Map<TestNode, string>();
      // What a load balancer does: it asks each node now and then, and sends calls to those that say they are ready.
      let isOver = false;
      const watching = several.nodes.map(async (node) => {
        while (!isOver) {
          const address = await readyAt(node);
          if (address) ready.set(node, address);
          else ready.delete(node);
          await Bun.sleep(100);
        }
      });
      const failures: string[] = [];
      let done = 0;
      await until('all are ready', () => ready.size === several.nodes.length);
      const calling = Array.from({ length: 4 }, async (_, caller) => {
        for (let n = caller; !isOver; n++) {
          const failure = await callAt([...ready.values()][n % ready.size] as string);
          if (failure) failures.push(failure);
          done++;
        }
      });
      for (const node of several.nodes) {
        await node.restart();
        await several.together();
        await until('it is called again', () => ready.has(node));
      }
      isOver = true;
      await Promise.all([...watching, ...calling]);
      expect(failures).toEqual([]);
      expect(done).toBeGreaterThan(100);
      console.log(`${done} calls during the restart of both nodes`);
    }, 90_000);
  });
}
