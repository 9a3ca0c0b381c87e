import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { feedCode } from '../util/lifecycle.ts';
import { type Answer, GUEST_KEY, TestNode } from '../util/node.ts';

/**
 * `wsk project deploy`, `sync`, `export` and `undeploy` (CLI-12, CAT-03, PAR-14): the requests of the real one for one project, as
 * they were recorded, in their order, and of the answers what it goes on with.
 */

const node = new TestNode();
beforeAll(async () => {
  await node.start();
  await node.ask('PUT', 'packages/clock', { body: { publish: true } });
  await node.put('clock/tick', feedCode, { annotations: [{ key: 'feed', value: true }] });
});
afterAll(() => node.end());

/** A path without a slash in front is below `namespaces/_`. */
const deploy = (method: string, path: string, body?: object): Promise<Answer> =>
  node.ask(method, path, {
    headers: { 'user-agent': 'OpenWhisk-Go-Client linux amd64' },
    ...(body === undefined ? {} : { body: `${JSON.stringify(body)}\n` }),
  });

async function ok(method: string, path: string, body?: object) {
  const { status, json } = await deploy(method, path, body);
  expect([method, path, status]).toEqual([method, path, 200]);
  return json;
}

const code = 'function main(p) { return { greeting: "hello " + p.name } }\n';
const project = (file: string, projectHash: string) => ({ file, projectDeps: [], projectHash, projectName: 'demo' });
const managed = (file: string, hash: string) => [{ key: 'whisk-managed', value: project(file, hash) }];
const web = [
  { key: 'web-export', value: true },
  { key: 'raw-http', value: false },
  { key: 'final', value: true },
];

/** What of a project's mark is in an entity, or in a row of a list. */
const markIn = ({ annotations }: { annotations: { key: string; value: unknown }[] }) =>
  annotations.find(({ key }) => key === 'whisk-managed')?.value;

const tell = (event: string, more: object = {}, result = false) =>
  ok('POST', `/api/v1/namespaces/guest/actions/clock/tick?blocking=true&result=${result}`, {
    ...{ authKey: GUEST_KEY, lifecycleEvent: event, triggerName: '/_/fed' },
    ...more,
  });

/** All entities of the project. `marks` is nothing for `deploy`, and the project's mark for `sync`. */
async function deployAll(marks: readonly object[]) {
  const annotated = marks.length > 0 ? { annotations: marks } : {};
  await ok('PUT', 'packages/shop?overwrite=true', {
    ...{ name: 'shop', version: '1.0', publish: false },
    ...{ ...annotated, parameters: [{ key: 'place', value: 'here' }] },
  });
  await ok('PUT', 'packages/lib?overwrite=true', {
    ...{ publish: false, ...annotated, parameters: [{ key: 'name', value: 'x' }] },
    binding: { namespace: 'guest', name: 'clock' },
  });
  await ok('PUT', 'actions/shop/hello?overwrite=true', {
    ...{ name: 'shop/hello', exec: { kind: 'nodejs:20', code } },
    ...{ annotations: [...marks, ...web], limits: { timeout: 2000 }, publish: false },
  });
  await ok('PUT', 'actions/shop/both?overwrite=true', {
    ...{ namespace: '_', name: 'shop/both', exec: { kind: 'sequence', components: ['/_/shop/hello'] } },
    ...{ ...annotated, publish: false },
  });
  const { status } = await deploy('GET', 'triggers/fed');
  if (status === 200) await tell('DELETE');
  else expect(status).toBe(404);
  await ok('PUT', 'triggers/fed?overwrite=true', {
    ...{ name: 'fed', annotations: [{ key: 'feed', value: '/guest/clock/tick' }, ...marks], publish: true },
  });
  expect((await tell('CREATE', { own: 1 })).response.result.own).toEqual({ own: 1 });
  const rule = { name: 'every', ...annotated, status: '', trigger: '/_/fed', action: '/_/shop/both', publish: false };
  expect((await ok('PUT', 'rules/every?overwrite=true', rule)).status).toBe('active');
  await deploy('POST', 'rules/every', { status: 'active', trigger: null, action: null });
}

test('asks first what the host can run, without a key, and believes only this content type', async () => {
  const { status, headers, json } = await node.ask('GET', '/', {
    key: null,
    headers: { 'content-type': 'application/json; charset=UTF-8', 'user-agent': 'Go-http-client/1.1' },
  });
  expect([status, headers.get('content-type')]).toEqual([200, 'application/json']);
  const kinds = json.runtimes.nodejs as { kind: string; default: boolean; deprecated: boolean }[];
  expect(kinds.filter((each) => each.default).map(({ kind }) => kind)).toEqual(['nodejs:20']);
  for (const limit of Object.values(json.limits as Record<string, number>)) {
    expect(Number.isInteger(limit) && limit >= 0).toBe(true);
  }
});

describe('project deploy', () => {
  test('makes all entities, and makes them again', async () => {
    await deployAll([]);
    await deployAll([]);
    const names = async (collection: string) =>
      (await ok('GET', `${collection}?limit=0&skip=0`)).map(({ name }: { name: string }) => name).sort();
    expect(await names('packages')).toEqual(['clock', 'lib', 'shop']);
    expect(await names('actions')).toEqual(['both', 'hello', 'tick']);
    expect([await names('triggers'), await names('rules')]).toEqual([['fed'], ['every']]);
  });

  test('sets the version of a package with two parts, each time, and those of others count on', async () => {
    expect((await ok('GET', 'packages/shop')).version).toBe('1.0.0');
    expect((await ok('GET', 'actions/shop/hello?code=false')).version).toBe('0.0.2');
  });

  test('leaves things that work: the rule is active, the sequence runs, the web action answers', async () => {
    expect((await ok('GET', 'rules/every')).status).toBe('active');
    expect(await ok('POST', 'actions/shop/both?blocking=true&result=true', { name: 'Ann' })).toMatchObject({
      greeting: 'hello Ann',
    });
    const page = await node.ask('GET', '/api/v1/web/guest/shop/hello.json?name=Bob', { key: null });
    expect([page.status, page.json]).toEqual([200, { greeting: 'hello Bob' }]);
  });
});

describe('project sync', () => {
  beforeAll(async () => {
    await ok('PUT', 'triggers/gone?overwrite=true', {
      name: 'gone',
      annotations: managed('old.yaml', 'a'),
      publish: false,
    });
    await ok('PUT', 'actions/shop/gone?overwrite=true', {
      ...{ name: 'shop/gone', exec: { kind: 'nodejs:20', code }, annotations: managed('old.yaml', 'a') },
    });
    await deployAll(managed('m.yaml', 'b'));
  });

  test('finds its mark on all that it has made, in the rows of lists', async () => {
    const mark = project('m.yaml', 'b');
    const marks = async (path: string) =>
      Object.fromEntries(
        (await ok('GET', `${path}?limit=0&skip=0`)).map((row: { name: string; annotations: never }) => [
          row.name,
          markIn(row),
        ]),
      );
    expect(await marks('triggers')).toEqual({ fed: mark, gone: project('old.yaml', 'a') });
    expect(await marks('rules')).toEqual({ every: mark });
    expect(await marks('packages')).toEqual({ clock: undefined, lib: mark, shop: mark });
    expect(await marks('actions/lib/')).toEqual({ tick: undefined });
    expect(await marks('actions/shop/')).toEqual({ hello: mark, both: mark, gone: project('old.yaml', 'a') });
  });

  test('deletes what bears an older mark', async () => {
    await ok('DELETE', 'triggers/gone');
    await ok('DELETE', 'actions/shop/gone');
    expect((await ok('GET', 'packages/shop')).actions.map(({ name }: { name: string }) => name).sort()).toEqual([
      ...['both', 'hello'],
    ]);
  });
});

describe('project export', () => {
  test('reads packages without parameters in the list, and of bindings whither and that they are', async () => {
    const rows = await ok('GET', 'packages?limit=0&skip=0');
    const row = (wanted: string) => rows.find(({ name }: { name: string }) => name === wanted);
    // Parameters in a row end it.
    for (const each of rows) expect(each).not.toHaveProperty('parameters');
    expect(row('shop').namespace).toBe('guest');
    expect(row('lib').binding).toEqual({ name: 'clock', namespace: 'guest' });
    expect(row('lib').annotations).toContainEqual({ key: 'binding', value: { name: 'clock', namespace: 'guest' } });
    const lib = await ok('GET', 'packages/lib');
    expect(lib.parameters).toEqual([{ key: 'name', value: 'x' }]);
    expect((await ok('GET', '/api/v1/namespaces/guest/packages/clock')).annotations).toEqual([]);
  });

  test('reads actions with their code, and sequences with the full names of their components', async () => {
    const hello = await ok('GET', 'actions/shop/hello?code=true');
    expect([hello.exec, hello.namespace]).toEqual([{ kind: 'nodejs:20', code, binary: false }, 'guest/shop']);
    expect((await ok('GET', 'actions/shop/both?code=true')).exec).toEqual({
      ...{ kind: 'sequence', components: ['/guest/shop/hello'] },
    });
  });

  test('asks feeds for their configuration, by its own path', async () => {
    expect((await tell('READ', {}, true)).lifecycleEvent).toBe('READ');
  });

  test('reads rules with their ends by path and name', async () => {
    expect(await ok('GET', 'rules/every')).toMatchObject({
      action: { path: 'guest/shop', name: 'both' },
      trigger: { path: 'guest', name: 'fed' },
    });
  });
});

describe('project undeploy', () => {
  test('deletes all, each after a look, and packages when they are empty', async () => {
    const remove = async (path: string) => {
      await ok('GET', path.startsWith('actions') ? `${path}?code=false` : path);
      await ok('DELETE', path);
    };
    expect((await deploy('DELETE', 'packages/shop')).json.error).toBe(
      'Package not empty (contains 2 entities). Set force param or delete package contents.',
    );
    await remove('rules/every');
    await ok('GET', 'triggers/fed');
    await tell('DELETE');
    await remove('triggers/fed');
    for (const path of ['actions/shop/both', 'actions/shop/hello', 'packages/lib', 'packages/shop']) await remove(path);
    expect((await ok('GET', 'packages?limit=0&skip=0')).map(({ name }: { name: string }) => name)).toEqual(['clock']);
  });

  test('goes on when something is not there any more', async () => {
    const { status, json } = await deploy('GET', 'rules/every');
    expect([status, json.error, json.code]).toEqual([
      404,
      'The requested resource does not exist.',
      expect.any(String),
    ]);
  });
});
