import { afterEach, beforeEach, describe, expect, test } from 'bun:test';
import { type CouchData, type CouchServer, couchData, startAnyCouch } from '../util/couchdb.ts';
import { TestNode } from '../util/node.ts';
import { recordOf } from '../util/records.ts';
import { TcpProxy } from '../util/tcp-proxy.ts';
import { until } from '../util/until.ts';

/** Accepted work of a node whose store is a CouchDB: what is written down lies on the node's own disk (docs/architecture.md, Guarantees). */

const LONG_MS = 60_000;

describe('a node whose CouchDB is away', () => {
  let server: CouchServer;
  let data: CouchData;
  let proxy: TcpProxy;
  let node: TestNode;

  beforeEach(async () => {
    server = await startAnyCouch();
    data = couchData(server);
    const through = await TcpProxy.before(server.url);
    proxy = through.proxy;
    const args = ['--couchdb', through.url, '--couchdb-prefix', data.prefix, '--couchdb-timeout', '1 s'];
    node = await new TestNode({ args: [...args, '--stem-cells', '0'] }).start();
    await node.put('echo', 'function main({ n }) { return { n }; }');
    await node.ask('PUT', 'triggers/tick', { body: {} });
    await node.ask('PUT', 'rules/r', { body: { trigger: '/_/tick', action: '/_/echo' } });
    expect((await node.invoke('echo')).status).toBe(200);
    expect((await node.ask('POST', 'triggers/tick', { body: {} })).status).toBe(202);
    await until('nothing is pending', async () => (await pending()) === 0);
  }, LONG_MS);
  afterEach(async () => {
    await node.end();
    await proxy[Symbol.asyncDispose]();
    await data.remove();
    await server.stop();
  }, LONG_MS);

  const pending = async () => (await node.ask('GET', '/status')).json.journal.pending as number;
  const later = async (path: string, n: number) => {
    const { status, json } = await node.ask('POST', path, { body: { n } });
    expect(status).toBe(202);
    return json.activationId as string;
  };

  test(
    'and which is killed then has all records when both are back',
    async () => {
      await proxy.cut();
      const ids = [await later('actions/echo', 1), await later('actions/echo', 2), await later('triggers/tick', 3)];
      // Three, and what the rule began: their records are nowhere but in its memory.
      await until('all has run', async () => (await pending()) === 4 && (await node.pool()).active === 0);
      await node.stop('SIGKILL');
      await proxy.restore();
      await node.start();
      const records = await Promise.all(ids.map((id) => recordOf(node, id)));
      expect(records.map(({ response }) => response.result)).toEqual([{ n: 1 }, { n: 2 }, { n: 3 }]);
      const [line] = records[2].logs.map(JSON.parse);
      expect((await recordOf(node, line.activationId)).response.result).toEqual({ n: 3 });
      await until('nothing is pending', async () => (await pending()) === 0);
    },
    LONG_MS,
  );

  test(
    'does later what needs code that it cannot read now, and refuses that to who waits',
    async () => {
      await node.put('unread', 'function main({ n }) { return { unread: n }; }');
      await proxy.cut();
      const refused = await node.invoke('unread', { n: 0 });
      expect([refused.status, refused.json.error]).toEqual([
        503,
        'The store cannot be reached now. Try again in a moment.',
      ]);
      expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
      const id = await later('actions/unread', 1);
      expect((await node.ask('GET', `activations/${id}`)).status).toBe(202);
      await proxy.restore();
      expect((await recordOf(node, id)).response.result).toEqual({ unread: 1 });
      await until('nothing is pending', async () => (await pending()) === 0);
    },
    LONG_MS,
  );
});
