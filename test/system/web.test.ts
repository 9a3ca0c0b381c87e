import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { connect } from 'node:net';
import { type Ask, TestNode } from '../util/node.ts';

/** Web actions of a real node, over real connections: what HTTP itself has a part in. */

const node = new TestNode({ args: ['--web-domain', 'example.com', '--blocking-wait', '2 s'] });
beforeAll(() => node.start());
afterAll(() => node.end());

const code = {
  echo: 'function main(args) { return { body: args }; }',
  page: `function main({ name = 'nobody' }) {
    return { headers: { 'Set-Cookie': ['a=1; Path=/', 'b=2'], 'X-Many': [1, 'two'] }, body: '<h1>hello ' + name + '</h1>' };
  }`,
  shout: 'function main({ name }) { return { name: name.toUpperCase() }; }',
  picture: `function main() {
    return { headers: { 'Content-Type': 'image/gif', 'Cache-Control': 'max-age=60' },
             body: 'R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7' };
  }`,
  redirect: "function main() { return { headers: { location: '/ping' }, statusCode: 302 }; }",
  options: `function main({ __ow_method }) {
    return { headers: { 'Access-Control-Allow-Origin': 'https://a.example' }, body: __ow_method };
  }`,
  throws: "function main() { throw new Error('secret of the code'); }",
  fails: "function main() { return { error: { statusCode: 418, body: 'a teapot' } }; }",
  slow: 'function main() { return new Promise((resolve) => setTimeout(resolve, 4000, { body: 1 })); }',
  large: "function main({ size }) { return { body: { text: 'x'.repeat(Number(size)) } }; }",
};
const web = (more: object = {}) => ({
  annotations: Object.entries({ 'web-export': true, ...more }).map(([key, value]) => ({ key, value })),
});

beforeAll(async () => {
  for (const [name, source] of Object.entries(code)) await node.put(name, source, web());
  await node.put('raw', code.echo, web({ 'raw-http': true }));
  await node.put('options', code.options, web({ 'web-custom-options': true }));
});

/** As somebody without a key. */
function ask(method: string, path: string, more: Ask = {}) {
  return node.ask(method, `/api/v1/web/guest/default/${path}`, { key: null, ...more });
}

describe('a web action', () => {
  test('answers a browser: a page, cookies, and repeated headers', async () => {
    const { status, text, headers } = await ask('GET', 'page?name=you');
    expect([status, text, headers.get('content-type')]).toEqual([
      200,
      '<h1>hello you</h1>',
      'text/html; charset=UTF-8',
    ]);
    expect(headers.getSetCookie()).toEqual(['a=1; Path=/', 'b=2']);
    expect(headers.get('x-many')).toBe('1, two');
    expect(headers.get('access-control-allow-origin')).toBe('*');
  });

  test('answers bytes', async () => {
    const response = await fetch(`${node.address}/api/v1/web/guest/default/picture`);
    const bytes = Buffer.from(await response.arrayBuffer());
    expect(bytes.subarray(0, 6).toString()).toBe('GIF89a');
    expect([response.headers.get('content-type'), response.headers.get('cache-control'), bytes.length]).toEqual([
      'image/gif',
      'max-age=60',
      42,
    ]);
  });

  test('redirects', async () => {
    const path = `${node.address}/api/v1/web/guest/default/redirect`;
    const response = await fetch(path, { redirect: 'manual' });
    expect([response.status, response.headers.get('location'), await response.text()]).toEqual([302, '/ping', '']);
    expect(await (await fetch(path)).text()).toBe('pong');
  });

  test('gets bytes, forms and JSON as each should come (WEB-04)', async () => {
    const bytes = Uint8Array.from([0, 255, 13, 10, 128]);
    const post = async (body: Uint8Array<ArrayBuffer> | FormData | URLSearchParams, path = 'echo') =>
      (await (await fetch(`${node.address}/api/v1/web/guest/default/${path}`, { method: 'POST', body })).json()) as {
        readonly [key: string]: string;
      };
    expect((await post(bytes)).__ow_body).toBe(Buffer.from(bytes).toString('base64'));
    expect(await post(new URLSearchParams({ a: 'b c' }))).toMatchObject({ a: 'b c' });
    const form = new FormData();
    form.set('file', new Blob(['text'], { type: 'text/plain' }), 'a.txt');
    expect(Buffer.from((await post(form)).__ow_body as string, 'base64').toString()).toContain('filename="a.txt"');
    const { json } = await ask('POST', 'raw?q=1', { body: { a: 1 } });
    expect([json.__ow_query, atob(json.__ow_body)]).toEqual(['q=1', '{"a":1}']);
  });

  test('tells HEAD all but the body', async () => {
    const get = await ask('GET', 'page');
    const head = await ask('HEAD', 'page');
    expect([head.status, head.text, head.headers.get('content-length')]).toEqual([
      200,
      '',
      get.headers.get('content-length'),
    ]);
  });

  test('answers OPTIONS itself only where it wants to', async () => {
    const without = await ask('OPTIONS', 'page', { headers: { 'access-control-request-headers': 'x-a' } });
    expect([without.status, without.text, without.headers.get('access-control-allow-headers')]).toEqual([
      200,
      '',
      'x-a',
    ]);
    const own = await ask('OPTIONS', 'options');
    expect([
      own.text,
      own.headers.get('access-control-allow-origin'),
      own.headers.get('access-control-allow-methods'),
    ]).toEqual(['options', 'https://a.example', null]);
  });

  test('that fails is told of to its owner, not to the web', async () => {
    const { status, text, headers } = await ask('GET', 'throws');
    expect(status).toBe(400);
    expect(text).not.toContain('secret');
    const id = headers.get('x-openwhisk-activation-id');
    const record = await node.ask('GET', `activations/${id}`);
    expect(record.json.response.result.error).toContain('secret of the code');
    expect((await ask('GET', 'fails')).text).toBe('a teapot');
  });

  test('that takes too long is answered 202 with the id of a record to come', async () => {
    const { status, json, headers } = await ask('GET', 'slow');
    expect([status, json.error]).toEqual([202, 'Response not yet ready.']);
    expect(headers.get('x-openwhisk-activation-id')).toMatch(/^[0-9a-f]{32}$/);
  });

  test('may answer and be sent all that the limits allow, and no more', async () => {
    const big = await ask('GET', 'large.json?size=1000000');
    expect([big.status, big.json.body.text.length]).toEqual([200, 1_000_000]);
    const text = { 'content-type': 'text/plain' };
    const sent = await ask('POST', 'large?size=1', { body: 'x'.repeat(1024 * 1024), headers: text });
    expect(sent.status).toBe(200);
    const refused = await ask('POST', 'large?size=1', { body: 'x'.repeat(1024 * 1024 + 1), headers: text });
    expect([refused.status, refused.json.error]).toEqual([
      413,
      'Request larger than allowed: 1048577 > 1048576 bytes.',
    ]);
  });

  test('is not begun for a body without an end: 413 while it is still coming', async () => {
    const chunk = 'x'.repeat(65_536);
    const body = new ReadableStream({
      pull: (controller) => controller.enqueue(new TextEncoder().encode(chunk)),
    });
    const response = await fetch(`${node.address}/api/v1/web/guest/default/echo`, { method: 'POST', body });
    expect(response.status).toBe(413);
    await response.body?.cancel();
  });

  test('leaves the node in good health when its caller goes away in the middle of a body', async () => {
    const { port } = new URL(node.address);
    const socket = connect(Number(port), '127.0.0.1');
    await new Promise((resolve) => socket.once('connect', resolve));
    socket.write('POST /api/v1/web/guest/default/echo HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nhalf');
    socket.destroy();
    expect((await ask('GET', 'page')).status).toBe(200);
  });
});

describe('a sequence', () => {
  test('is a web action as any other', async () => {
    const exec = { kind: 'sequence', components: ['/_/shout', '/_/page'] };
    const body = { exec, ...web() };
    expect((await node.ask('PUT', 'actions/both', { body })).status).toBe(200);
    expect((await ask('GET', 'both?name=you')).text).toBe('<h1>hello YOU</h1>');
  });
});

describe('the host of a namespace (WEB-20)', () => {
  const at = (path: string) => node.ask('GET', path, { key: null, headers: { host: 'guest.example.com' } });

  test('leads to its web actions', async () => {
    await node.ask('PUT', 'packages/public', { body: {} });
    await node.put('public/index', 'function main({ __ow_headers }) { return { html: __ow_headers.host }; }', web());
    expect((await at('/')).text).toBe('guest.example.com');
    expect((await at('/default/page.http?name=you')).text).toBe('<h1>hello you</h1>');
    expect((await at('/api/v1/namespaces')).status).toBe(404);
  });
});
