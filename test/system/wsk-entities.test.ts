import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { TestNode } from '../util/node.ts';

/**
 * What the real `wsk` sends for packages, triggers and rules, and for what is no entity (CLI-11, CLI-14, CLI-15, CLI-16):
 * of the answers, what its Go structs need. Actions and activations are in wsk.test.ts, feeds in feeds.test.ts.
 */

const alice = `11111111-2222-4333-8444-555555555555:${'a'.repeat(64)}`;
const node = new TestNode({ args: ['--users', `alice=${alice}`] });
beforeAll(async () => {
  await node.start();
  await node.put('echo', 'function main(args) { return args }');
});
afterAll(() => node.end());

const headers = { 'user-agent': 'OpenWhisk-CLI/1.0 (not set) linux amd64', 'accept-encoding': 'gzip' };
const wsk = (method: string, path: string, body?: object) =>
  node.ask(method, path, { headers, ...(body === undefined ? {} : { body: `${JSON.stringify(body)}\n` }) });
const names = (rows: { name: string }[]) => rows.map(({ name }) => name);

describe('wsk package (CLI-11)', () => {
  const put = (name: string, overwrite: boolean, more: object = {}) =>
    wsk('PUT', `packages/${name}?overwrite=${overwrite}`, { namespace: '_', name, ...more });

  test('create, and create again', async () => {
    const { status, json } = await put('tools', false, { parameters: [{ key: 'n', value: 1 }] });
    expect([status, json.namespace, json.version, json.publish]).toEqual([200, 'guest', '0.0.1', false]);
    const again = await put('tools', false);
    expect([again.status, again.json.error]).toEqual([409, 'resource already exists']);
  });

  test('update --shared: what it does not name stays', async () => {
    const shared = await put('tools', true, { publish: true });
    expect([shared.json.publish, shared.json.parameters]).toEqual([true, [{ key: 'n', value: 1 }]]);
    expect((await put('tools', true, { annotations: [{ key: 'a', value: 'b' }] })).json.publish).toBe(true);
  });

  test('bind, and bind over it', async () => {
    const bind = (overwrite: boolean, namespace: string, value: number) =>
      wsk('PUT', `packages/mine?overwrite=${overwrite}`, {
        ...{ binding: { namespace, name: 'tools' }, parameters: [{ key: 'bound', value }] },
      });
    expect((await bind(false, '_', 1)).json.binding).toEqual({ namespace: 'guest', name: 'tools' });
    expect((await bind(false, 'guest', 2)).status).toBe(409);
    expect((await bind(true, 'guest', 2)).json.parameters).toEqual([{ key: 'bound', value: 2 }]);
  });

  test('get, and get --summary: actions, feeds and what they say of themselves (PAR-12)', async () => {
    const described = [
      { key: 'description', value: 'Says it again' },
      { key: 'parameters', value: [{ name: 'n', description: 'what to say', required: true }] },
    ];
    await node.put('tools/say', 'function main(args) { return args }', { annotations: described });
    const { json } = await wsk('GET', 'packages/tools');
    expect([json.binding, names(json.actions), json.feeds]).toEqual([{}, ['say'], []]);
    expect(json.actions[0]).toMatchObject({ version: '0.0.1', annotations: expect.arrayContaining(described) });
    const bound = (await wsk('GET', 'packages/mine')).json;
    expect([bound.binding, names(bound.actions)]).toEqual([{ namespace: 'guest', name: 'tools' }, ['say']]);
    expect(bound.parameters).toEqual([
      { key: 'n', value: 1 },
      { key: 'bound', value: 2 },
    ]);
  });

  test('list: of one’s own all, of others what they share', async () => {
    const rows = (await wsk('GET', 'packages?limit=30&skip=0')).json;
    expect(rows).toMatchObject([
      { name: 'mine', publish: false, binding: { namespace: 'guest', name: 'tools' } },
      { name: 'tools', publish: true, binding: false },
    ]);
    const path = '/api/v1/namespaces/guest/packages?limit=30&skip=0';
    expect(names((await node.ask('GET', path, { headers, key: alice })).json)).toEqual(['tools']);
  });

  test('delete: not while something is in it', async () => {
    const { status, json } = await wsk('DELETE', 'packages/tools');
    expect([status, json.error]).toEqual([
      ...[409, 'Package not empty (contains 1 entity). Set force param or delete package contents.'],
    ]);
    for (const path of ['packages/mine', 'actions/tools/say', 'packages/tools']) {
      expect((await wsk('DELETE', path)).status).toBe(200);
    }
  });

  test('refresh: there is no such thing, as in OpenWhisk (PKG-05)', async () => {
    const { status, json } = await wsk('POST', 'packages/refresh');
    expect([status, json]).toEqual([
      404,
      { code: expect.any(String), error: 'The requested resource could not be found.' },
    ]);
  });
});

describe('wsk trigger (CLI-15)', () => {
  const own = { parameters: [{ key: 'when', value: 'now' }], annotations: [{ key: 'note', value: 'x' }] };

  test('create, and create again', async () => {
    const { status, json } = await wsk('PUT', 'triggers/tick?overwrite=false', { name: 'tick', ...own });
    expect([status, json.namespace, json.version]).toEqual([200, 'guest', '0.0.1']);
    expect(json).toMatchObject({ ...own, limits: {} });
    expect((await wsk('PUT', 'triggers/tick?overwrite=false', { name: 'tick' })).json.error).toBe(
      'resource already exists',
    );
  });

  test('create with an empty name in the body: that in the path counts', async () => {
    expect((await wsk('PUT', 'triggers/named?overwrite=false', { name: '' })).json.name).toBe('named');
    await wsk('DELETE', 'triggers/named');
  });

  test('update: reads first, and creates without overwriting what was not there', async () => {
    expect((await wsk('GET', 'triggers/new')).status).toBe(404);
    expect((await wsk('PUT', 'triggers/new?overwrite=false', { name: 'new' })).status).toBe(200);
    expect((await wsk('GET', 'triggers/tick')).status).toBe(200);
    const parameters = [{ key: 'when', value: 'later' }];
    const { json } = await wsk('PUT', 'triggers/tick?overwrite=true', { name: 'tick', parameters });
    expect(json).toMatchObject({ version: '0.0.2', parameters, annotations: own.annotations });
  });

  test('fire without a rule: 204 and nothing, which wsk prints as an empty id', async () => {
    const { status, text } = await wsk('POST', 'triggers/tick', { a: 1 });
    expect([status, text]).toEqual([204, '']);
  });

  test('list', async () => {
    const { json } = await wsk('GET', 'triggers?limit=30&skip=0');
    expect(json).toMatchObject([
      { name: 'tick', namespace: 'guest', version: '0.0.2', publish: false, annotations: own.annotations },
      { name: 'new', version: '0.0.1' },
    ]);
  });
});

describe('wsk rule (CLI-14)', () => {
  const rule = (name: string, overwrite: boolean, more: object = {}) =>
    wsk('PUT', `rules/${name}?overwrite=${overwrite}`, {
      ...{ name, status: '', trigger: '/_/tick', action: '/_/echo' },
      ...more,
    });
  const setStatus = (status: string) => wsk('POST', 'rules/every', { status, trigger: null, action: null });

  test('create, and create again', async () => {
    const { status, json } = await rule('every', false);
    expect(status).toBe(200);
    expect(json).toMatchObject({
      ...{ name: 'every', namespace: 'guest', version: '0.0.1', status: 'active' },
      ...{ trigger: { path: 'guest', name: 'tick' }, action: { path: 'guest', name: 'echo' } },
    });
    expect((await rule('every', false)).status).toBe(409);
  });

  test('disable, status, enable: plain answers, and the state in the rule', async () => {
    for (const status of ['inactive', 'active']) {
      expect((await setStatus(status)).status).toBe(200);
      expect((await wsk('GET', 'rules/every')).json.status).toBe(status);
    }
  });

  test('update', async () => {
    await setStatus('inactive');
    const { json } = await rule('every', true, { trigger: '/_/new' });
    expect([json.version, json.trigger.name, json.status]).toEqual(['0.0.2', 'new', 'inactive']);
  });

  test('list, then each rule for its status', async () => {
    const [row] = (await wsk('GET', 'rules?limit=30&skip=0')).json;
    expect(row).toMatchObject({
      name: 'every',
      namespace: 'guest',
      trigger: { name: 'new' },
      action: { name: 'echo' },
    });
    expect((await wsk('GET', `/api/v1/namespaces/${row.namespace}/rules/${row.name}`)).json.status).toBe('inactive');
  });

  test('delete --disable', async () => {
    expect((await setStatus('inactive')).status).toBe(200);
    expect((await wsk('DELETE', 'rules/every')).status).toBe(200);
    const { status, json } = await wsk('GET', 'rules/every');
    expect([status, json.error, typeof json.code]).toEqual([404, 'The requested resource does not exist.', 'string']);
  });
});

describe('wsk sdk install (CLI-16)', () => {
  const ask = (path: string) =>
    fetch(node.address + path, { redirect: 'manual', headers: { 'user-agent': 'Go-http-client/1.1' } });

  test('docker: is sent on to OpenWhisk’s release, without a key', async () => {
    const { status, headers: found } = await ask('/blackbox.tar.gz');
    expect([status, found.get('location')]).toEqual([
      301,
      'https://github.com/apache/openwhisk-runtime-docker/releases/download/sdk%400.1.0/blackbox-0.1.0.tar.gz',
    ]);
  });

  test('ios: is not there, as in OpenWhisk', async () => {
    const answer = await ask('/OpenWhiskIOSStarterApp.zip');
    expect([answer.status, await answer.json()]).toEqual([
      405,
      { code: expect.any(String), error: 'HTTP method not allowed, supported methods: OPTIONS' },
    ]);
  });
});

test('wsk api: without a gateway, a web action that is not there', async () => {
  const path = '/api/v1/web/whisk.system/apimgmt/getApi.http?accesstoken=DUMMY%20TOKEN&limit=30&skip=0&spaceguid=x';
  const { status, json } = await wsk('GET', path);
  expect([status, json.error, typeof json.code]).toEqual([404, 'The requested resource does not exist.', 'string']);
});
