import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { GUEST_KEY, TestNode } from '../util/node.ts';
import { until } from '../util/until.ts';

/** Two namespaces on one node: what is guest's, alice can neither read, change, run, guess nor hold up, unless it is published. */

const alice = `11111111-2222-4333-8444-555555555555:${'a'.repeat(64)}`;
const USERS = ['--users', `alice=${alice}`];
const echo = 'function main(args) { return args; }';
const counter = 'let n = 0; function main() { return { n: ++n }; }';

const node = new TestNode({ args: [...USERS, '--log-level', 'warn'] });
const put = (path: string, body: object, key?: string) =>
  node.ask('PUT', `${path}?overwrite=true`, { body, ...(key && { key }) });
const code = (source: string) => ({ exec: { kind: 'nodejs:default', code: source } });
/** What alice is told about something of guest's, with the name of what she asked for left out. */
async function told(method: string, path: string, body?: object) {
  const whole = `/api/v1/namespaces/guest/${path}`;
  const answer = await node.ask(method, whole, { key: alice, ...(body && { body }) });
  return [answer.status, answer.json?.error?.replace(/'guest\/?[^']*'/, "'…'")];
}
const NOT_AUTHORIZED = [403, "The supplied authentication is not authorized to access '…'."];

let activationId: string;
beforeAll(async () => {
  await node.start();
  await put('packages/secret', { parameters: [{ key: 'password', value: 'hidden' }] });
  await put('packages/open', { publish: true });
  for (const name of ['plain', 'secret/act', 'open/act']) await put(`actions/${name}`, code(echo));
  await put('actions/open/counter', code(counter));
  await put('triggers/tick', {});
  await put('rules/each', { trigger: '/_/tick', action: '/_/plain' });
  activationId = (await node.invoke('plain', { secret: 'hidden' })).json.activationId;
});
afterAll(async () => {
  const { err } = await node.stop();
  await node.end();
  expect(err).toBe('');
});

describe('what belongs to somebody else', () => {
  const things = ['actions/plain', 'actions/secret/act', 'packages/secret', 'triggers/tick', 'rules/each'];
  const missing = (path: string) => path.replace(/\w+$/, 'none');
  const changed: Readonly<Record<string, object>> = {
    actions: code('function main() { return { mine: true }; }'),
    packages: { publish: true },
    triggers: { parameters: [] },
    rules: { status: 'inactive' },
  };

  test.each(things)(
    'cannot be read, changed, deleted or run, nor can it be told whether it is there: %s',
    async (path) => {
      const body = changed[path.split('/')[0] as string] as object;
      for (const method of ['GET', 'PUT', 'DELETE', ...(path.startsWith('packages') ? [] : ['POST'])]) {
        const sent = method === 'PUT' || method === 'POST' ? body : undefined;
        expect([method, ...(await told(method, path, sent))]).toEqual([method, ...NOT_AUTHORIZED]);
        expect([method, ...(await told(method, missing(path), sent))]).toEqual([method, ...NOT_AUTHORIZED]);
      }
      expect((await node.ask('GET', path)).json.version).toBe('0.0.1');
    },
  );

  test.each(['actions', 'triggers', 'rules', 'activations', 'limits', 'actions/secret/', 'activations?stream=true'])(
    'cannot be listed: %s',
    async (path) => {
      expect(await told('GET', path)).toEqual(NOT_AUTHORIZED);
    },
  );

  test('is listed as far as it is published, and counted so', async () => {
    const ask = (query: string) => node.ask('GET', `/api/v1/namespaces/guest/packages${query}`, { key: alice });
    expect((await ask('')).json.map(({ name }: { name: string }) => name)).toEqual(['open']);
    expect((await ask('?count=true')).json).toEqual({ packages: 1 });
  });

  test('cannot be reached through something of one’s own', async () => {
    for (const name of ['plain', 'secret/act', 'none', 'none/act']) {
      const components = [`/guest/${name}`];
      const sequence = await put('actions/mine', { exec: { kind: 'sequence', components } }, alice);
      expect([name, sequence.status]).toEqual([name, 403]);
      const rule = await put('rules/mine', { trigger: '/guest/tick', action: `/guest/${name}` }, alice);
      expect([name, rule.status]).toEqual([name, 403]);
    }
    for (const name of ['secret', 'none']) {
      const binding = await put('packages/mine', { binding: { namespace: 'guest', name } }, alice);
      expect([name, binding.status]).toEqual([name, 403]);
    }
    expect((await node.ask('GET', 'actions?limit=0', { key: alice })).json).toEqual([]);
  });

  test('cannot be reached through the web, where what is not exported is not there', async () => {
    const answers = await Promise.all(
      ['default/plain', 'secret/act', 'open/act', 'default/none', 'none/act'].map((path) =>
        node.ask('GET', `/api/v1/web/guest/${path}.json`, { key: alice }),
      ),
    );
    for (const { status, json } of answers) {
      expect([status, json.error]).toEqual([404, 'The requested resource does not exist.']);
    }
  });
});

describe('an activation of somebody else', () => {
  test('cannot be read by who knows its id, in no namespace', async () => {
    for (const part of ['', '/logs', '/result']) {
      expect(await told('GET', `activations/${activationId}${part}`)).toEqual(NOT_AUTHORIZED);
      const own = await node.ask('GET', `activations/${activationId}${part}`, { key: alice });
      const none = await node.ask('GET', `activations/${'0'.repeat(32)}${part}`, { key: alice });
      expect([own.status, own.json.error]).toEqual([404, 'The requested resource does not exist.']);
      expect([none.status, none.json.error]).toEqual([own.status, own.json.error]);
    }
    expect((await node.ask('GET', `activations/${activationId}`)).status).toBe(200);
  });

  test('cannot be read while it runs, either', async () => {
    await node.put('slow', 'function main(args) { return new Promise((done) => setTimeout(done, 500, args)); }');
    const { json } = await node.ask('POST', 'actions/slow', { body: { secret: 'hidden' } });
    expect((await node.ask('GET', `activations/${json.activationId}`)).status).toBe(202);
    expect((await node.ask('GET', `activations/${json.activationId}`, { key: alice })).status).toBe(404);
    expect(await told('GET', `activations/${json.activationId}`)).toEqual(NOT_AUTHORIZED);
  });

  test('is in no list and no stream of one’s own', async () => {
    const stop = new AbortController();
    const headers = { authorization: `Basic ${btoa(alice)}` };
    const url = `${node.address}/api/v1/namespaces/_/activations?stream=true&since=0`;
    const stream = await fetch(url, { headers, signal: stop.signal });
    let seen = '';
    const reading = stream.body?.pipeThrough(new TextDecoderStream()).pipeTo(
      new WritableStream({
        write: (chunk) => {
          seen += chunk;
        },
      }),
    );
    await node.invoke('plain', { secret: 'hidden' });
    const own = await node.ask('POST', '/api/v1/namespaces/guest/actions/open/act?blocking=true', {
      key: alice,
      body: {},
    });
    await until('her own is in the stream', () => seen.includes(own.json.activationId));
    stop.abort();
    await reading?.catch(() => undefined);
    expect(seen).not.toContain('hidden');
    const { json } = await node.ask('GET', 'activations?docs=true&limit=0', { key: alice });
    expect(json.map((each: { subject: string }) => each.subject)).toEqual(['alice']);
  });
});

describe('what is published (PKG-04, ACT-18, TRAP-17)', () => {
  const invoke = (name: string, key?: string) =>
    node.ask('POST', `/api/v1/namespaces/guest/actions/open/${name}?blocking=true`, { body: {}, ...(key && { key }) });

  test('is run by others in containers, and recorded in the namespace, of their own', async () => {
    const own = [await invoke('counter'), await invoke('counter')].map(({ json }) => json.response.result.n);
    const other = await invoke('counter', alice);
    expect([own, other.json.response.result.n]).toEqual([[1, 2], 1]);
    expect(other.json).toMatchObject({ namespace: 'alice', subject: 'alice' });
    expect((await node.ask('GET', `activations/${other.json.activationId}`)).status).toBe(404);
    expect((await node.ask('GET', `activations/${other.json.activationId}`, { key: alice })).status).toBe(200);
  });

  test('cannot be changed by others', async () => {
    for (const [method, path, body] of [
      ['PUT', 'actions/open/act?overwrite=true', code(echo)],
      ['PUT', 'actions/open/new', code(echo)],
      ['DELETE', 'actions/open/act', undefined],
      ['PUT', 'packages/open?overwrite=true', { publish: false }],
      ['DELETE', 'packages/open?force=true', undefined],
    ] as const) {
      expect([method, path, ...(await told(method, path, body))]).toEqual([method, path, ...NOT_AUTHORIZED]);
    }
  });
});

test('half a key opens nothing, and tells not which half was right', async () => {
  const [guestId, guestKey] = GUEST_KEY.split(':') as [string, string];
  const [aliceId, aliceKey] = alice.split(':') as [string, string];
  const pairs = [
    [guestId, aliceKey],
    [aliceId, guestKey],
    [guestId, ''],
    [guestId, guestKey.slice(0, -1)],
    ['00000000-0000-0000-0000-000000000000', guestKey],
  ];
  for (const [id, key] of pairs) {
    const { status, json } = await node.ask('GET', 'actions', { key: `${id}:${key}` });
    expect([status, json.error]).toEqual([401, 'The supplied authentication is invalid']);
  }
});

describe('a tenant that floods the node', () => {
  test('is refused what is too much, and nobody else is', async () => {
    await using small = new TestNode({ args: [...USERS, '--limits-concurrent-invocations', '4'] });
    await small.start();
    await small.put('slow', 'function main() { return new Promise((done) => setTimeout(done, 1000, {})); }');
    await small.ask('PUT', 'actions/quick', { body: code(echo), key: alice });
    const flood = await Promise.all(Array.from({ length: 20 }, () => small.ask('POST', 'actions/slow')));
    expect(flood.filter(({ status }) => status === 202)).toHaveLength(4);
    expect(flood.filter(({ status }) => status === 429)).toHaveLength(16);
    const { status } = await small.ask('POST', 'actions/quick?blocking=true', { key: alice });
    expect(status).toBe(200);
  });

  test('with slow calls does not stop the warm calls of others', async () => {
    await using small = new TestNode({ args: [...USERS, '--pool-memory', '512 MB', '--stem-cells', '0'] });
    await small.start();
    await small.put('slow', 'function main() { return new Promise((done) => setTimeout(done, 1000, {})); }');
    await small.ask('PUT', 'actions/quick', { body: code(echo), key: alice });
    const quick = () => small.ask('POST', 'actions/quick?blocking=true', { key: alice });
    expect((await quick()).status).toBe(200);
    await Promise.all(Array.from({ length: 10 }, () => small.ask('POST', 'actions/slow')));
    const began = performance.now();
    expect((await quick()).status).toBe(200);
    expect(performance.now() - began).toBeLessThan(2_500);
  });
});
