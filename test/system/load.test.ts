import { afterAll, describe, expect, test } from 'bun:test';
import { Connection } from '../../src/load/connection.ts';
import { Crowd, callOneByOne } from '../../src/load/load.ts';
import { encodeRequest } from '../../src/load/request.ts';

const server = Bun.serve({
  hostname: '127.0.0.1',
  port: 0,
  async fetch(request) {
    const { pathname } = new URL(request.url);
    if (pathname === '/broken') return new Response('no', { status: 500 });
    if (pathname === '/who') return new Response(request.headers.get('authorization'));
    return new Response(await request.text());
  },
});
const address = `http://127.0.0.1:${server.port}`;
const post = (path: string, body: string) => encodeRequest({ method: 'POST', path, body });
afterAll(() => server.stop(true));

describe('a connection', () => {
  test('asks again and again on the same socket', async () => {
    const connection = await Connection.open(address);
    const bodies = ['{}', '{"ä":"ö"}', 'x'.repeat(5_000_000)];
    for (const body of bodies) expect((await connection.ask(post('/', body))).body.toString()).toBe(body);
    connection.close();
  });

  test('sends the key as Basic authentication', async () => {
    const connection = await Connection.open(address);
    const { body } = await connection.ask(encodeRequest({ method: 'GET', path: '/who', auth: 'uuid:key' }));
    expect(body.toString()).toBe(`Basic ${btoa('uuid:key')}`);
    connection.close();
  });

  test('refuses a second request before the first is answered', async () => {
    const connection = await Connection.open(address);
    const first = connection.ask(post('/', '{}'));
    expect(() => connection.ask(post('/', '{}'))).toThrow('one request at a time');
    expect((await first).status).toBe(200);
    connection.close();
  });

  test('says so when nobody listens', async () => {
    const gone = Bun.serve({ hostname: '127.0.0.1', port: 0, fetch: () => new Response() });
    const { port } = gone;
    await gone.stop(true);
    await expect(Connection.open(`http://127.0.0.1:${port}`)).rejects.toThrow();
  });
});

describe('load', () => {
  test('counts every call once', async () => {
    const connection = await Connection.open(address);
    expect(await callOneByOne(connection, post('/', '{}'), 20)).toHaveLength(20);
    connection.close();
  });

  test('fails when an answer is not 200, rather than measure errors', async () => {
    const connection = await Connection.open(address);
    await expect(callOneByOne(connection, post('/broken', '{}'), 1)).rejects.toThrow('answered 500: no');
    connection.close();
  });

  test('of many connections is counted together', async () => {
    const crowd = await Crowd.open(address, 4);
    const { calls, perSecond } = await crowd.press(post('/', '{}'), 20);
    expect(calls).toBeGreaterThanOrEqual(4);
    expect(perSecond).toBeGreaterThan(0);
    crowd.close();
  });
});
