import { beforeEach, describe, expect, test } from 'bun:test';
import { Unreadable } from '../../../src/model/refusal.ts';
import { TestApi } from '../../util/api.ts';

let api: TestApi;
let guest: string;

beforeEach(async () => {
  api = new TestApi();
  guest = await api.addSubject('guest');
});

const CORS = {
  'access-control-allow-origin': '*',
  'access-control-allow-headers': 'Authorization, Origin, X-Requested-With, Content-Type, Accept, User-Agent',
  'access-control-allow-methods': 'GET, DELETE, POST, PUT, HEAD',
};
const cors = (headers: Headers) =>
  Object.fromEntries([...headers].filter(([name]) => name.startsWith('access-control')));

describe('who calls (REST-02)', () => {
  const strangers: [string, string | undefined, string][] = [
    ['nobody', undefined, 'The resource requires authentication, which was not supplied with the request'],
    ['another scheme', 'Bearer x', 'The resource requires authentication, which was not supplied with the request'],
    ['an unknown key', `Basic ${btoa('x:y')}`, 'The supplied authentication is invalid'],
    ['no key at all', `Basic ${btoa('x')}`, 'The supplied authentication is invalid'],
  ];
  test.each(strangers)('%s is 401 with the realm, and without CORS', async (_who, authorization, sentence) => {
    const { status, headers, json } = await api.call('GET', '/api/v1/namespaces', authorization);
    expect([status, json.error, json.code]).toEqual([401, sentence, headers.get('x-request-id')]);
    expect(headers.get('www-authenticate')).toBe('Basic realm="OpenWhisk secure realm",charset=UTF-8');
    expect(cors(headers)).toEqual({});
  });

  test('a right uuid with a wrong key is 401, also after the right one was seen', async () => {
    expect((await api.call('GET', '/api/v1/namespaces', guest)).status).toBe(200);
    const [uuid] = atob(guest.slice(6)).split(':');
    expect((await api.call('GET', '/api/v1/namespaces', `Basic ${btoa(`${uuid}:${'z'.repeat(64)}`)}`)).status).toBe(
      401,
    );
  });

  test('a blocked subject is 401, once what was remembered is forgotten', async () => {
    const found = await api.store.subjects.get('guest');
    await api.store.subjects.put({ ...(found?.subject as object), blocked: true } as never, found?.rev);
    api.authenticator.forget();
    expect((await api.call('GET', '/api/v1/namespaces', guest)).status).toBe(401);
  });
});

describe('headers', () => {
  test('answers of operations carry CORS headers, refusals of operations too (REST-09)', async () => {
    const { headers } = await api.call('GET', '/api/v1/namespaces/_/actions', guest);
    expect(cors(headers)).toEqual(CORS);
    expect(cors((await api.call('GET', '/api/v1/namespaces/_/actions/none', guest)).headers)).toEqual(CORS);
    expect(cors((await api.call('GET', '/api/v1/namespaces/_/actions?limit=x', guest)).headers)).toEqual({});
  });

  test('OPTIONS is answered without authentication', async () => {
    const { status, text, headers } = await api.call('OPTIONS', '/api/v1/namespaces/_/actions');
    expect([status, text]).toEqual([200, 'OK']);
    expect(cors(headers)).toEqual(CORS);
  });

  test('the client’s request id is the transaction id, unless it claims to be a server’s (REST-05)', async () => {
    const given = await api.call('GET', '/api/v1/namespaces', guest, undefined, { 'x-request-id': 'mine' });
    expect(given.headers.get('x-request-id')).toBe('mine');
    const claimed = await api.call('GET', '/api/v1/namespaces', guest, undefined, { 'x-request-id': 'sid_invoker' });
    expect(claimed.headers.get('x-request-id')).toMatch(/^[0-9a-f]{32}$/);
    const refused = await api.call('GET', '/nosuch', undefined, undefined, { 'x-request-id': 'mine' });
    expect(refused.json.code).toBe('mine');
  });
});

describe('paths (REST-01)', () => {
  test('GET / is what wskdeploy reads, as plain application/json (EP-01)', async () => {
    const { headers, json } = await api.call('GET', '/');
    expect(headers.get('content-type')).toBe('application/json');
    expect(json.api_paths).toEqual(['/api/v1']);
    expect(json.runtimes.nodejs).toEqual([
      { attached: false, default: false, deprecated: true, image: 'node', kind: 'nodejs:18', requireMain: false },
      { attached: false, default: true, deprecated: false, image: 'node', kind: 'nodejs:20', requireMain: false },
    ]);
    for (const limit of Object.values(json.limits)) expect(limit).toBeGreaterThanOrEqual(0);
  });

  test.each(['/api/v1', '/api/v1/'])('GET %s tells the build (EP-02)', async (path) => {
    expect((await api.call('GET', path)).json).toEqual({
      api_version: '1.0.0',
      api_version_path: 'v1',
      build: '2026-01-01T00:00:00Z',
      buildno: 'abc',
      description: 'OpenWhisk API',
      swagger_paths: { 'api-docs': '/api-docs', ui: '/docs' },
    });
  });

  test('GET /ready is 200, and 503 while the node stops or lacks its store', async () => {
    expect(await api.call('GET', '/ready')).toMatchObject({
      status: 200,
      json: { ready: true, draining: false, parts: { store: 'up' } },
    });
    api.isStoreAway = true;
    const lacking = await api.call('GET', '/ready');
    expect(lacking).toMatchObject({ status: 503, json: { ready: false, draining: false, parts: { store: 'away' } } });
    expect(lacking.headers.get('retry-after')).toBe('2');
    api.isStoreAway = false;
    api.isDraining = true;
    expect(await api.call('GET', '/ready')).toMatchObject({
      status: 503,
      json: { ready: false, draining: true, parts: { store: 'up' } },
    });
  });

  test('GET /ping is pong (EP-03)', async () => {
    expect((await api.call('GET', '/ping')).text).toBe('pong');
  });

  test('the namespace of the key, and its limits filled in (EP-10, EP-11)', async () => {
    expect((await api.call('GET', '/api/v1/namespaces', guest)).json).toEqual(['guest']);
    const small = await api.addSubject('small', { maxActionMemory: 256, invocationsPerMinute: 5 });
    const { json } = await api.call('GET', '/api/v1/namespaces/_/limits', small);
    expect([json.maxActionMemory, json.minActionMemory, json.invocationsPerMinute]).toEqual([256, 128, 5]);
    const inner = await api.call('GET', '/api/v1/namespaces/_/limits/x', guest);
    expect([inner.status, inner.json.error]).toEqual([
      400,
      'Inner entity level routes for limits are not yet implemented.',
    ]);
  });

  test.each(['', '/_/limits', '/_/actions', '/_/packages', '/_/triggers', '/_/rules', '/_/activations'])(
    'namespaces%s may have a slash at its end',
    async (path) => {
      const plain = await api.call('GET', `/api/v1/namespaces${path}`, guest);
      const slash = await api.call('GET', `/api/v1/namespaces${path}/`, guest);
      expect([slash.status, slash.json]).toEqual([200, plain.json]);
    },
  );

  test.each([
    ['GET', '/api/v1/nosuch'],
    ['GET', '/api/v1/namespaces/_'],
    ['GET', '/api/v1/namespaces/_/nosuch'],
    ['PATCH', '/api/v1/namespaces/_/actions'],
    ['HEAD', '/api/v1/namespaces/_/actions'],
    ['POST', '/api/v1/namespaces/_/activations'],
    ['DELETE', '/api/v1/namespaces/_/activations/00000000000000000000000000000000'],
  ])('%s %s is 404 for who may come in, and 401 for others', async (method, path) => {
    const { status, json } = await api.call(method, path, guest);
    expect(status).toBe(404);
    if (method !== 'HEAD') expect(json.error).toBe('The requested resource could not be found.');
    expect((await api.call(method, path)).status).toBe(method === 'HEAD' ? 404 : 401);
  });

  test('elsewhere no method is known (ERR-18)', async () => {
    const { status, headers, json } = await api.call('GET', '/nosuch');
    expect([status, headers.get('allow'), json.error]).toEqual([
      405,
      'OPTIONS',
      'HTTP method not allowed, supported methods: OPTIONS',
    ]);
  });
});

test.each([
  ['PUT', 'actions/x'],
  ['PUT', 'packages/x'],
  ['PUT', 'triggers/x'],
  ['PUT', 'rules/x'],
  ['POST', 'rules/x'],
])('%s %s needs a body', async (method, path) => {
  const ask = (type: string) => api.call(method, `/api/v1/namespaces/_/${path}`, guest, '', { 'content-type': type });
  const none = await ask('application/json');
  expect([none.status, none.json.error]).toEqual([
    400,
    expect.stringContaining('Unexpected end-of-input at input index 0'),
  ]);
  expect((await ask('text/plain')).status).toBe(415);
  expect((await api.call(method, `/api/v1/namespaces/_/${path}`, guest)).status).toBe(400);
});

test('what is stored and cannot be read is 500 in words of its own, and the log names it', async () => {
  const said: string[] = [];
  api.events.said.subscribe(({ level, text }) => said.push(`${level}: ${text}`));
  api.store.entities.get = () => Promise.reject(new Unreadable("the document 'guest/a' is no entity of OpenWhisk"));
  for (const [method, path] of [
    ['GET', 'actions/a'],
    ['DELETE', 'triggers/a'],
    ['GET', 'packages/a'],
  ] as const) {
    const { status, json } = await api.call(method, `/api/v1/namespaces/_/${path}`, guest);
    expect([status, json.error]).toEqual([500, 'Resource is corrupted and cannot be read.']);
  }
  expect(new Set(said)).toEqual(new Set(["warn: the document 'guest/a' is no entity of OpenWhisk"]));
});

test('a fault of ours is 500 with the transaction id and nothing of its story', async () => {
  const said: string[] = [];
  api.events.said.subscribe(({ text }) => said.push(text));
  api.store.entities.list = () => Promise.reject(new Error('secret detail'));
  const { status, json, text } = await api.call('GET', '/api/v1/namespaces/_/actions', guest, undefined, {
    'x-request-id': 'tid1',
  });
  expect([status, json]).toEqual([500, { code: 'tid1', error: 'There was an internal server error.' }]);
  expect(text).not.toContain('secret');
  expect(said.join()).toContain('secret detail');
});
