import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import type { CouchRequest } from '../../src/store/couchdb/client.ts';
import { CouchClient, docPath } from '../../src/store/couchdb/client.ts';
import * as openwhisk from '../fixture/openwhisk/documents.ts';
import { type CouchData, type CouchServer, couchData, startAnyCouch } from '../util/couchdb.ts';
import { TestNode } from '../util/node.ts';
import { TcpProxy } from '../util/tcp-proxy.ts';
import { until } from '../util/until.ts';
import { run } from '../util/whisklet.ts';

/** Nodes that share a CouchDB. */

/** By when a change of one node is known to the others. */
const TOLD_MS = 1000;

let server: CouchServer;
beforeAll(async () => {
  server = await startAnyCouch();
});
afterAll(() => server.stop());

const says = (text: string) => `function main() { return { says: '${text}' }; }`;

describe('two nodes that share one CouchDB (ENT-14)', () => {
  let data: CouchData;
  let one: TestNode;
  let two: TestNode;
  beforeAll(async () => {
    data = couchData(server);
    const args = ['--couchdb', server.url, '--couchdb-prefix', data.prefix, '--stem-cells', '0'];
    one = await new TestNode({ args }).start();
    two = await new TestNode({ args }).start();
  });
  afterAll(async () => {
    await Promise.all([one.end(), two.end()]);
    await data.remove();
  });

  const said = async () => (await two.invoke('shared')).json.response?.result?.says;

  test('run what the other has created, changed and deleted, within a second', async () => {
    await one.put('shared', says('first'));
    await until('it is there', async () => (await two.ask('GET', 'actions/shared')).status === 200, TOLD_MS);
    expect(await said()).toBe('first');
    for (const text of ['second', 'third']) {
      await one.put('shared', says(text));
      await until(`it says ${text}`, async () => (await said()) === text, TOLD_MS);
    }
    await one.ask('DELETE', 'actions/shared');
    await until('it is gone', async () => (await two.invoke('shared')).status === 404, TOLD_MS);
  });

  test('have the records of both', async () => {
    await one.put('kept', says('kept'));
    const ids = await Promise.all([one, two].map(async (node) => (await node.invoke('kept')).json.activationId));
    for (const node of [one, two]) {
      await until('both have both', async () => {
        const { json } = await node.ask('GET', 'activations?name=kept&docs=true');
        return (
          json.length === 2 &&
          ids.every((id) => json.some((each: { activationId: string }) => each.activationId === id))
        );
      });
    }
    expect((await two.ask('GET', 'activations?count=true&name=kept')).json).toEqual({ activations: 2 });
  });

  test('know a subject that the other has made, and no more when it is blocked', async () => {
    const created = await run(['user', 'create', 'david', '--data-dir', one.dataDir]);
    const key = created.out.trim();
    const status = async () => (await two.ask('GET', '/api/v1/namespaces', { key })).status;
    expect(await status()).toBe(200);
    await run(['user', 'block', 'david', '--data-dir', one.dataDir]);
    await until('the key is refused', async () => (await status()) === 401, TOLD_MS);
    await run(['user', 'unblock', 'david', '--data-dir', one.dataDir]);
    expect(await status()).toBe(200);
  });

  test('heed limits that the other has set', async () => {
    await two.put('limited', says('hi'));
    expect((await two.invoke('limited')).status).toBe(200);
    await run(['limits', 'set', 'guest', '--invocationsPerMinute', '0', '--data-dir', one.dataDir]);
    await until('calls are refused', async () => (await two.invoke('limited')).status === 429, TOLD_MS);
    await run(['limits', 'delete', 'guest', '--data-dir', one.dataDir]);
    await until('calls are taken', async () => (await two.invoke('limited')).status === 200, TOLD_MS);
  });

  test('are ready', async () => {
    expect(await one.ask('GET', '/ready', { key: null })).toMatchObject({
      status: 200,
      json: { ready: true, draining: false, parts: { store: 'up' } },
    });
  });
});

describe.each(['refuses', 'is silent'] as const)('a node whose CouchDB %s for some seconds', (how) => {
  let data: CouchData;
  let proxy: TcpProxy;
  let node: TestNode;
  beforeAll(async () => {
    data = couchData(server);
    const through = await TcpProxy.before(server.url);
    proxy = through.proxy;
    const args = ['--couchdb', through.url, '--couchdb-prefix', data.prefix, '--couchdb-timeout', '1 s'];
    node = await new TestNode({ args: [...args, '--stem-cells', '0'] }).start();
  });
  afterAll(async () => {
    await node.end();
    await proxy[Symbol.asyncDispose]();
    await data.remove();
  });

  test('goes on with what it knows, refuses changes for now, and has every record in the end', async () => {
    await node.put('steady', says('steady'));
    expect((await node.invoke('steady')).status).toBe(200);
    if (how === 'refuses') await proxy.cut();
    else proxy.freeze();

    const began = performance.now();
    const change = await node.ask('PUT', 'actions/new', {
      body: { exec: { kind: 'nodejs:default', code: says('new') } },
    });
    expect(performance.now() - began).toBeLessThan(3000);
    expect(change.status).toBe(503);
    expect(change.headers.get('retry-after')).toBe('2');
    expect(change.json.error).toContain('Try again in a moment.');
    const ids: string[] = [];
    for (let n = 0; n < 20; n++) {
      const { status, json } = await node.invoke('steady');
      expect([status, json.response?.result]).toEqual([200, { says: 'steady' }]);
      ids.push(json.activationId);
    }
    const accepted = await node.ask('POST', 'actions/steady', { body: {} });
    expect(accepted.status).toBe(202);
    ids.push(accepted.json.activationId);
    // A record that waits is shown to who asks by its id.
    expect((await node.ask('GET', `activations/${ids[0]}`)).status).toBe(200);
    expect((await node.ask('GET', 'activations')).status).toBe(503);
    // Whether a key is right nobody can say now.
    const stranger = await node.ask('GET', 'actions', { key: `${crypto.randomUUID()}:${'s'.repeat(64)}` });
    expect([stranger.status, stranger.headers.get('retry-after')]).toEqual([503, '2']);
    expect(await node.ask('GET', '/ready')).toMatchObject({ status: 503, json: { parts: { store: 'away' } } });
    expect((await node.ask('GET', '/ping')).text).toBe('pong');

    await Bun.sleep(2000);
    await proxy.restore();
    await until('it is ready again', async () => (await node.ask('GET', '/ready')).status === 200);
    await until('all records are stored', async () => {
      const { json } = await node.ask('GET', 'activations?docs=true&limit=200&name=steady');
      return Array.isArray(json) && ids.every((id) => json.some((each) => each.activationId === id));
    });
    await node.put('new', says('new'));
    expect((await node.invoke('new')).json.response.result).toEqual({ says: 'new' });
    const count = await node.ask('GET', 'activations?count=true&name=steady');
    expect(count.json).toEqual({ activations: ids.length + 1 });
  }, 60_000);

  test('hears of what was changed meanwhile', async () => {
    const direct = new CouchClient({ url: server.url, timeoutMs: 5000 });
    const path = docPath('guest/steady');
    try {
      if (how === 'refuses') await proxy.cut();
      else proxy.freeze();
      await Bun.sleep(500);
      const document = await direct.request<object>({ db: data.names.whisks, path });
      const code = says('changed');
      const changed = { ...document, exec: { kind: 'nodejs:20', code, binary: false } };
      await direct.request({ method: 'PUT', db: data.names.whisks, path, body: changed });
      await proxy.restore();
      await until(
        'it says so',
        async () => (await node.invoke('steady')).json.response?.result?.says === 'changed',
        15_000,
      );
    } finally {
      direct.close();
    }
  }, 60_000);
});

test('what was accepted while CouchDB was away has one record each, though the node was killed meanwhile', async () => {
  const data = couchData(server);
  const { proxy, url } = await TcpProxy.before(server.url);
  const args = ['--couchdb', url, '--couchdb-prefix', data.prefix, '--couchdb-timeout', '1 s', '--stem-cells', '0'];
  const node = await new TestNode({ args }).start();
  try {
    await node.put('steady', says('steady'));
    await node.invoke('steady');
    await proxy.cut();
    const accepted = await Promise.all(
      Array.from({ length: 5 }, () => node.ask('POST', 'actions/steady', { body: {} })),
    );
    expect(accepted.map(({ status }) => status)).toEqual([202, 202, 202, 202, 202]);
    const ids = accepted.map(({ json }) => json.activationId as string).sort();
    await node.stop('SIGKILL');
    await proxy.restore();
    await node.start();
    const recorded = async () => {
      const { json } = await node.ask('GET', 'activations?docs=true&limit=200&name=steady');
      return json.map((each: { activationId: string }) => each.activationId).sort() as string[];
    };
    await until('all have their records', async () => {
      const all = await recorded();
      return ids.every((id) => all.includes(id));
    });
    expect((await recorded()).filter((id) => ids.includes(id))).toEqual(ids);
  } finally {
    await node.end();
    await proxy[Symbol.asyncDispose]();
    await data.remove();
  }
}, 60_000);

describe("a node that is pointed at an OpenWhisk's databases (STD-08, DB-01, LIST-05)", () => {
  const key = `${openwhisk.KEY.uuid}:${openwhisk.KEY.key}`;
  const blocked = `99999999-2222-4333-8444-555555555555:${'m'.repeat(64)}`;
  let data: CouchData;
  let node: TestNode;
  let direct: CouchClient;
  const ask = (request: CouchRequest) => direct.request<Record<string, unknown>>(request);
  const record = docPath(openwhisk.record._id);

  beforeAll(async () => {
    data = couchData(server);
    direct = new CouchClient({ url: server.url, timeoutMs: 5000 });
    for (const role of ['subjects', 'whisks', 'activations'] as const) {
      await ask({ method: 'PUT', db: data.names[role] });
      await ask({
        method: 'POST',
        db: data.names[role],
        path: '_bulk_docs',
        body: { docs: openwhisk.databases[role] },
      });
    }
    node = await new TestNode({
      args: ['--stem-cells', '0'],
      env: {
        CONFIG_whisk_couchdb_protocol: 'http',
        CONFIG_whisk_couchdb_host: new URL(server.url).hostname,
        CONFIG_whisk_couchdb_port: new URL(server.url).port,
        CONFIG_whisk_couchdb_username: new URL(server.url).username,
        CONFIG_whisk_couchdb_password: new URL(server.url).password,
        CONFIG_whisk_couchdb_databases_WhiskAuth: data.names.subjects,
        CONFIG_whisk_couchdb_databases_WhiskEntity: data.names.whisks,
        CONFIG_whisk_couchdb_databases_WhiskActivation: data.names.activations,
      },
    }).start();
  });
  afterAll(async () => {
    await node.end();
    direct.close();
    await data.remove();
  });

  const result = async (name: string) =>
    (await node.ask('POST', `actions/${name}?blocking=true&result=true`, { key, body: {} })).json;

  test('knows its users, their keys and their limits', async () => {
    expect((await node.ask('GET', '/api/v1/namespaces', { key })).json).toEqual(['carol']);
    expect((await node.ask('GET', '/api/v1/namespaces', { key: blocked })).status).toBe(401);
    const { json } = await node.ask('GET', 'limits', { key });
    expect(json).toMatchObject({ invocationsPerMinute: 500, firesPerMinute: 7 });
  });

  test('runs its actions, wherever their code is', async () => {
    expect(await result('small')).toEqual({ hello: 'from the action' });
    expect(await result('tools/large')).toEqual({ large: true });
    expect(await result('bound/large')).toEqual({ large: true });
    expect(await result('ancient')).toEqual({ ancient: true });
    expect(await result('chain')).toEqual({ hello: 'from the action' });
  });

  test('fires its triggers, and lists all of it', async () => {
    expect((await node.ask('POST', 'triggers/tick', { key, body: { name: 'fired' } })).status).toBe(202);
    await until('the rule has run its action', async () => {
      const { json } = await node.ask('GET', 'activations?name=small&docs=true', { key });
      return json.some((each: { response: { result: unknown } }) =>
        Bun.deepEquals(each.response.result, { hello: 'fired' }),
      );
    });
    for (const [collection, count] of Object.entries({ actions: 4, packages: 2, triggers: 1, rules: 1 })) {
      expect((await node.ask('GET', collection, { key })).json).toHaveLength(count);
    }
  });

  test('shows its records, and does not delete them, old as they are', async () => {
    const { json } = await node.ask('GET', `activations/${openwhisk.record.activationId}`, { key });
    expect(json.response).toEqual({ result: { error: 'no' }, size: 14, status: 'application error', success: false });
    const old = await node.ask('GET', 'activations?upto=1700000000000&docs=true', { key });
    expect(old.json.map((each: { activationId: string }) => each.activationId)).toEqual([
      openwhisk.record.activationId,
    ]);
    const store = await data.open();
    try {
      expect(await store.activations.prune({ olderThan: Date.now(), maxBytes: 0 })).toBe(0);
    } finally {
      await store.close();
    }
    expect(await direct.find({ db: data.names.activations, path: record })).toBeDefined();
  });

  test('writes as OpenWhisk does', async () => {
    const small = await node.ask('PUT', 'actions/small?overwrite=true', {
      key,
      body: { parameters: [{ key: 'name', value: 'changed' }] },
    });
    expect(small.status).toBe(200);
    const document = await ask({ db: data.names.whisks, path: docPath('carol/small') });
    // The code is where it was, as it was.
    expect(document).toMatchObject({
      entityType: 'action',
      exec: openwhisk.inlined.exec,
      parameters: [{ key: 'name', value: 'changed' }],
      version: '0.0.4',
    });
    expect(await result('small')).toEqual({ hello: 'changed' });
    const large = { exec: { kind: 'nodejs:20', code: openwhisk.LARGE_CODE } };
    await node.ask('PUT', 'actions/mine', { key, body: large });
    const mine = await ask({ db: data.names.whisks, path: docPath('carol/mine') });
    const { code } = mine.exec as { code: { attachmentName: string } };
    expect(Object.keys(mine._attachments as object)).toEqual([code.attachmentName.replace('couch:', '')]);
    expect(await result('mine')).toEqual({ large: true });
  });
});
