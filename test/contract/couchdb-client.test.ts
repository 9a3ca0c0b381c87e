import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { createServer, type Server } from 'node:net';
import { CouchClient, CouchError, type CouchOptions, docPath } from '../../src/store/couchdb/client.ts';
import { StoreUnavailable } from '../../src/store/store.ts';
import { errorOf } from '../util/errors.ts';
import { need } from '../util/need.ts';
import { until } from '../util/until.ts';

/** The client against servers that do what servers do when all goes wrong. */

const ownFetch = globalThis.fetch;

/** A server that answers each request with this, byte by byte as it stands. */
async function raw(
  answer: string,
  end: 'end' | 'reset' | 'keep',
): Promise<{ url: string; requests: string[]; server: Server }> {
  const requests: string[] = [];
  const server = createServer((socket) => {
    socket.on('error', () => undefined);
    socket.once('data', (data) => {
      requests.push(data.toString());
      socket.write(answer);
      if (end === 'end') socket.end();
      if (end === 'reset') setTimeout(() => socket.resetAndDestroy(), 20);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { url: `http://127.0.0.1:${(server.address() as { port: number }).port}`, requests, server };
}

async function on<T>(
  answer: string,
  end: 'end' | 'reset' | 'keep',
  work: (client: CouchClient, requests: string[]) => Promise<T>,
  options: Partial<CouchOptions> = {},
): Promise<T> {
  const { url, requests, server } = await raw(answer, end);
  const client = new CouchClient({ url, timeoutMs: 300, ...options });
  try {
    return await work(client, requests);
  } finally {
    client.close();
    server.close();
  }
}

const json = (status: string, body: string, length = body.length) =>
  `HTTP/1.1 ${status}\r\nContent-Type: application/json\r\nContent-Length: ${length}\r\n\r\n${body}`;

describe('the client of CouchDB', () => {
  test('takes an answer that breaks off for none, and leaves no rejection behind', async () => {
    await on(json('200 OK', '{"a":1', 100), 'reset', async (client) => {
      expect(await errorOf(client.request({ db: 'x' }))).toBeInstanceOf(StoreUnavailable);
      await until('it is known', () => client.away !== undefined);
      expect(client.away).toStartWith('CouchDB at http://127.0.0.1:');
    });
    await Bun.sleep(50);
  });

  test('takes an answer that is no JSON for none: it is somebody else who answers', async () => {
    await on(json('200 OK', '<html>log in here</html>'), 'end', async (client) => {
      expect(await errorOf(client.request({ db: 'x' }))).toBeInstanceOf(StoreUnavailable);
    });
  });

  test('does not wait longer than its deadline, and does not ask again for a moment when nobody is there', async () => {
    await on('', 'keep', async (client, requests) => {
      const began = performance.now();
      const late = await errorOf(client.request({ db: 'x' }));
      expect(late).toMatchObject({ name: 'StoreUnavailable', isUncertain: false });
      expect(performance.now() - began).toBeLessThan(1500);
      await until('it is known that nobody is there', () => client.away !== undefined);
      const before = requests.length;
      expect(await errorOf(client.request({ db: 'x' }))).toBeInstanceOf(StoreUnavailable);
      expect(requests).toHaveLength(before);
      await errorOf(client.request({ db: 'x', insists: true }));
      expect(requests.length).toBeGreaterThan(before);
    });
  });

  test('does not take a server for away because one request is late or fails', async () => {
    const never = Promise.withResolvers<Response>();
    const server = Bun.serve({
      port: 0,
      hostname: '127.0.0.1',
      fetch(request) {
        const { pathname } = new URL(request.url);
        if (pathname === '/slow') return never.promise;
        return pathname === '/broken'
          ? Response.json({ reason: 'crash' }, { status: 500 })
          : Response.json({ ok: true });
      },
    });
    const client = new CouchClient({ url: server.url.href, timeoutMs: 300 });
    for (const db of ['slow', 'broken']) {
      expect(await errorOf(client.request({ db }))).toBeInstanceOf(StoreUnavailable);
      expect(await client.request<object>({ db: 'quick' })).toEqual({ ok: true });
      expect(client.away).toBeUndefined();
    }
    client.close();
    await server.stop(true);
  });

  test('takes a key that was right once, and is refused now, for trouble that may pass', async () => {
    await on(json('401 Unauthorized', '{"reason":"Name or password is incorrect."}'), 'end', async (client) => {
      expect(await errorOf(client.request({ db: 'x' }))).toBeInstanceOf(CouchError);
      client.accepted();
      expect(await errorOf(client.request({ method: 'PUT', db: 'x' }))).toMatchObject({ isUncertain: false });
      expect(client.away).toContain('Name or password is incorrect.');
    });
  });

  test('says of a write that was not answered that it may have been done', async () => {
    await on('', 'keep', async (client) => {
      const error = await errorOf(client.request({ method: 'PUT', db: 'x', path: 'a', body: {} }));
      expect(error).toMatchObject({ name: 'StoreUnavailable', isUncertain: true });
    });
    const nobody = new CouchClient({ url: 'http://127.0.0.1:1', timeoutMs: 1000 });
    const error = await errorOf(nobody.request({ method: 'PUT', db: 'x', path: 'a', body: {} }));
    expect(error).toMatchObject({ name: 'StoreUnavailable', isUncertain: false });
  });

  test.each([
    ['500 Internal Server Error', StoreUnavailable],
    ['503 Service Unavailable', StoreUnavailable],
    ['429 Too Many Requests', StoreUnavailable],
    ['409 Conflict', CouchError],
    ['401 Unauthorized', CouchError],
  ])('takes %s for a reason to try again, or for a no', async (status, kind) => {
    await on(json(status, '{"error":"e","reason":"because"}'), 'end', async (client) => {
      const error = await errorOf(client.request({ db: 'x' }));
      expect(error).toBeInstanceOf(kind as never);
      expect((error as Error).message).toContain('because');
      if (kind === CouchError) expect(client.away).toBeUndefined();
      else await until('it is known', () => client.away !== undefined);
    });
  });

  test('finds nothing where there is nothing', async () => {
    await on(json('404 Object Not Found', '{"error":"not_found","reason":"missing"}'), 'end', async (client) => {
      expect(await client.find({ db: 'x', path: 'a' })).toBeUndefined();
    });
  });

  test('sends the key that stands in the address, and shows the address without it', async () => {
    const { url, requests, server } = await raw(json('200 OK', '{}'), 'end');
    const client = new CouchClient({ url: url.replace('http://', 'http://ad%40min:s%3Acret@'), timeoutMs: 1000 });
    await client.request({ db: 'x' });
    expect(client.address).toBe(`${url}/`);
    expect(requests[0]?.toLowerCase()).toContain(`authorization: basic ${btoa('ad@min:s:cret')}`.toLowerCase());
    server.close();
  });

  test('takes ids with any sign for one part of the path', () => {
    expect(docPath('guest/my_local action?')).toBe('guest%2Fmy_local%20action%3F');
    expect(docPath('_design/whisks.v2.1.0')).toBe('_design/whisks.v2.1.0');
  });

  test('reads a feed piece by piece until it is told to stop', async () => {
    await on('HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n{"seq":1}\n', 'keep', async (client) => {
      const heard: string[] = [];
      const stop = new AbortController();
      const onText = (text: string) => heard.push(text);
      const ended = errorOf(client.follow({ db: 'x', path: '_changes' }, { onText, signal: stop.signal }));
      await until('something is heard', () => heard.length > 0);
      stop.abort();
      expect(await ended).toBeInstanceOf(StoreUnavailable);
      expect([heard.join(''), client.away]).toEqual(['{"seq":1}\n', undefined]);
    });
  });

  test('borrows the global fetch for no longer than its own call', async () => {
    const client = new CouchClient({ url: 'http://127.0.0.1:1', timeoutMs: 1000 });
    const asked = errorOf(client.request({ db: 'x' }));
    expect(globalThis.fetch).toBe(ownFetch);
    await asked;
  });
});

const openssl = need('openssl', Bun.which('openssl'));
if (openssl !== undefined) {
  describe('the client of a CouchDB behind TLS', () => {
    let server: ReturnType<typeof Bun.serve>;
    let ca: string;
    beforeAll(() => {
      const made = Bun.spawnSync([
        ...[openssl, 'req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'],
        ...['-keyout', '-', '-out', '-', '-days', '1', '-subj', '/CN=localhost'],
        ...['-addext', 'subjectAltName=IP:127.0.0.1'],
      ]);
      const pem = made.stdout.toString();
      ca = pem.slice(pem.indexOf('-----BEGIN CERTIFICATE-----'));
      const key = pem.slice(0, pem.indexOf('-----BEGIN CERTIFICATE-----'));
      server = Bun.serve({
        port: 0,
        hostname: '127.0.0.1',
        tls: { key, cert: ca },
        fetch: () => Response.json({ ok: true }),
      });
    });
    afterAll(() => server.stop(true));

    test('trusts the certificate that it is given, and no stranger', async () => {
      const url = `https://127.0.0.1:${server.port}`;
      const trusting = new CouchClient({ url, ca, timeoutMs: 2000 });
      expect(await trusting.request<{ ok: boolean }>({ db: 'x' })).toEqual({ ok: true });
      const careful = new CouchClient({ url, timeoutMs: 2000 });
      expect(await errorOf(careful.request({ db: 'x' }))).toBeInstanceOf(StoreUnavailable);
    });
  });
}
