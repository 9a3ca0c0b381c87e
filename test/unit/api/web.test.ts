import { beforeEach, describe, expect, test } from 'bun:test';
import type { Outcome, Response } from '../../../src/model/outcome.ts';
import { developerError, whiskError } from '../../../src/model/outcome.ts';
import { TestWeb } from '../../util/web.ts';

let web: TestWeb;
let guest: string;

beforeEach(async () => {
  web = new TestWeb();
  guest = await web.api.addSubject('guest');
  await web.put(guest, 'echo');
});

const JSON_TYPE = { 'content-type': 'application/json' };
const CORS = {
  'access-control-allow-origin': '*',
  'access-control-allow-methods': 'OPTIONS, GET, DELETE, POST, PUT, HEAD, PATCH',
  'access-control-allow-headers': 'Authorization, Origin, X-Requested-With, Content-Type, Accept, User-Agent',
};
const cors = (headers: Headers) =>
  Object.fromEntries([...headers].filter(([name]) => name.startsWith('access-control')));
const NOT_THERE = 'The requested resource does not exist.';
const NOT_ALLOWED = 'Request defines parameters that are not allowed (e.g., reserved properties).';
const NEEDS_KEY = 'Authentication is possible but has failed or not yet been provided.';

describe('the context (WEB-03)', () => {
  test('is method, headers and rest of the path', async () => {
    const headers = { 'X-Own': 'b', 'User-Agent': 'c', Cookie: 'd=e' };
    await web.ask('guest/default/echo.json/a/b%20c?q=1', { method: 'PATCH', headers });
    expect(web.args).toEqual({
      __ow_method: 'patch',
      __ow_headers: { host: 'localhost', 'x-own': 'b', 'user-agent': 'c', cookie: 'd=e' },
      __ow_path: '/a/b%20c',
      q: '1',
    });
  });

  test.each(['GET', 'POST', 'PUT', 'DELETE', 'PATCH', 'HEAD'])('knows %s (WEB-02)', async (method) => {
    await web.ask('guest/default/echo.json', { method });
    expect(web.args.__ow_method).toBe(method.toLowerCase());
  });

  test('has the content type of a body, but not its length, nor what is said to the server alone', async () => {
    const headers = { 'content-type': 'text/plain', 'content-length': '3', 'x-ow-extra-logging': 'on' };
    await web.ask('guest/default/echo', { headers, body: 'abc' });
    expect(web.args.__ow_headers).toEqual({ host: 'localhost', 'content-type': 'text/plain' });
  });

  test('has the credentials of the caller: an action may look after them itself', async () => {
    await web.ask('guest/default/echo', { headers: { authorization: 'Bearer x' } });
    expect(web.args.__ow_headers).toEqual({ host: 'localhost', authorization: 'Bearer x' });
  });

  test('names the namespace of a caller with a key of ours, and of no other caller', async () => {
    const other = await web.api.addSubject('other');
    await web.ask('guest/default/echo', { headers: { authorization: other } });
    expect(web.args.__ow_user).toBe('other');
    for (const authorization of ['Bearer x', `Basic ${btoa('x:y')}`, 'Basic', '']) {
      expect((await web.ask('guest/default/echo', { headers: { authorization } })).status).toBe(204);
      expect(web.args).not.toHaveProperty('__ow_user');
    }
  });
});

describe('the body (WEB-04)', () => {
  const context = (type: string) => ({
    __ow_method: 'post',
    __ow_headers: { host: 'localhost', 'content-type': type },
    __ow_path: '',
  });
  const bodies: [string, string, object][] = [
    ['application/json', '{"a":1,"b":{"c":[2]}}', { a: 1, b: { c: [2] } }],
    ['application/cloudevents+json', '{"a":1}', { a: 1 }],
    ['application/json; charset=utf-8', ' \n{"a":"ü"} ', { a: 'ü' }],
    ['application/json', '{}', {}],
    ['application/json', '[1,2]', { __ow_body: [1, 2] }],
    ['application/json', 'null', { __ow_body: null }],
    ['application/json', '"text"', { __ow_body: 'text' }],
    ['application/x-www-form-urlencoded', 'f=1&g=a+b%21&f=2', { f: '2', g: 'a b!' }],
    ['text/plain', 'hey "you"', { __ow_body: 'hey "you"' }],
    ['text/html; charset=UTF-8', '<ü>', { __ow_body: '<ü>' }],
    ['application/xml', '<a/>', { __ow_body: '<a/>' }],
    ['image/png', 'abc', { __ow_body: 'YWJj' }],
    ['multipart/form-data; boundary=x', 'abc', { __ow_body: 'YWJj' }],
    ['application/x-unknown', 'abc', { __ow_body: 'YWJj' }],
    ['no type', 'abc', { __ow_body: 'YWJj' }],
  ];
  test.each(bodies)('of %s: %p is %j', async (type, body, args) => {
    await web.ask('guest/default/echo', { headers: { 'content-type': type }, body });
    expect(web.args).toEqual({ ...context(type), ...args });
  });

  test('that is binary is base64, byte for byte', async () => {
    const body = Uint8Array.from({ length: 256 }, (_, n) => n);
    await web.ask('guest/default/echo', { headers: { 'content-type': 'application/octet-stream' }, body });
    expect(Buffer.from(web.args.__ow_body as string, 'base64')).toEqual(Buffer.from(body));
  });

  test('without a type is binary, and is said to be', async () => {
    const request = new Request('http://localhost/api/v1/web/guest/default/echo', {
      method: 'POST',
      body: new Blob(['abc']).stream(),
    });
    await web.api.app.request(request);
    expect(web.args).toMatchObject({
      __ow_body: 'YWJj',
      __ow_headers: { 'content-type': 'application/octet-stream' },
    });
  });

  test.each(['application/json', 'application/hal+json'])('that is empty %s is none', async (type) => {
    await web.ask('guest/default/echo', { method: 'POST', headers: { 'content-type': type } });
    expect(web.args).toEqual(context(type));
  });

  test('that is empty text is an empty text, and no body without a type is none', async () => {
    await web.ask('guest/default/echo', { method: 'POST', headers: { 'content-type': 'text/plain' } });
    expect(web.args.__ow_body).toBe('');
    await web.ask('guest/default/echo', { method: 'POST' });
    expect(web.args).not.toHaveProperty('__ow_body');
  });

  test('keeps the digits of its numbers, and names like __proto__', async () => {
    const body = '{"n":12345678901234567890,"__proto__":{"x":1},"constructor":2}';
    await web.ask('guest/default/echo?n=1', { headers: JSON_TYPE, body });
    const args = web.api.jobs.at(-1)?.args as string;
    expect(args).toContain('"n":12345678901234567890');
    expect(args).toContain('"__proto__":{"x":1}');
    expect(args).not.toContain('"n":"1"');
    expect(Object.hasOwn({}, 'x')).toBe(false);
  });

  test('that is no JSON though it says so is 400, and says where it stops being JSON', async () => {
    const { status, error, headers } = await web.ask('guest/default/echo', { headers: JSON_TYPE, body: '{bad' });
    expect(status).toBe(400);
    expect(error).toStartWith("The request content was malformed:\nUnexpected character 'b' at input index 1");
    expect(cors(headers)).toEqual({});
    expect(web.api.jobs).toEqual([]);
  });
});

describe('raw actions (WEB-07)', () => {
  beforeEach(() => web.put(guest, 'raw', { 'raw-http': true, final: true }, { parameters: [{ key: 'x', value: 1 }] }));

  const bodies: [string, string, string][] = [
    ['application/json', '{"x":2,"__ow_method":"y"}', btoa('{"x":2,"__ow_method":"y"}')],
    ['application/x-www-form-urlencoded', 'x=2', 'x=2'],
    ['text/plain', 'hey', 'hey'],
    ['image/png', 'abc', 'YWJj'],
    ['application/vnd.api+json', '{}', '{}'],
  ];
  test.each(bodies)('get %s as it came: %p', async (type, body, sent) => {
    const { status } = await web.ask('guest/default/raw?x=3&__ow_path=z&%20', {
      headers: { 'content-type': type },
      body,
    });
    expect(status).toBe(204);
    expect(web.args).toEqual({
      __ow_method: 'post',
      __ow_headers: { host: 'localhost', 'content-type': type },
      __ow_path: '',
      __ow_query: 'x=3&__ow_path=z&%20',
      __ow_body: sent,
      x: 1,
    });
  });

  test('get empty texts where there is neither query nor body', async () => {
    await web.ask('guest/default/raw');
    expect(web.args).toMatchObject({ __ow_query: '', __ow_body: '' });
  });

  test('are raw only by true', async () => {
    await web.put(guest, 'raw', { 'raw-http': 'true' });
    await web.ask('guest/default/raw?a=1');
    expect(web.args.a).toBe('1');
  });
});

describe('what wins (WEB-05, WEB-06)', () => {
  test('is the body over the query over the parameters of action, binding and package', async () => {
    const parameters = (value: string, ...keys: string[]) => ({ parameters: keys.map((key) => ({ key, value })) });
    const put = (name: string, body: object) =>
      web.api.call('PUT', `/api/v1/namespaces/_/packages/${name}`, guest, body);
    await put('tools', parameters('package', 'a', 'b', 'c', 'd', 'e'));
    await put('mine', { ...parameters('binding', 'b', 'c', 'd', 'e'), binding: { namespace: '_', name: 'tools' } });
    await web.put(guest, 'tools/all', {}, parameters('action', 'c', 'd', 'e'));
    await web.ask('guest/mine/all?d=query&e=query&d=last', { headers: JSON_TYPE, body: '{"e":"body"}' });
    expect(web.args).toMatchObject({ a: 'package', b: 'binding', c: 'action', d: 'last', e: 'body' });
  });

  test.each(['method', 'headers', 'path', 'user', 'query', 'body'])('is never __ow_%s of the request', async (name) => {
    const query = await web.ask(`guest/default/echo.json?__ow_${name}=x`);
    const body = await web.ask('guest/default/echo', { headers: JSON_TYPE, body: `{"__ow_${name}":1}` });
    for (const { status, error, headers } of [query, body]) {
      expect([status, error, cors(headers)]).toEqual([400, NOT_ALLOWED, CORS]);
      expect(headers.has('x-openwhisk-activation-id')).toBe(false);
    }
    expect(web.api.jobs).toEqual([]);
  });

  test('is a final parameter over query and body: 400, unless it waits for a value', async () => {
    const parameters = [
      { key: 'x', value: 1 },
      { key: 'open', value: null },
    ];
    await web.put(guest, 'fixed', { final: true }, { parameters });
    expect((await web.ask('guest/default/fixed?x=2')).error).toBe(NOT_ALLOWED);
    expect((await web.ask('guest/default/fixed', { headers: JSON_TYPE, body: '{"x":2}' })).error).toBe(NOT_ALLOWED);
    expect((await web.ask('guest/default/fixed?open=2')).status).toBe(204);
    expect(web.args).toMatchObject({ x: 1, open: '2' });
  });
});

describe('who may call what (WEB-15, WEB-16, REST-08, ERR-15, PAR-06)', () => {
  test.each([[false], ['true'], [1], [null], ['yes']])(
    'an action that is exported by %p is not there',
    async (value) => {
      await web.put(guest, 'echo', { 'web-export': value });
      const { status, error, headers } = await web.ask('guest/default/echo');
      expect([status, error, cors(headers)]).toEqual([404, NOT_THERE, {}]);
    },
  );

  test.each([
    'nobody/default/echo',
    'guest/default/none',
    'guest/none/echo',
    'guest/echo/echo',
    'guest/default/echo.nope',
  ])('%s is not there, for no method and with no key', async (path) => {
    for (const method of ['GET', 'POST', 'OPTIONS']) {
      const { status, text, headers } = await web.ask(path, { method, headers: { authorization: guest } });
      const id = headers.get('x-request-id');
      expect([status, text]).toEqual([404, `{\n  "code": "${id}",\n  "error": "${NOT_THERE}"\n}`]);
      expect(cors(headers)).toEqual({});
    }
  });

  test.each(['', 'guest', 'guest/default'])('%p is no web path: 401, or 404 with a key', async (path) => {
    expect((await web.ask(path)).status).toBe(401);
    expect((await web.ask(path, { headers: { authorization: guest } })).status).toBe(404);
  });

  const secrets: [unknown, string | undefined, number][] = [
    [true, undefined, 401],
    [false, undefined, 204],
    ['secret', undefined, 401],
    ['secret', 'Secret', 401],
    ['secret', 'secret', 204],
    [42, '42', 204],
    [42, '43', 401],
    [null, 'null', 401],
    [{}, 'x', 401],
    ['', '', 204],
  ];
  test.each(secrets)('require-whisk-auth %p with %p is %p', async (required, given, status) => {
    await web.put(guest, 'echo', { 'require-whisk-auth': required as string });
    const answer = await web.ask(
      'guest/default/echo',
      given === undefined ? {} : { headers: { 'X-Require-Whisk-Auth': given } },
    );
    expect([answer.status, cors(answer.headers)]).toEqual([status, CORS]);
    expect(web.api.jobs).toHaveLength(status === 204 ? 1 : 0);
    if (status === 401) expect([answer.error, answer.headers.has('www-authenticate')]).toEqual([NEEDS_KEY, false]);
  });

  test('require-whisk-auth true lets in every key of ours, and no other', async () => {
    await web.put(guest, 'echo', { 'require-whisk-auth': true });
    const other = await web.api.addSubject('other');
    const ask = async (authorization: string) =>
      (await web.ask('guest/default/echo', { headers: { authorization } })).status;
    expect([await ask(guest), await ask(other), await ask('Bearer x'), await ask(`Basic ${btoa('x:y')}`)]).toEqual([
      204, 204, 401, 401,
    ]);
  });

  test('an action in a private package is there for all, when it is exported', async () => {
    await web.api.call('PUT', '/api/v1/namespaces/_/packages/private', guest, {});
    await web.put(guest, 'private/a');
    expect((await web.ask('guest/private/a')).status).toBe(204);
  });

  test("a binding lends another's public package (PKG-06); when that becomes private, it is 403", async () => {
    const other = await web.api.addSubject('other');
    const share = (publish: boolean) =>
      web.api.call('PUT', '/api/v1/namespaces/_/packages/shared?overwrite=true', other, { publish });
    await share(true);
    await web.put(other, 'shared/a');
    const binding = { namespace: 'other', name: 'shared' };
    await web.api.call('PUT', '/api/v1/namespaces/_/packages/bound', guest, { binding });
    expect((await web.ask('guest/bound/a')).status).toBe(204);
    expect(web.api.jobs.at(-1)?.namespace).toBe('guest');
    await share(false);
    expect((await web.ask('guest/bound/a')).status).toBe(403);
    expect((await web.ask('other/shared/a')).status).toBe(204);
  });
});

describe('the owner (WEB-18)', () => {
  test('is whom the action runs for, whoever calls', async () => {
    const other = await web.api.addSubject('other');
    const { headers } = await web.ask('guest/default/echo', { headers: { authorization: other } });
    const id = headers.get('x-openwhisk-activation-id') as string;
    const record = await web.api.call('GET', `/api/v1/namespaces/_/activations/${id}`, guest);
    expect([record.status, record.json.subject, record.json.namespace]).toEqual([200, 'guest', 'guest']);
  });

  test('is charged, and throttled with 429; for what is answered without the action nobody is', async () => {
    web = new TestWeb({ invocationsPerMinute: 2 });
    guest = await web.api.addSubject('guest');
    await web.put(guest, 'echo');
    await web.ask('guest/default/echo', { method: 'OPTIONS' });
    expect((await web.ask('guest/default/echo')).status).toBe(204);
    expect((await web.ask('guest/default/echo')).status).toBe(204);
    const { status, error, headers } = await web.ask('guest/default/echo');
    expect([status, error]).toEqual([429, 'Too many requests in the last minute (count: 3, allowed: 2).']);
    expect(Number(headers.get('retry-after'))).toBeGreaterThan(0);
    expect(cors(headers)).toEqual({});
  });

  test('decides by his limits how large a body may be: 413, with and without a declared length', async () => {
    const small = await web.api.addSubject('small', { maxPayloadSize: '10 B' });
    await web.put(small, 'echo');
    const headers = { 'content-type': 'text/plain' };
    const ask = (size: number, more: Record<string, string> = {}) =>
      web.ask('small/default/echo', { headers: { ...headers, ...more }, body: 'x'.repeat(size) });
    expect((await ask(10)).status).toBe(204);
    for (const more of [{}, { 'content-length': '11' }]) {
      const { status, error } = await ask(11, more);
      expect([status, error]).toEqual([413, 'Request larger than allowed: 11 > 10 bytes.']);
    }
    expect(web.api.jobs).toHaveLength(1);
  });

  test('who is blocked has no web actions, once what was remembered is forgotten', async () => {
    expect((await web.ask('guest/default/echo')).status).toBe(204);
    const { subjects } = web.api.store;
    const found = await subjects.get('guest');
    await subjects.put({ ...(found?.subject as NonNullable<typeof found>['subject']), blocked: true }, found?.rev);
    expect((await web.ask('guest/default/echo')).status).toBe(204);
    web.api.authenticator.forget();
    expect((await web.ask('guest/default/echo')).status).toBe(404);
  });
});

describe('CORS (WEB-17)', () => {
  test('OPTIONS is answered without the action, and without a secret', async () => {
    await web.put(guest, 'echo', { 'require-whisk-auth': true });
    const { status, text, headers } = await web.ask('guest/default/echo.json', { method: 'OPTIONS' });
    expect([status, text, cors(headers), web.api.jobs.length]).toEqual([200, '', CORS, 0]);
  });

  test('allows the headers that are asked for', async () => {
    const headers = { 'Access-Control-Request-Headers': 'x-a, x-b' };
    for (const method of ['OPTIONS', 'GET']) {
      const answer = await web.ask('guest/default/echo.json', { method, headers });
      expect(cors(answer.headers)).toEqual({ ...CORS, 'access-control-allow-headers': 'x-a, x-b' });
    }
  });

  test('web-custom-options leaves it to the action, also without the secret that other methods need', async () => {
    await web.put(guest, 'echo', { 'web-custom-options': true, 'require-whisk-auth': true });
    web.api.act = () => '{"headers":{"Access-Control-Allow-Methods":"OPTIONS, GET"},"statusCode":200}';
    const { status, headers } = await web.ask('guest/default/echo', { method: 'OPTIONS' });
    expect([status, cors(headers)]).toEqual([200, { 'access-control-allow-methods': 'OPTIONS, GET' }]);
    expect(web.args.__ow_method).toBe('options');
    const refused = await web.ask('guest/default/echo');
    expect([refused.status, cors(refused.headers)]).toEqual([401, {}]);
  });

  test('headers of the action take the place of those by default', async () => {
    web.api.act = () => '{"headers":{"access-control-allow-origin":"https://a.example","Vary":"Origin"}}';
    const { headers } = await web.ask('guest/default/echo');
    expect(cors(headers)).toEqual({ ...CORS, 'access-control-allow-origin': 'https://a.example' });
    expect(headers.get('vary')).toBe('Origin');
  });
});

describe('the answer', () => {
  const outcome = (response: Response): Outcome => ({
    ...{ response, logs: [], start: 1, end: 2, waitMs: 0, timedOut: false },
  });

  test('has the ids of activation and request, and is what the action makes it', async () => {
    const result = { statusCode: 201, headers: { 'x-a': 'b', 'Set-Cookie': ['a=1', 'b=2'] }, body: 'hi <b>' };
    web.api.act = () => JSON.stringify(result);
    const { status, headers, text } = await web.ask('guest/default/echo', { headers: { 'x-request-id': 'mine' } });
    expect([status, text, headers.get('content-type')]).toEqual([201, 'hi <b>', 'text/html; charset=UTF-8']);
    expect([headers.get('x-a'), headers.getSetCookie()]).toEqual(['b', ['a=1', 'b=2']]);
    expect(headers.get('x-openwhisk-activation-id')).toBe(web.api.jobs[0]?.activationId as string);
    expect(headers.get('x-request-id')).toBe('mine');
    expect(cors(headers)).toEqual(CORS);
  });

  test('may be binary', async () => {
    web.api.act = () => JSON.stringify({ headers: { 'content-type': 'image/png' }, body: '/wD+' });
    expect((await web.ask('guest/default/echo')).bytes).toEqual(Buffer.from([255, 0, 254]));
  });

  test.each([204, 205, 304])('of status %p has no body, whatever the action says', async (statusCode) => {
    web.api.act = () => JSON.stringify({ statusCode, body: 'text', headers: { etag: 'x' } });
    const { status, text, headers } = await web.ask('guest/default/echo');
    expect([status, text, headers.get('content-type'), headers.get('etag')]).toEqual([statusCode, '', null, 'x']);
  });

  test('to HEAD has its length, and no body', async () => {
    web.api.act = () => '{"body":"grüße"}';
    const { status, text, headers } = await web.ask('guest/default/echo', { method: 'HEAD' });
    expect([status, text, headers.get('content-length')]).toEqual([200, '', '7']);
  });

  test("of an action's own error is made of the error (WEB-12)", async () => {
    web.api.act = () => '{"error":{"statusCode":404,"body":"no such page"}}';
    const html = await web.ask('guest/default/echo');
    expect([html.status, html.text]).toEqual([404, 'no such page']);
    web.api.act = () => '{"error":"a text"}';
    const json = await web.ask('guest/default/echo.json');
    expect([json.status, json.error]).toEqual([400, "Response is not valid 'application/json'."]);
    expect((await web.ask('guest/default/echo.text')).text).toBe('a text');
  });

  test.each([
    ['broken code', developerError('it threw')],
    ['a broken node', whiskError('no container')],
  ])('of %s is 400, and tells no more (WEB-13)', async (_who, response) => {
    web.api.act = () => outcome(response);
    for (const extension of ['http', 'json', 'html', 'svg', 'text']) {
      const { status, error, headers } = await web.ask(`guest/default/echo.${extension}`);
      expect([status, error, cors(headers)]).toEqual([400, 'There was an error processing your request.', CORS]);
      expect(headers.get('x-openwhisk-activation-id')).toMatch(/^[0-9a-f]{32}$/);
    }
  });

  test('that does not come in time is 202 with the id (WEB-14, WEB-19)', async () => {
    web = new TestWeb({}, { maxWaitMs: 1 });
    guest = await web.api.addSubject('guest');
    await web.put(guest, 'slow');
    const { promise, resolve } = Promise.withResolvers<string>();
    web.api.act = () => promise;
    const { status, error, headers } = await web.ask('guest/default/slow');
    expect([status, error, cors(headers)]).toEqual([202, 'Response not yet ready.', CORS]);
    expect(headers.get('x-openwhisk-activation-id')).toBe(web.api.jobs[0]?.activationId as string);
    resolve('{}');
  });

  test('while the node stops is 503', async () => {
    web.api.isDraining = true;
    const { status, headers } = await web.ask('guest/default/echo');
    expect([status, cors(headers), web.api.jobs.length]).toEqual([503, CORS, 0]);
  });

  test('when we are at fault is 500, and the log has the story', async () => {
    const said: string[] = [];
    web.api.events.said.subscribe(({ text }) => said.push(text));
    web.api.store.subjects.find = () => Promise.reject(new Error('the disk is gone'));
    const { status, error } = await web.ask('guest/default/echo');
    expect([status, error]).toEqual([500, 'There was an internal server error.']);
    expect(said.join()).toContain('the disk is gone');
  });
});

describe('hosts of namespaces (WEB-20)', () => {
  beforeEach(async () => {
    web = new TestWeb({}, { domain: 'example.com' });
    guest = await web.api.addSubject('guest');
    await web.api.call('PUT', '/api/v1/namespaces/_/packages/public', guest, {});
    await web.put(guest, 'public/index');
  });

  test('lead to web actions, the bare host to public/index.html', async () => {
    web.api.act = ({ args }) => JSON.stringify({ html: (JSON.parse(args) as { __ow_path: string }).__ow_path });
    expect((await web.ask('http://guest.example.com/')).text).toBe('');
    expect((await web.ask('http://guest.example.com/public/index.html/a/b?c=d')).text).toBe('/a/b');
    expect(web.args).toMatchObject({ c: 'd' });
  });

  test('redirect to a package with its slash', async () => {
    const { status, headers } = await web.ask('http://guest.example.com/public?a=b');
    expect([status, headers.get('location')]).toEqual([308, '/public/?a=b']);
  });

  test('have nothing else: no API, and nothing of others', async () => {
    const paths = ['/api/v1/namespaces', '/metrics/x', '/ping/', '/%zz/a', '//evil.example/'];
    for (const path of paths) {
      const { status, error } = await web.ask(`http://guest.example.com${path}`, { headers: { authorization: guest } });
      expect([path, status, error]).toEqual([path, 404, NOT_THERE]);
    }
    expect((await web.ask('http://nobody.example.com/')).status).toBe(404);
  });

  test('are only below the domain: others are the API as ever', async () => {
    expect((await web.ask('http://example.com/ping')).text).toBe('pong');
    expect((await web.ask('http://guest.example.org/ping')).text).toBe('pong');
  });
});
