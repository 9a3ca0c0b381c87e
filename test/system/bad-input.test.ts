import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { need } from '../util/need.ts';
import { GUEST_KEY, TestNode } from '../util/node.ts';
import { findTool } from '../util/tools.ts';
import { until } from '../util/until.ts';

/** What is odd in names and bodies, and who writes at the same time: nothing is lost, nothing is mixed up, nothing is a fault. */

/** It keeps the digits of a number that JavaScript cannot hold. */
const python = need('python3', findTool('python3'));
const node = new TestNode({ args: ['--log-level', 'warn'] });
const echo = 'function main(args) { return args; }';
const action = { exec: { kind: 'nodejs:default', code: echo } };

beforeAll(async () => {
  await node.start();
  await node.put('echo', echo);
  await node.put('bound', echo, { parameters: [{ key: 'own', value: 12345678901234567890n.toString() }] });
  await node.ask('PUT', 'packages/tools', { body: {} });
});
afterAll(async () => {
  expect((await node.invoke('echo', { fine: true })).json.response.result).toEqual({ fine: true });
  const { err } = await node.stop();
  await node.end();
  expect(err).toBe('');
});

/** The path as it is: fetch would resolve dots before it sends them. */
async function raw(method: string, path: string, body?: object) {
  const text = body === undefined ? '' : JSON.stringify(body);
  const head = [
    `${method} /api/v1/namespaces/${path} HTTP/1.1`,
    ...['Host: x', `Authorization: Basic ${btoa(GUEST_KEY)}`, 'Connection: close', 'Content-Type: application/json'],
    `Content-Length: ${text.length}`,
  ];
  const ended = Promise.withResolvers<string>();
  let answer = '';
  const { hostname, port } = new URL(node.address);
  await Bun.connect({
    hostname,
    port: Number(port),
    socket: {
      open: (socket) => void socket.write(`${head.join('\r\n')}\r\n\r\n${text}`),
      data: (_, chunk) => {
        answer += chunk.toString();
      },
      close: () => ended.resolve(answer),
    },
  });
  const [, status, error] = /^HTTP\/1.1 (\d+)[\s\S]*?(?:"error":"([^"]*)"|$)/.exec(await ended.promise) ?? [];
  return [Number(status), error];
}

describe('in a path', () => {
  const illegal = 'The name of the entity contains illegal characters.';

  test.each([
    ['PUT', 'actions/tools%2Fa', action],
    ['GET', 'actions/tools%2Fa', undefined],
    ['PUT', 'actions/tools/a%2Fb', action],
    ['POST', 'actions/tools%2Fecho/a', {}],
    ['GET', 'actions/tools%2Fa/', undefined],
    ['PUT', 'packages/x%2Fy', {}],
    ['DELETE', 'packages/x%2Ftools', undefined],
    ['PUT', 'triggers/x%2Fy', {}],
    ['POST', 'triggers/x%2Fy', {}],
    ['PUT', 'rules/x%2Fy', { trigger: '/_/t', action: '/_/echo' }],
    ['POST', 'rules/x%2Fy', { status: 'active' }],
    ['GET', 'activations/..%2F..%2Fother', undefined],
  ])('an encoded slash is no slash: %s %s', async (method, path, body) => {
    const { status, json } = await node.ask(method, path, body === undefined ? {} : { body });
    expect([status, json.error]).toEqual([400, expect.stringMatching(/illegal characters|Activation id length/)]);
  });

  test('nothing was made by such names', async () => {
    const names = async (collection: string) =>
      (await node.ask('GET', `${collection}?limit=0`)).json.map((each: { name: string }) => each.name).sort();
    expect(await names('actions')).toEqual(['bound', 'echo']);
    expect(await names('packages')).toEqual(['tools']);
    expect(await names('triggers')).toEqual([]);
  });

  const missing = 'The requested resource could not be found.';
  test.each([
    ['GET', '_/actions/..', [404, missing]],
    ['GET', '_/actions/%2e%2e', [404, missing]],
    ['PUT', '_/actions/tools/..', [404, missing]],
    ['GET', '..%2f..%2fstatus', [404, missing]],
    ['GET', '../../status', [405, 'HTTP method not allowed, supported methods: OPTIONS']],
    // So wskdeploy asks for feeds.
    ['GET', '_/actions/../../_/actions/echo', [200, undefined]],
    ['GET', '_/../stranger/actions', [403, "The supplied authentication is not authorized to access 'stranger'."]],
  ])('dots lead where they lead in any URL, and what is there is checked: %s %s', async (method, path, expected) => {
    expect(await raw(method, path, method === 'PUT' ? action : undefined)).toEqual(expected);
  });

  test.each([
    ['%F0%9F%98%80', 'The namespace contains illegal characters.'],
    ['-x', 'The namespace contains illegal characters.'],
    ['a%00b', 'The namespace contains illegal characters.'],
    ['x'.repeat(257), 'Namespace longer than allowed: 257 > 256.'],
  ])('a namespace that cannot be one is refused: %s', async (namespace, error) => {
    for (const path of ['actions', 'packages', 'activations', 'limits']) {
      const { status, json } = await node.ask('GET', `/api/v1/namespaces/${namespace}/${path}`);
      expect([path, status, json.error]).toEqual([path, 400, error]);
    }
  });

  test.each(['packages', 'triggers'])(
    'names of %s may have 256 characters, and not 257, and no emoji',
    async (collection) => {
      const longest = 'x'.repeat(256);
      expect((await node.ask('PUT', `${collection}/${longest}`, { body: {} })).status).toBe(200);
      expect((await node.ask('DELETE', `${collection}/${longest}`)).json.name).toBe(longest);
      const { status, json } = await node.ask('PUT', `${collection}/${longest}x`, { body: {} });
      expect([status, json.error]).toEqual([400, 'Name segement longer than allowed: 257 > 256.']);
      const emoji = await node.ask('PUT', `${collection}/${encodeURIComponent('😀')}`, { body: {} });
      expect([emoji.status, emoji.json.error]).toEqual([400, illegal]);
    },
  );
});

describe('a body', () => {
  const result = async (name: string, body: string) => {
    const { status, text } = await node.ask('POST', `actions/${name}?blocking=true&result=true`, { body });
    expect(status).toBe(200);
    return text;
  };

  test.skipIf(!python)('keeps its digits on the way to the action and back', async () => {
    const exact = {
      kind: 'python:default',
      code: 'def main(args):\n  return {"seen": str(args["n"]), "n": args["n"]}',
    };
    await node.ask('PUT', 'actions/exact', { body: { exec: exact } });
    const n = '1234567890123456789012345678901234567890';
    expect(await result('exact', `{"n":${n}}`)).toMatch(new RegExp(`"seen": ?"${n}", ?"n": ?${n}}`));
  });

  test.skipIf(!python)('keeps its digits beside parameters of the action', async () => {
    const exact = {
      kind: 'python:default',
      code: 'def main(args):\n  return {"all": sorted(map(str, args.values()))}',
    };
    await node.ask('PUT', 'actions/beside', { body: { exec: exact, parameters: [{ key: 'own', value: 1 }] } });
    expect(JSON.parse(await result('beside', '{"n":98765432109876543210,"x":1.10e2}'))).toEqual({
      all: ['1', '110.0', '98765432109876543210'],
    });
  });

  test.each(['echo', 'bound'])('of two members with one key has the later, as everywhere (%s)', async (name) => {
    expect(JSON.parse(await result(name, '{"a":1,"own":2,"a":3,"own":4}'))).toMatchObject({ a: 3, own: 4 });
  });

  test('may name a member after what all objects have, and changes no object by it', async () => {
    const body =
      '{"__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}},"toString":1,"hasOwnProperty":2}';
    for (const name of ['echo', 'bound']) {
      const text = await result(name, body);
      for (const key of ['__proto__', 'constructor', 'toString', 'hasOwnProperty']) expect(text).toContain(`"${key}":`);
    }
    const keys = ['__proto__', 'constructor', 'hasOwnProperty'];
    const odd = keys.map((key) => ({ key, value: { polluted: key } }));
    await node.put('odd', echo, { parameters: odd, annotations: odd });
    const text = await result('odd', '{}');
    for (const key of keys) expect(text).toContain(`"${key}":{"polluted":"${key}"}`);
    const { json } = await node.ask('GET', 'actions/odd');
    expect(json.parameters).toEqual(odd);
    expect(json.annotations.slice(0, 3)).toEqual(odd);
  });

  test('that puts an entity is not changed by such members', async () => {
    const body = '{"__proto__":{"publish":true},"constructor":{},"parameters":[],"publish":false}';
    const { status, json } = await node.ask('PUT', 'packages/proto', { body });
    expect([status, json.publish, Object.keys(json).sort()]).toEqual([
      ...[200, false],
      ['annotations', 'binding', 'name', 'namespace', 'parameters', 'publish', 'updated', 'version'],
    ]);
  });

  const deep = '['.repeat(500_000) + ']'.repeat(500_000);
  const parameter = `{"parameters":[{"key":"a","value":${deep}}]}`;
  test.each([
    ['POST', 'actions/echo?blocking=true', `{"a":${deep}}`],
    ['POST', 'actions/bound?blocking=true', `{"a":${deep}}`],
    ['PUT', 'actions/deep', `{"exec":{"kind":"nodejs:default","code":""},"annotations":[{"key":"a","value":${deep}}]}`],
    ['PUT', 'actions/deep', `{"exec":${deep}}`],
    ['PUT', 'triggers/deep', parameter],
    ['PUT', 'packages/deep', parameter],
    ['PUT', 'rules/deep', `{"trigger":${deep},"action":"/_/echo"}`],
    ['POST', 'rules/deep', `{"status":${deep}}`],
    ['POST', '/api/v1/web/guest/default/open.json', `{"a":${deep}}`],
  ])('of a megabyte of brackets is refused at once: %s %s', async (method, path, body) => {
    if (path.includes('/web/')) await node.put('open', echo, { annotations: [{ key: 'web-export', value: true }] });
    const began = performance.now();
    const { status, json } = await node.ask(method, path, { body });
    const depth = 'JSON input was nested more deeply than the configured limit of maxNesting = 1000';
    expect([status, json.error]).toEqual([400, expect.stringContaining(depth)]);
    expect(performance.now() - began).toBeLessThan(1000);
  });

  test('as deep as is allowed goes through', async () => {
    const nested = `{"a":${'['.repeat(999)}1${']'.repeat(999)}}`;
    expect(await result('echo', nested)).toBe(nested);
  });

  test('that an action answers deeper than that is its failure', async () => {
    await node.put('deep', 'function main() { let a = 1; for (let n = 0; n < 1500; n++) a = [a]; return { a }; }');
    const { status, json } = await node.invoke('deep');
    expect([status, json.response.status]).toEqual([502, 'action developer error']);
    expect(json.response.result.error).toStartWith(
      'The action did not produce a valid JSON or JSON Array response: {"a":[[',
    );
  });
});

describe('two who write at once', () => {
  const ROUNDS = 10;
  const bodies: Readonly<Record<string, object>> = {
    actions: action,
    packages: {},
    triggers: {},
    rules: { trigger: '/_/contended', action: '/_/echo' },
  };
  beforeAll(() => node.ask('PUT', 'triggers/contended', { body: {} }).then(() => undefined));

  const answers = (requests: readonly [method: string, path: string, body?: object][]) =>
    Promise.all(requests.map(([method, path, body]) => node.ask(method, path, body === undefined ? {} : { body })));

  test.each(Object.entries(bodies))(
    'create one of the %s: one has it, the others hear that it exists',
    async (collection, body) => {
      for (let round = 0; round < ROUNDS; round++) {
        const path = `${collection}/${collection}-${round}`;
        const all = await answers([1, 2, 3].map(() => ['PUT', path, body]));
        expect(all.map(({ status }) => status).sort()).toEqual([200, 409, 409]);
        for (const { status, json } of all) {
          if (status === 409)
            expect(json.error).toMatch(/^(resource already exists|Concurrent modification to resource detected\.)$/);
        }
        expect((await node.ask('GET', path)).json.version).toBe('0.0.1');
      }
    },
  );

  test.each(Object.entries(bodies))('change one of the %s: no change is lost', async (collection, body) => {
    const path = `${collection}/${collection}-0`;
    let version = 1;
    for (let round = 0; round < ROUNDS; round++) {
      const all = await answers([1, 2, 3].map(() => ['PUT', `${path}?overwrite=true`, body]));
      const changed = all.filter(({ status }) => status === 200);
      expect(changed.length).toBeGreaterThan(0);
      // Each that was taken came after the one before it: as many changes as versions.
      expect(changed.map(({ json }) => json.version).sort()).toEqual(
        changed.map((_, index) => `0.0.${version + index + 1}`).sort(),
      );
      version += changed.length;
      for (const { status, json } of all) {
        if (status !== 200)
          expect([status, json.error]).toEqual([409, 'Concurrent modification to resource detected.']);
      }
    }
  });

  test.each(Object.keys(bodies))('delete one of the %s: one does, the others find nothing', async (collection) => {
    for (let round = 0; round < ROUNDS; round++) {
      const path = `${collection}/${collection}-${round}`;
      const statuses = (await answers([1, 2].map(() => ['DELETE', path]))).map(({ status }) => status).sort();
      expect([
        [200, 404],
        [200, 409],
      ]).toContainEqual(statuses);
      expect((await node.ask('GET', path)).status).toBe(404);
    }
  });

  test('one that deletes and one that changes leave it whole, or gone', async () => {
    for (let round = 0; round < ROUNDS; round++) {
      await node.put('torn', echo);
      const [gone, changed] = await answers([
        ['DELETE', 'actions/torn'],
        ['PUT', 'actions/torn?overwrite=true', action],
      ]);
      expect([200, 409]).toContain(gone?.status as number);
      expect([200, 409]).toContain(changed?.status as number);
      const { status, json } = await node.ask('GET', 'actions/torn');
      expect(status).toBe(changed?.status === 200 ? 200 : 404);
      if (status === 200) expect(json.exec.code).toBe(echo);
    }
  });
});

describe('what is deleted while it runs', () => {
  const slow = 'function main(args) { return new Promise((done) => setTimeout(done, 500, args)); }';

  test('with its package ends well, and is recorded', async () => {
    await node.ask('PUT', 'packages/short', { body: {} });
    await node.put('short/slow', slow);
    const call = node.invoke('short/slow', { n: 1 });
    await until('it runs', async () => (await node.pool()).active > 0);
    expect((await node.ask('DELETE', 'packages/short?force=true')).status).toBe(200);
    const { status, json } = await call;
    expect([status, json.response.result]).toEqual([200, { n: 1 }]);
    expect((await node.ask('GET', `activations/${json.activationId}`)).json.response.result).toEqual({ n: 1 });
    expect((await node.ask('POST', 'actions/short/slow')).status).toBe(404);
  });

  test('with its trigger and rule ends well, too', async () => {
    await node.put('slow', slow);
    await node.ask('PUT', 'triggers/brief', { body: {} });
    await node.ask('PUT', 'rules/on-brief', { body: { trigger: '/_/brief', action: '/_/slow' } });
    expect((await node.ask('POST', 'triggers/brief', { body: { n: 2 } })).status).toBe(202);
    for (const path of ['rules/on-brief', 'triggers/brief']) expect((await node.ask('DELETE', path)).status).toBe(200);
    const found = async () => (await node.ask('GET', 'activations?name=slow&docs=true')).json;
    await until('it is recorded', async () => (await found()).length > 0);
    expect((await found())[0]).toMatchObject({
      response: { success: true, result: { n: 2 } },
    });
  });

  test('as a sequence whose last part goes meanwhile says so, and is recorded', async () => {
    await node.put('last', echo);
    await node.ask('PUT', 'actions/row', { body: { exec: { kind: 'sequence', components: ['/_/slow', '/_/last'] } } });
    const call = node.invoke('row', { n: 3 });
    await until('it runs', async () => (await node.pool()).active > 0);
    expect((await node.ask('DELETE', 'actions/last')).status).toBe(200);
    const { json } = await call;
    expect(json.response).toMatchObject({ success: false, result: { error: 'Sequence component does not exist.' } });
    expect((await node.ask('GET', `activations/${json.activationId}`)).status).toBe(200);
  });
});
