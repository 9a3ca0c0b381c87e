import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { zip } from '../util/archive.ts';
import { GUEST_KEY, TestNode } from '../util/node.ts';
import { until } from '../util/until.ts';

/**
 * The requests of the real `wsk`, as they were recorded: what it sends for each command and flag, and of the answers
 * what its Go structs need. Where they would come back empty, `wsk` prints nothing, or panics.
 */

const node = new TestNode();
beforeAll(() => node.start());
afterAll(() => node.end());

const agent = { 'user-agent': 'OpenWhisk-CLI/1.0 (not set) linux amd64', 'accept-encoding': 'gzip' };

/** As wsk sends it: a body ends in a newline, and only with a body there is a content type. */
function wsk(method: string, path: string, body?: object) {
  return node.ask(method, `/api/v1/${path}`, {
    headers: agent,
    ...(body === undefined ? {} : { body: `${JSON.stringify(body)}\n` }),
  });
}

const own = 'namespaces/_';
const code = 'function main(p) { console.log("hi", p.name); return { greeting: "Hello " + p.name }; }';

/** `wsk action create NAME FILE`: namespace and name stand in the body too. */
function create(name: string, exec: object, more: object = {}, overwrite = false) {
  return wsk('PUT', `${own}/actions/${name}?overwrite=${overwrite}`, { namespace: '_', name, exec, ...more });
}

/** What wsk derives its message and its exit code from. */
function expectRefusal(answer: { status: number; json: unknown }, status: number, sentence: string) {
  expect(answer.json).toEqual({ code: expect.any(String), error: expect.stringContaining(sentence) });
  expect(answer.status).toBe(status);
}

describe('wsk property and namespace (CLI-10, CLI-13, EP-02, EP-10)', () => {
  test('get: the namespace of the key, and the build without a key', async () => {
    const { status, json } = await wsk('GET', 'namespaces');
    expect([status, json]).toEqual([200, ['guest']]);
    const info = await node.ask('GET', '/api/v1', { key: null, headers: { 'user-agent': 'Go-http-client/1.1' } });
    expect(info.status).toBe(200);
    expect(info.json.build).toMatch(/^20\d\d/);
    expect(info.json.buildno).toBeString();
  });

  test('get, and wsk list: all collections, and each rule for its state', async () => {
    await create('listed', { kind: 'nodejs:default', code });
    const trigger = { name: 'tick', parameters: [] };
    expect((await wsk('PUT', `${own}/triggers/tick?overwrite=false`, trigger)).status).toBe(200);
    const rule = { name: 'every', status: '', trigger: '/_/tick', action: '/_/listed' };
    expect((await wsk('PUT', `${own}/rules/every?overwrite=false`, rule)).status).toBe(200);
    const names = async (collection: string) => {
      const { status, json } = await wsk('GET', `${own}/${collection}?limit=0&skip=0`);
      expect(status).toBe(200);
      return json.map(({ name }: { name: string }) => name);
    };
    expect(await names('actions')).toEqual(['listed']);
    expect(await names('packages')).toEqual([]);
    expect(await names('triggers')).toEqual(['tick']);
    expect(await names('rules')).toEqual(['every']);
    expect((await wsk('GET', `${own}/rules/every`)).json.status).toBe('active');
    for (const path of ['rules/every', 'triggers/tick', 'actions/listed']) await wsk('DELETE', `${own}/${path}`);
  });

  test('with a wrong key', async () => {
    const answer = await node.ask('GET', '/api/v1/namespaces', { key: 'x:y', headers: agent });
    expectRefusal(answer, 401, 'The supplied authentication is invalid');
  });
});

describe('wsk action create, update, get, list, delete (CLI-03, CLI-05, EP-12, EP-14…16)', () => {
  test('create, and create again', async () => {
    const { status, json } = await create('hello', { kind: 'nodejs:default', code });
    expect(status).toBe(200);
    expect(json).toMatchObject({
      namespace: 'guest',
      name: 'hello',
      version: '0.0.1',
      publish: false,
      updated: expect.any(Number),
      exec: { kind: 'nodejs:20', binary: false },
    });
    expectRefusal(await create('hello', { kind: 'nodejs:default', code }), 409, 'resource already exists');
  });

  test.each([
    ['--param', { parameters: [{ key: 'n', value: 3 }] }, 'parameters', [{ key: 'n', value: 3 }]],
    [
      '--annotation',
      { annotations: [{ key: 'note', value: { x: 1 } }] },
      'annotations',
      expect.arrayContaining([{ key: 'note', value: { x: 1 } }]),
    ],
    ['--timeout', { limits: { timeout: 1500 } }, 'limits.timeout', 1500],
    ['--memory', { limits: { memory: 128 } }, 'limits.memory', 128],
    ['--logsize', { limits: { logs: 0 } }, 'limits.logs', 0],
    ['--concurrency', { limits: { concurrency: 5 } }, 'limits.concurrency', 5],
  ])('create %s', async (_, more, where, value) => {
    const { json } = await create('flag', { kind: 'nodejs:default', code }, more, true);
    expect(json).toHaveProperty(where, value);
  });

  test.each([
    ['a zip', { kind: 'nodejs:default', code: zip({ 'index.js': 'exports.main = () => ({})' }) }, { binary: true }],
    ['--main', { kind: 'nodejs:default', code, main: 'greet' }, { main: 'greet', kind: 'nodejs:20' }],
    ['--kind', { kind: 'nodejs:22', code }, { kind: 'nodejs:22' }],
    ['--docker', { kind: 'blackbox', image: 'openwhisk/example' }, { kind: 'blackbox', image: 'openwhisk/example' }],
    [
      '--docker with code',
      { kind: 'blackbox', image: 'openwhisk/example', code: 'plain' },
      { kind: 'blackbox', image: 'openwhisk/example', code: 'plain', binary: false },
    ],
    [
      '--native',
      { kind: 'blackbox', image: 'openwhisk/dockerskeleton', code: 'ZWNobw==' },
      { kind: 'blackbox', binary: true },
    ],
  ])('create with %s', async (_, exec, expected) => {
    const { status, json } = await create('exec', exec, {}, true);
    expect(status).toBe(200);
    expect(json.exec).toMatchObject(expected);
    expect((await wsk('GET', `${own}/actions/exec?code=false`)).json.exec.binary).toBeBoolean();
  });

  test('create with an unknown kind', async () => {
    const answer = await create('kind', { kind: 'nodejs:99', code });
    expectRefusal(answer, 400, "The specified runtime 'nodejs:99' is not supported by this platform.");
  });

  test('create --copy: what was read goes back, with what the server had added (ACT-07)', async () => {
    await create('source', { kind: 'nodejs:default', code }, { parameters: [{ key: 'name', value: 'Ann' }] });
    const { json } = await wsk('GET', `${own}/actions/source?code=true`);
    const { exec, parameters, annotations } = json;
    const copied = await create('copied', exec, { parameters, annotations });
    expect(copied.status).toBe(200);
    expect(copied.json).toMatchObject({ exec, parameters, annotations, version: '0.0.1' });
  });

  test('update: reads first, a missing one too', async () => {
    expectRefusal(await wsk('GET', `${own}/actions/new?code=false`), 404, 'The requested resource does not exist.');
    expect((await create('new', { kind: 'nodejs:default', code }, {}, true)).json.version).toBe('0.0.1');
    const update = { namespace: '_', name: 'new', parameters: [{ key: 'name', value: 'Bob' }] };
    const { json } = await wsk('PUT', `${own}/actions/new?overwrite=true`, update);
    expect(json).toMatchObject({ version: '0.0.2', exec: { code }, parameters: update.parameters });
  });

  test('update --web and --web-secure: annotations come and go', async () => {
    const put = (body: object) =>
      wsk('PUT', `${own}/actions/new?overwrite=true`, { namespace: '_', name: 'new', ...body });
    const values = ({ annotations }: { annotations: { key: string; value: unknown }[] }) =>
      Object.fromEntries(annotations.map(({ key, value }) => [key, value]));
    const web = (...on: boolean[]) =>
      ['web-export', 'raw-http', 'final'].map((key, index) => ({ key, value: on[index] }));
    const shared = { exec: 'nodejs:20', 'provide-api-key': false };
    const open = await put({ annotations: web(true, false, true) });
    expect(values(open.json)).toEqual({ ...shared, 'web-export': true, 'raw-http': false, final: true });
    const secure = await put({
      annotations: [...open.json.annotations, { key: 'require-whisk-auth', value: 9007199254740991 }],
    });
    expect(values(secure.json)['require-whisk-auth']).toBe(9007199254740991);
    const removed = await put({ delAnnotations: ['require-whisk-auth'] });
    expect(values(removed.json)).toEqual(values(open.json));
    const closed = await put({ annotations: web(false, false, false) });
    expect(values(closed.json)).toEqual({ ...shared, 'web-export': false, 'raw-http': false, final: false });
  });

  test('get, and get --save (ACT-02)', async () => {
    const { json } = await wsk('GET', `${own}/actions/hello?code=false`);
    expect(json.exec).toEqual({ kind: 'nodejs:20', binary: false });
    expect(Object.keys(json).sort()).toEqual([
      ...['annotations', 'exec', 'limits', 'name', 'namespace', 'parameters', 'publish', 'updated', 'version'],
    ]);
    expect((await wsk('GET', `${own}/actions/hello?code=true`)).json.exec.code).toBe(code);
  });

  test('list, with a limit, of a namespace (ACT-11, PAR-09)', async () => {
    const { json } = await wsk('GET', `${own}/actions?limit=30&skip=0`);
    const rows = json as { name: string; namespace: string; annotations: { key: string; value: unknown }[] }[];
    expect(rows.map(({ name }) => name)).toEqual(['new', 'copied', 'source', 'exec', 'flag', 'hello']);
    for (const { namespace, annotations } of rows) {
      expect(namespace).toBe('guest');
      // The kind is printed from here; anything but a text ends wsk.
      expect(annotations.find(({ key }) => key === 'exec')?.value).toBeString();
    }
    expect((await wsk('GET', `${own}/actions?limit=2&skip=1`)).json).toEqual(rows.slice(1, 3));
    expect((await wsk('GET', 'namespaces/guest/actions?limit=30&skip=0')).json).toEqual(rows);
    expect((await wsk('GET', `${own}/actions?limit=0&skip=0`)).json).toEqual(rows);
    const other = await wsk('GET', 'namespaces/other/actions?limit=30&skip=0');
    expectRefusal(other, 403, "not authorized to access 'other'");
  });

  test('delete, and delete again', async () => {
    await create('gone', { kind: 'nodejs:default', code });
    expect((await wsk('DELETE', `${own}/actions/gone`)).status).toBe(200);
    expectRefusal(await wsk('DELETE', `${own}/actions/gone`), 404, 'The requested resource does not exist.');
  });

  test('a name with a blank and other letters, as Go encodes it', async () => {
    expect((await create('a%20b@c&d-%E2%98%83', { kind: 'nodejs:default', code })).status).toBe(400);
    const name = 'a%20b@c&d-%C3%B6';
    expect((await create(name, { kind: 'nodejs:default', code })).json.name).toBe('a b@c&d-ö');
    expect((await wsk('DELETE', `${own}/actions/${name}`)).status).toBe(200);
  });
});

describe('wsk action invoke (CLI-04, CLI-17, EP-17, TRAP-11)', () => {
  beforeAll(async () => {
    await create('greet', { kind: 'nodejs:default', code }, {}, true);
    await create('failing', { kind: 'nodejs:default', code: 'function main() { return { error: "no" } }' }, {}, true);
  });

  test('without flags: an id', async () => {
    const { status, json } = await wsk('POST', `${own}/actions/greet?blocking=false&result=false`, {});
    expect([status, json]).toEqual([202, { activationId: expect.stringMatching(/^[0-9a-f]{32}$/) }]);
  });

  test('--blocking: the record, also of a failure, which is 502 without a code', async () => {
    const good = await wsk('POST', `${own}/actions/greet?blocking=true&result=false`, { name: 'Ann' });
    expect([good.status, good.json.response.result]).toEqual([200, { greeting: 'Hello Ann' }]);
    const bad = await wsk('POST', `${own}/actions/failing?blocking=true&result=false`, {});
    expect([bad.status, bad.json.response]).toMatchObject([502, { status: 'application error', success: false }]);
    expect(bad.json).not.toHaveProperty('code');
  });

  test('--result: the result alone, also of a failure', async () => {
    const good = await wsk('POST', `${own}/actions/greet?blocking=true&result=true`, { name: 'Ann' });
    expect([good.status, good.json]).toEqual([200, { greeting: 'Hello Ann' }]);
    const bad = await wsk('POST', `${own}/actions/failing?blocking=true&result=true`, {});
    expect([bad.status, bad.json]).toEqual([502, { error: 'no' }]);
  });

  test('of a missing action', async () => {
    const answer = await wsk('POST', `${own}/actions/none?blocking=true&result=false`, {});
    expectRefusal(answer, 404, 'The requested resource does not exist.');
  });

  test('longer than the wait: 202 with the id, and the record later (ERR-03, AVN-11, CLI-18)', async () => {
    const slow = 'function main() { return new Promise((r) => setTimeout(r, 300, { late: true })) }';
    await create('slow', { kind: 'nodejs:default', code: slow });
    const { status, json } = await wsk('POST', `${own}/actions/slow?blocking=true&result=false&timeout=50`, {});
    expect([status, Object.keys(json)]).toEqual([202, ['activationId']]);
    const record = async () => wsk('GET', `${own}/activations/${json.activationId}`);
    await until('the record is there', async () => (await record()).status === 200);
    expect((await record()).json.response.result).toEqual({ late: true });
  });

  test('longer than a server waits by default for a connection on which nothing is said (CLI-18)', async () => {
    const slow = 'function main() { return new Promise((done) => setTimeout(done, 11000, { patient: true })) }';
    await create('patient', { kind: 'nodejs:default', code: slow });
    const { status, json } = await wsk('POST', `${own}/actions/patient?blocking=true&result=true`, {});
    expect([status, json]).toEqual([200, { patient: true }]);
  });
});

interface Polled {
  readonly activationId: string;
  readonly start: number;
  readonly logs: readonly string[];
}

describe('wsk activation (CLI-06…08, EP-25…28)', () => {
  const invoke = async (name: string) =>
    (await wsk('POST', `${own}/actions/greet?blocking=true&result=false`, { name })).json as Polled;

  test('list: rows with all that is printed', async () => {
    await invoke('list');
    const { json } = await wsk('GET', `${own}/activations?limit=30&skip=0`);
    for (const row of json) {
      expect(row).toMatchObject({
        start: expect.any(Number),
        end: expect.any(Number),
        duration: expect.any(Number),
        statusCode: expect.any(Number),
        annotations: expect.arrayContaining([{ key: 'kind', value: expect.any(String) }]),
      });
    }
  });

  test('get, logs and result of the last one (AVN-07, TRAP-10)', async () => {
    const { activationId } = await invoke('last');
    const last = await wsk('GET', `${own}/activations?limit=1&skip=0`);
    expect(last.json[0].activationId).toBe(activationId);
    const record = await wsk('GET', `${own}/activations/${activationId}`);
    expect(record.json.response).toMatchObject({ status: 'success', success: true });
    const { json } = await wsk('GET', `${own}/activations/${activationId}/logs`);
    // `--strip` cuts by this shape.
    expect(json.logs[0]).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d+Z +stdout: hi last$/);
    const result = await wsk('GET', `${own}/activations/${activationId}/result`);
    expect(result.json).toMatchObject({ success: true, result: { greeting: 'Hello last' } });
  });

  test('poll misses nothing and shows nothing twice, whatever runs beside it', async () => {
    const poll = async (query: string) =>
      (await wsk('GET', `${own}/activations?docs=true&${query}`)).json as readonly Polled[];
    // As wsk does it: from just after the start of the newest that it knows; what it has shown it leaves out.
    let since = ((await poll('limit=1&skip=0'))[0]?.start ?? 0) + 1;
    const known = new Set((await poll('limit=0&skip=0')).map(({ activationId }) => activationId));
    const shown: string[] = [];
    const look = async () => {
      for (const { activationId, start, logs } of await poll(`limit=0&skip=0&since=${since}&name=greet`)) {
        since = Math.max(since, start + 1);
        if (known.has(activationId)) continue;
        known.add(activationId);
        shown.push(activationId);
        expect(logs).toHaveLength(1);
      }
    };
    const invoked: string[] = [];
    let isOver = false;
    const invoking = (async () => {
      for (let round = 0; round < 10; round++) {
        const all = await Promise.all(Array.from({ length: 5 }, (_, n) => invoke(`${round}.${n}`)));
        invoked.push(...all.map(({ activationId }) => activationId));
      }
    })().finally(() => {
      isOver = true;
    });
    while (!isOver) await look();
    await invoking;
    await look();
    expect(shown.toSorted()).toEqual(invoked.toSorted());
  });

  test('knows nothing of another namespace', async () => {
    const { activationId } = await invoke('mine');
    const system =
      '789c46b1-71f6-4ed5-8c54-816aa4f8c502:abczO3xZCLrMN6v2BKK1dXYFpXlPkccOFqm12CdAsMgRU4VrNZ9lyGVCGuMDGIwP';
    expect(system).not.toBe(GUEST_KEY);
    const { status } = await node.ask('GET', `activations/${activationId}`, { key: system });
    expect(status).toBe(404);
    expect((await node.ask('GET', 'activations', { key: system })).json).toEqual([]);
  });
});
