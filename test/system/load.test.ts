import { afterAll, describe, expect, test } from 'bun:test';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Connection } from '../../src/load/connection.ts';
import { Line, NoAnswer } from '../../src/load/line.ts';
import { Crowd, callOneByOne } from '../../src/load/load.ts';
import { encodeRequest } from '../../src/load/request.ts';
import { need } from '../util/need.ts';
import { temporaryFolder } from '../util/whisklet.ts';

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
const openssl = need('openssl', Bun.which('openssl'));

/** A certificate for localhost that nobody vouches for. */
function selfSigned(): { cert: string; key: string } {
  const folder = temporaryFolder();
  const [cert, key] = [join(folder.path, 'cert.pem'), join(folder.path, 'key.pem')];
  const args = ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-subj', '/CN=localhost', '-days', '1'];
  const made = Bun.spawnSync(['openssl', ...args, '-keyout', key, '-out', cert]);
  if (made.exitCode !== 0) throw new Error(made.stderr.toString());
  const pair = { cert: readFileSync(cert, 'utf8'), key: readFileSync(key, 'utf8') };
  folder.remove();
  return pair;
}

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
    const nobody = `http://127.0.0.1:${port}`;
    await expect(Connection.open(nobody)).rejects.toThrow(`no connection to ${nobody}: `);
  });

  test('over which an answer came before all of the request was sent is used no more', async () => {
    const hasty = Bun.listen({
      ...{ hostname: '127.0.0.1', port: 0 },
      socket: {
        // One who reads no more has the rest of the request wait in the client.
        data: (socket) => {
          socket.pause();
          socket.write('HTTP/1.1 413 Too Large\r\nContent-Length: 0\r\n\r\n');
        },
      },
    });
    const connection = await Connection.open(`http://127.0.0.1:${hasty.port}`);
    expect((await connection.ask(post('/', 'x'.repeat(50_000_000)))).status).toBe(413);
    expect(connection.isOpen).toBe(false);
    connection.close();
    hasty.stop(true);
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

describe('a line', () => {
  test('is opened when it is needed, and again when the server has closed it', async () => {
    const line = new Line({ address, timeoutMs: 5_000 });
    expect((await line.ask(post('/', '{"n":1}'))).body.toString()).toBe('{"n":1}');
    line.close();
    expect((await line.ask(post('/', '{"n":2}'))).body.toString()).toBe('{"n":2}');
    line.close();
  });

  test('gives up what is not answered in time, and takes a late answer for nobody’s', async () => {
    const { promise: late, resolve: answerLate } = Promise.withResolvers<void>();
    let asked = 0;
    const slow = Bun.serve({
      hostname: '127.0.0.1',
      port: 0,
      async fetch() {
        if (++asked === 1) await late;
        return new Response(`answer ${asked}`);
      },
    });
    const line = new Line({ address: `http://127.0.0.1:${slow.port}`, timeoutMs: 50 });
    await expect(line.ask(post('/', '{}'))).rejects.toThrow(NoAnswer);
    answerLate();
    expect((await line.ask(post('/', '{}'))).body.toString()).toBe('answer 2');
    line.close();
    await slow.stop(true);
  });

  test('tells whoever waits for an answer when it is closed, and gives up a server that never takes part in TLS', async () => {
    const silent = Bun.listen({ hostname: '127.0.0.1', port: 0, socket: { data: () => undefined } });
    const host = `127.0.0.1:${silent.port}`;
    const line = new Line({ address: `http://${host}`, timeoutMs: 60_000 });
    await line.open();
    const answer = line.ask(post('/', '{}'));
    line.close();
    await expect(answer).rejects.toThrow('the connection was closed');
    await expect(new Line({ address: `https://${host}`, timeoutMs: 50 }).open()).rejects.toThrow('no connection to');
    silent.stop(true);
  });

  test.skipIf(!openssl)('over TLS asks only who the certificate names, unless it is told to ask anybody', async () => {
    const { cert, key } = selfSigned();
    const secure = Bun.serve({
      hostname: '127.0.0.1',
      port: 0,
      tls: { cert, key },
      fetch: () => new Response('hello'),
    });
    const at = { address: `https://localhost:${secure.port}`, timeoutMs: 5_000 };
    await expect(new Line(at).ask(post('/', '{}'))).rejects.toThrow(/self.signed/i);
    const line = new Line({ ...at, insecure: true });
    expect((await line.ask(post('/', '{}'))).body.toString()).toBe('hello');
    line.close();
    await secure.stop(true);
  });
});
