import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { GUEST_KEY, TestNode } from '../util/node.ts';
import { connect } from '../util/raw-http.ts';
import { until } from '../util/until.ts';

/** Requests that are broken, too large or cut off: each gets a clear answer, and the node goes on. */

const node = new TestNode({ args: ['--limits-code-size', '1 MB'] });
const echo = 'function main(args) { return args; }';

beforeAll(async () => {
  await node.start();
  await node.put('echo', echo);
});
afterAll(async () => {
  expect((await node.invoke('echo', { fine: true })).json.response.result).toEqual({ fine: true });
  await node.end();
});

const MB = 1024 * 1024;
const invoke = (body: string, headers?: Record<string, string>) =>
  node.ask('POST', 'actions/echo?blocking=true', { body, ...(headers && { headers }) });

describe('a body that', () => {
  test.each([
    ['is no JSON', '{"a":', 400, /^The request content was malformed:\nUnexpected end-of-input at input index 5/],
    ['is an array', '[1]', 400, /^The request content was malformed:\nJSON object expected$/],
    ['is a text', '"a"', 400, /^The request content was malformed:\nJSON object expected$/],
    ['is null', 'null', 400, /^The request content was malformed:\nJSON object expected$/],
    ['is not UTF-8', '\ud800{', 400, /^The request content was malformed:/],
    ['is nested without end', '['.repeat(200_000), 400, /^The request content was malformed:/],
    ['is too large', JSON.stringify({ text: 'x'.repeat(MB) }), 413, /larger than allowed/],
  ])('%s is refused', async (_, body, status, sentence) => {
    const answer = await invoke(body);
    expect([answer.status, answer.json.error]).toEqual([status, expect.stringMatching(sentence)]);
    expect(answer.json.code).toBe(answer.headers.get('x-request-id'));
  });

  test('is of another type is refused', async () => {
    for (const type of ['text/plain', 'application/x-www-form-urlencoded', 'application/xml']) {
      const { status, json } = await invoke('a=1', { 'content-type': type });
      expect([status, json.error]).toEqual([
        415,
        `The request's Content-Type [${type}] is not supported. Expected:\napplication/json`,
      ]);
    }
  });

  test('is empty is an empty object (REST-11)', async () => {
    const { status, json } = await node.ask('POST', 'actions/echo?blocking=true');
    expect([status, json.response.result]).toEqual([200, {}]);
  });

  test('is just as large as it may be is taken (REST-12)', async () => {
    const text = 'x'.repeat(MB - '{"text":""}'.length);
    const { status, json } = await invoke(JSON.stringify({ text }));
    expect([status, json.response.result]).toEqual([200, { text }]);
  });

  test('has odd keys and values comes through as it is', async () => {
    const body =
      '{"__proto__":{"x":1},"constructor":1,"":2,"ü☃\\u0000":"\\ud83d\\ude00","n":1e400,"big":12345678901234567890}';
    const { json } = await invoke(body);
    expect(Object.keys(json.response.result).sort()).toEqual(Object.keys(JSON.parse(body)).sort());
    expect(json.response.result['ü☃\0']).toBe('😀');
  });

  test('holds code over the limit is refused (ACT-16, ERR-08, LIM-06)', async () => {
    const body = { exec: { kind: 'nodejs:default', code: `// ${'x'.repeat(MB)}\n${echo}` } };
    const { status, json } = await node.ask('PUT', 'actions/large', { body });
    expect([status, json.error]).toEqual([
      413,
      expect.stringMatching(/^exec larger than allowed: \d+ > 1048576 bytes\.$/),
    ]);
  });

  test('is far larger than anything that is taken is not even read (REST-12, ERR-08)', async () => {
    const connection = await connect(node.address);
    connection.write(
      `PUT /api/v1/namespaces/_/actions/huge HTTP/1.1\r\nHost: x\r\nAuthorization: Basic ${btoa(GUEST_KEY)}\r\n` +
        `Content-Type: application/json\r\nContent-Length: ${8 * 1024 * MB}\r\n\r\n{`,
    );
    await until('it is refused', () => connection.text.startsWith('HTTP/1.1 413'));
    connection.drop();
  });
});

describe('a client that', () => {
  const head = (length: number) =>
    `POST /api/v1/namespaces/_/actions/echo?blocking=true HTTP/1.1\r\nHost: x\r\nAuthorization: Basic ${btoa(GUEST_KEY)}\r\n` +
    `Content-Type: application/json\r\nContent-Length: ${length}\r\n\r\n`;

  const records = async () => (await node.ask('GET', 'activations?count=true')).json.activations as number;

  test('breaks off in the middle of its body invokes nothing', async () => {
    const before = await records();
    for (const part of ['', '{"a"', '{"a":1}']) {
      const connection = await connect(node.address);
      connection.write(head(100) + part);
      await Bun.sleep(10);
      connection.drop();
    }
    await invoke('{}');
    expect(await records()).toBe(before + 1);
  });

  test('speaks no HTTP is sent away', async () => {
    const connection = await connect(node.address);
    connection.write('\x16\x03\x01 hello\r\n\r\n');
    await connection.closed;
  });

  test('sends its body slowly is waited for (REST-13)', async () => {
    const connection = await connect(node.address);
    connection.write(head(7));
    for (const char of '{"a":1}') {
      await Bun.sleep(5);
      connection.write(char);
    }
    await until('it is answered', () => connection.text.includes('"result":{"a":1}'));
    connection.drop();
  });

  test('hangs up in a blocking call has its record nevertheless', async () => {
    await node.put('slow', 'function main({ id }) { return new Promise((r) => setTimeout(r, 300, { id })); }');
    const abort = new AbortController();
    const call = node.ask('POST', 'actions/slow?blocking=true', { body: { id: 'left' }, signal: abort.signal });
    await until('it runs', async () => (await node.pool()).active === 1);
    abort.abort();
    await call.catch(() => undefined);
    const find = async () => (await node.ask('GET', 'activations?name=slow&docs=true')).json;
    await until('the record is there', async () => (await find()).length === 1);
    expect((await find())[0].response).toMatchObject({ success: true, result: { id: 'left' } });
  });
});

describe('a name (ENT-01)', () => {
  test.each([
    ['a%20', 400],
    ['%20a', 400],
    ['-a', 400],
    ['a%00b', 400],
    ['a%0Ab', 400],
    ['%E2%98%83', 400],
    ['%F0%9F%98%80', 400],
    ['a*', 400],
    ["a'b", 400],
    ['a%22b', 400],
    ['%3Cscript%3E', 400],
    ['x'.repeat(257), 400],
    ['%', 400],
    ['%zz', 400],
    ['%FF', 400],
    ['..%2F..%2F..%2Fetc', 400],
    ['a;DROP TABLE entity', 400],
  ])('%s is refused by all operations', async (name, status) => {
    const body = { exec: { kind: 'nodejs:default', code: echo } };
    for (const [method, extra] of [
      ['PUT', { body }],
      ['GET', {}],
      ['DELETE', {}],
      ['POST', {}],
    ] as const) {
      const answer = await node.ask(method, `actions/${name}`, extra);
      expect([method, answer.status, answer.json?.error]).toEqual([method, status, expect.any(String)]);
    }
  });

  test.each(['constructor', '__proto__', 'toString', '_', '0', 'a.b', 'a@b', 'a b', 'ÄÖ', 'x'.repeat(256)])(
    '%s is like any other',
    async (name) => {
      const path = encodeURIComponent(name);
      expect((await node.ask('GET', `actions/${path}`)).status).toBe(404);
      await node.put(path, echo);
      expect((await node.invoke(path, { name })).json).toMatchObject({ name, response: { result: { name } } });
      expect((await node.ask('DELETE', `actions/${path}`)).status).toBe(200);
      expect((await node.ask('GET', `actions/${path}`)).status).toBe(404);
    },
  );
});

describe('a key', () => {
  test.each([
    ['none', {}],
    ['no Basic', { authorization: 'Bearer x' }],
    ['no base64', { authorization: 'Basic §§§' }],
    ['no colon', { authorization: `Basic ${btoa('abc')}` }],
    ['of somebody else', { authorization: `Basic ${btoa(`${GUEST_KEY.split(':')[0]}:${'x'.repeat(64)}`)}` }],
    ['with more at its end', { authorization: `Basic ${btoa(`${GUEST_KEY}x`)}` }],
  ])('that is %s opens nothing', async (_, headers) => {
    for (const path of ['actions', 'actions/echo', 'activations', 'limits', 'nowhere']) {
      const answer = await node.ask('GET', path, { key: null, headers: headers as Record<string, string> });
      expect(answer.status).toBe(401);
      expect(answer.headers.get('www-authenticate')).toStartWith('Basic realm=');
    }
  });
});
