import { afterAll, beforeAll, expect, test } from 'bun:test';
import { refusalOf } from '../../src/api/refuse.ts';
import { Events } from '../../src/observe/events.ts';
import { CouchClient } from '../../src/store/couchdb/client.ts';
import { type DatabaseRole, designDocuments } from '../../src/store/couchdb/designs.ts';
import type { Store } from '../../src/store/store.ts';
import { type CouchData, type CouchServer, couchData, startAnyCouch } from '../util/couchdb.ts';
import { anAction, anActivation } from '../util/documents.ts';
import { errorOf } from '../util/errors.ts';
import { until } from '../util/until.ts';

/**
 * A database that somebody deleted under a running node: entities were not found, lists were faults (500), records were lost, and the
 * node called itself ready.
 */

let server: CouchServer;
let direct: CouchClient;
let data: CouchData;
let store: Store;

beforeAll(async () => {
  server = await startAnyCouch();
  direct = new CouchClient({ url: server.url, timeoutMs: 10_000 });
  data = couchData(server, { heartbeatMs: 200 });
  store = await data.open();
});
afterAll(async () => {
  await store.close();
  await data.remove();
  direct.close();
  await server.stop();
});

const remove = (role: DatabaseRole) => direct.request({ method: 'DELETE', db: data.names[role] });
/** What `whisklet db init` does. */
const init = async () => (await data.open()).close();
const isThere = () => store.shared?.away === undefined;
const guests = { namespace: 'guest', skip: 0 };

test('records wait until the database of records is made anew, and the node is not ready meanwhile', async () => {
  await remove('activations');
  const activation = anActivation();
  const stored = store.activations.put(activation);
  await until('it is noted', () => !isThere());
  expect(store.shared?.away).toEndWith(
    `has no database '${data.names.activations}' any more: whisklet db init makes it anew.`,
  );
  const error = await errorOf(store.activations.get('guest', 'f'.repeat(32)));
  expect(refusalOf(error, 'tid', new Events())).toMatchObject({ status: 503, headers: { 'Retry-After': '2' } });
  expect(await errorOf(store.activations.list({ ...guests, namespace: 'bob' }))).toMatchObject({
    name: 'StoreUnavailable',
  });
  await init();
  await stored;
  await until('it is ready', isThere);
  expect(await store.activations.list(guests)).toEqual([activation]);
});

test('entities are not said to be missing, and nothing of them is remembered when the database is made anew', async () => {
  await store.entities.put(anAction());
  let lost = 0;
  store.shared?.follow({
    ...{ onEntity: () => undefined, onSubjects: () => undefined, onTrust: () => undefined },
    onLost: () => lost++,
  });
  await remove('whisks');
  for (const ask of [
    () => store.entities.get('guest/hello'),
    () => store.entities.list({ collection: 'actions', path: 'guest', skip: 0 }),
    () => store.entities.put(anAction({ name: 'other' })),
  ])
    expect(await errorOf(ask())).toMatchObject({
      name: 'StoreUnavailable',
      message: expect.stringContaining('db init'),
    });
  expect(isThere()).toBe(false);
  await init();
  // Nobody asks it for anything.
  await until('it is ready', isThere);
  expect(await store.entities.get('guest/hello')).toBeUndefined();
  if (server.isReal) await until('it is told', () => lost > 0);
});

test('views that are gone are no fault of ours, either', async () => {
  const [{ _id }] = designDocuments.whisks as [{ _id: string }];
  const db = data.names.whisks;
  const { _rev } = await direct.request<{ _rev: string }>({ db, path: _id });
  await direct.request({ method: 'DELETE', db, path: _id, qs: { rev: _rev } });
  const list = () => store.entities.list({ collection: 'actions', path: 'guest', skip: 0 });
  expect(await errorOf(list())).toMatchObject({
    name: 'StoreUnavailable',
    message: expect.stringContaining(`has no '${_id}/_view/actions' in the database '${db}' any more`),
  });
  await init();
  expect(await list()).toEqual([]);
});
