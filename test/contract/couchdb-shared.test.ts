import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { Events, type Said } from '../../src/observe/events.ts';
import { CouchClient } from '../../src/store/couchdb/client.ts';
import { type ChangeListener, type Store, StoreRefused, type Trust } from '../../src/store/store.ts';
import { type CouchData, type CouchServer, couchData, startAnyCouch } from '../util/couchdb.ts';
import { anAction, anActivation, aSubject } from '../util/documents.ts';
import { errorOf } from '../util/errors.ts';
import { TcpProxy } from '../util/tcp-proxy.ts';
import { until } from '../util/until.ts';

/** What a store that several nodes share does beyond the contract of all stores. */

let server: CouchServer;
let direct: CouchClient;
beforeAll(async () => {
  server = await startAnyCouch();
  direct = new CouchClient({ url: server.url, timeoutMs: 10_000 });
});
afterAll(async () => {
  direct.close();
  await server.stop();
});

/** Notes all that it is told. */
function listener() {
  const heard = { entities: [] as string[], subjects: 0, lost: 0, trust: [] as Trust[] };
  const all: ChangeListener = {
    onEntity: (id, rev) => heard.entities.push(`${id} ${rev}`),
    onSubjects: () => heard.subjects++,
    onLost: () => heard.lost++,
    onTrust: (trust) => heard.trust.push(trust),
  };
  return { heard, all };
}

describe('a store that several nodes share', () => {
  let data: CouchData;
  let one: Store;
  let two: Store;
  beforeAll(async () => {
    data = couchData(server);
    [one, two] = [await data.open(), await data.open()];
  });
  afterAll(async () => {
    await Promise.all([one.close(), two.close()]);
    await data.remove();
  });

  test('tells what anybody creates, changes and deletes, with its revision', async () => {
    const { heard, all } = listener();
    two.shared?.follow(all);
    const created = await one.entities.put(anAction());
    const changed = await one.entities.put(anAction({ version: '0.0.2' }), created);
    await until('the change is told', () => heard.entities.includes(`guest/hello ${changed}`));
    await one.entities.delete('guest/hello', changed);
    await until('the end is told', () => heard.entities.some((each) => each.startsWith('guest/hello 3-')));
    const before = heard.subjects;
    await one.subjects.put(aSubject({ subject: 'told-user' }));
    await until('the subject is told', () => heard.subjects > before);
    expect([heard.trust, heard.lost]).toEqual([[], 0]);
  });

  test('belongs to who made it, which a second node sees too', () => {
    expect([one.shared?.isOwn, two.shared?.isOwn]).toEqual([true, true]);
  });

  test('gives back room without complaint', async () => {
    if (!server.isReal) return;
    expect(await one.shared?.compact()).toBeUndefined();
  });

  test('keeps a record that is too large for CouchDB, with less of its log', async () => {
    const small = new Store413();
    await using proxy = small;
    const limited = couchData({ ...server, url: proxy.before(server.url) });
    const store = await limited.open();
    const activation = anActivation({ logs: Array.from({ length: 3000 }, (_, n) => `${n} ${'x'.repeat(1000)}`) });
    await store.activations.put(activation);
    const found = await store.activations.get('guest', activation.activationId);
    expect(found?.logs.length).toBeGreaterThan(900);
    expect(found?.logs.length).toBeLessThan(1100);
    expect(found?.logs.at(-1)).toBe(
      'Logs were truncated because the total bytes size exceeds the limit of 1048576 bytes.',
    );
    expect({ ...found, logs: [] }).toEqual({ ...activation, logs: [] });
    await store.close();
    await limited.remove();
  });
});

/** Stands before a server, and refuses bodies of more than 2 MB as CouchDB refuses documents over its limit. */
class Store413 implements AsyncDisposable {
  #server: ReturnType<typeof Bun.serve> | undefined;

  before(url: string): string {
    const target = new URL(url);
    const key = `Basic ${btoa(`${target.username}:${target.password}`)}`;
    const authorization = target.username === '' ? {} : { authorization: key };
    this.#server = Bun.serve({
      port: 0,
      hostname: '127.0.0.1',
      idleTimeout: 0,
      async fetch(request) {
        const { pathname, search } = new URL(request.url);
        const body = request.method === 'GET' ? null : await request.text();
        if (body !== null && body.length > 2 * 1024 * 1024)
          return Response.json({ error: 'document_too_large', reason: 'too large' }, { status: 413 });
        const headers = { ...authorization, 'content-type': 'application/json', 'accept-encoding': 'identity' };
        return fetch(`${target.origin}${pathname}${search}`, { method: request.method, headers, body });
      },
    });
    return this.#server.url.href;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#server?.stop(true);
  }
}

describe('a database with a document that cannot be read', () => {
  test('has all others in its lists, and tells of the one once', async () => {
    const said: Said[] = [];
    const events = new Events();
    events.said.subscribe((each) => said.push(each));
    const data = couchData(server, { events });
    const store = await data.open();
    try {
      await store.entities.put(anAction());
      const body = { namespace: 'guest', name: 'broken', version: '0.0.1', updated: 1, exec: {} };
      await direct.request({ method: 'PUT', db: data.names.whisks, path: 'guest%2Fbroken', body });
      for (let times = 0; times < 2; times++) {
        const found = await store.entities.list({ collection: 'actions', path: 'guest', skip: 0 });
        expect(found.map(({ entity }) => entity.name)).toEqual(['hello']);
      }
      expect(said.filter(({ text }) => text.includes("'guest/broken'"))).toHaveLength(1);
    } finally {
      await store.close();
      await data.remove();
    }
  });
});

describe('records of a database that somebody else made', () => {
  const prunedWith = async (prune: 'own' | 'all' | 'none', isForeign: boolean) => {
    const data = couchData(server, { prune });
    if (isForeign) await direct.request({ method: 'PUT', db: data.names.activations });
    const store = await data.open();
    try {
      await store.activations.put(anActivation({ start: 1 }));
      return [store.shared?.isOwn, await store.activations.prune({ olderThan: 2 })];
    } finally {
      await store.close();
      await data.remove();
    }
  };

  test('are left alone, unless all may be deleted', async () => {
    expect(await prunedWith('own', true)).toEqual([false, 0]);
    expect(await prunedWith('all', true)).toEqual([false, 1]);
    expect(await prunedWith('own', false)).toEqual([true, 1]);
    expect(await prunedWith('none', false)).toEqual([true, 0]);
  });
});

describe('a store whose server comes and goes', () => {
  test('is waited for when it is opened, and only so long', async () => {
    const { proxy, url } = await TcpProxy.before(server.url);
    await using _ = proxy;
    await proxy.cut();
    const said: Said[] = [];
    const events = new Events();
    events.said.subscribe((each) => said.push(each));
    const data = couchData({ ...server, url }, { waitMs: 20_000, events });
    const opening = data.open();
    await until('it is said', () => said.length > 0);
    expect(said[0]?.text).toEndWith('It is waited for.');
    await proxy.restore();
    const store = await opening;
    expect(await store.entities.get('guest/nothing')).toBeUndefined();
    await store.close();
    await data.remove();
    await proxy.cut();
    expect(await errorOf(couchData({ ...server, url }, { waitMs: 1100 }).open())).toBeInstanceOf(StoreRefused);
  });

  test('says what to think of what is remembered, and misses no change', async () => {
    const { proxy, url } = await TcpProxy.before(server.url);
    await using _ = proxy;
    const data = couchData({ ...server, url }, { heartbeatMs: 200, timeoutMs: 500 });
    const store = await data.open();
    const { heard, all } = listener();
    store.shared?.follow(all);
    for (const end of ['cut', 'freeze'] as const) {
      await proxy[end]();
      await until('it is away', () => heard.trust.at(-1) === 'away' && store.shared?.away !== undefined);
      const body = { ...anAction({ name: end }) };
      const path = `guest%2F${end}`;
      await direct.request({ method: 'PUT', db: data.names.whisks, path, body });
      await proxy.restore();
      await until('the change is told', () => heard.entities.some((each) => each.startsWith(`guest/${end} 1-`)));
      await until('it is there', () => heard.trust.at(-1) === 'told' && store.shared?.away === undefined);
    }
    expect(heard.lost).toBe(0);
    await store.close();
    await data.remove();
  });

  test('says so to who listens when it is away already', async () => {
    const { proxy, url } = await TcpProxy.before(server.url);
    await using _ = proxy;
    const data = couchData({ ...server, url }, { heartbeatMs: 200, timeoutMs: 500 });
    const early = listener();
    const late = listener();
    const store = await data.open();
    store.shared?.follow(early.all);
    await proxy.cut();
    await until('it is away', () => early.heard.trust.at(-1) === 'away');
    store.shared?.follow(late.all);
    expect(late.heard.trust).toEqual(['away']);
    await proxy.restore();
    await until('it is there', () => late.heard.trust.at(-1) === 'told');
    await store.close();
    await data.remove();
  });
});
