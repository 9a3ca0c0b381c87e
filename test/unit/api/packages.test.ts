import { beforeEach, describe, expect, test } from 'bun:test';
import type { Package, Stored } from '../../../src/model/entities.ts';
import { TestApi } from '../../util/api.ts';

const NS = '/api/v1/namespaces';
const exec = { kind: 'nodejs:default', code: 'function main(p) { return p }' };

let api: TestApi;
let guest: string;
let other: string;

beforeEach(async () => {
  api = new TestApi();
  guest = await api.addSubject('guest');
  other = await api.addSubject('other');
});

const call = (method: string, path: string, body?: unknown, who = guest) =>
  api.call(method, `${NS}/_/${path}`, who, body);
const put = (path: string, body: unknown, who = guest) => call('PUT', path, body, who);
const refused = ({ status, json }: { status: number; json: { error: string } }) => [status, json.error];

describe('packages (PKG-01, EP-22…24)', () => {
  test('are created, changed, shown with what is in them, listed and deleted', async () => {
    expect((await put('packages/p', { publish: true, parameters: [{ key: 'pk', value: 1 }] })).json).toEqual({
      annotations: [],
      binding: {},
      name: 'p',
      namespace: 'guest',
      parameters: [{ key: 'pk', value: 1 }],
      publish: true,
      updated: expect.any(Number),
      version: '0.0.1',
    });
    await put('actions/p/a', { exec });
    await put('actions/p/f', { exec, annotations: [{ key: 'feed', value: true }] });
    const { json } = await call('GET', 'packages/p');
    expect(json.actions.map(({ name }: { name: string }) => name)).toEqual(['a']);
    expect(json.feeds.map(({ name }: { name: string }) => name)).toEqual(['f']);
    expect(json.actions[0]).toEqual({
      annotations: [
        { key: 'provide-api-key', value: false },
        { key: 'exec', value: 'nodejs:20' },
      ],
      name: 'a',
      version: '0.0.1',
    });
    expect((await put('packages/p?overwrite=true', { annotations: [{ key: 'k', value: 'v' }] })).json).toMatchObject({
      version: '0.0.2',
      parameters: [{ key: 'pk', value: 1 }],
      publish: true,
    });
    expect((await call('GET', 'packages')).json).toEqual([
      {
        ...{ name: 'p', binding: false, namespace: 'guest', publish: true, version: '0.0.2' },
        ...{ annotations: [{ key: 'k', value: 'v' }], updated: expect.any(Number) },
      },
    ]);
    expect((await call('GET', 'packages?count=true')).json).toEqual({ packages: 1 });
    expect(refused(await call('DELETE', 'packages/p'))).toEqual([
      409,
      'Package not empty (contains 2 entities). Set force param or delete package contents.',
    ]);
    await call('DELETE', 'actions/p/f');
    expect((await call('DELETE', 'packages/p')).json.error).toContain('(contains 1 entity)');
    expect((await call('DELETE', 'packages/p?force=true')).json.name).toBe('p');
    expect((await call('GET', 'packages/p')).status).toBe(404);
    expect((await call('GET', 'actions')).json).toEqual([]);
  });

  test('show as feeds all that have the annotation, whatever it says (PAR-10)', async () => {
    await put('packages/p', {});
    for (const value of [true, 'true', false, null]) {
      await put(`actions/p/${value}-${typeof value}`, { exec, annotations: [{ key: 'feed', value }] });
    }
    const { json } = await call('GET', 'packages/p');
    expect([json.actions.length, json.feeds.length]).toEqual([0, 4]);
  });

  test('an action needs its package, and may not be called default', async () => {
    expect(refused(await put('actions/none/a', { exec }))).toEqual([404, 'The requested resource does not exist.']);
    expect(refused(await put('packages/default', {}))).toEqual([400, "Package name 'default' is reserved."]);
  });

  test('a package that is asked for and is not there is named; what should be in it is not', async () => {
    const named = "The requested resource 'guest/none' does not exist.";
    expect(refused(await call('GET', 'packages/none'))).toEqual([404, named]);
    await put('packages/lost', {});
    await put('packages/bound', { binding: { namespace: '_', name: 'lost' } });
    await call('DELETE', 'packages/lost');
    const bound = "The requested resource 'guest/bound' does not exist.";
    expect(refused(await call('GET', 'packages/bound'))).toEqual([404, bound]);
    for (const [method, path] of [
      ['DELETE', 'packages/none'],
      ['GET', 'actions/none/'],
      ['GET', 'actions/none/a'],
      ['POST', 'actions/none/a'],
    ] as const) {
      expect(refused(await call(method, path))).toEqual([404, 'The requested resource does not exist.']);
    }
  });

  test('packaged actions are listed under their package, and with all of the namespace (EP-12, EP-13)', async () => {
    await put('packages/p', {});
    await put('actions/p/a', { exec });
    await put('actions/b', { exec });
    const names = async (path: string) =>
      (await call('GET', path)).json.map(({ namespace, name }: Record<string, string>) => `${namespace}/${name}`);
    expect(await names('actions/p/')).toEqual(['guest/p/a']);
    expect(await names('actions')).toEqual(['guest/b', 'guest/p/a']);
  });

  test('one name is one entity: a package is no action, and an action no package (ERR-12)', async () => {
    await put('actions/x', { exec });
    await put('packages/p', {});
    const conformance = 'Resource by this name exists but is not in this collection.';
    expect(refused(await call('GET', 'packages/x'))).toEqual([409, conformance]);
    expect(refused(await put('packages/x?overwrite=true', {}))).toEqual([409, conformance]);
    expect(refused(await call('GET', 'actions/p'))).toEqual([409, conformance]);
    expect(refused(await put('actions/p?overwrite=true', { exec }))).toEqual([409, conformance]);
    expect(refused(await call('POST', 'actions/p?blocking=true', {}))).toEqual([409, conformance]);
  });
});

describe('parameters (PAR-01, PKG-03)', () => {
  test('may be as many as their size allows, however much JSON that is', async () => {
    api = new TestApi({ parameterBytes: 50_000 });
    guest = await api.addSubject('guest');
    const many = Array.from({ length: 7_000 }, (_, n) => ({ key: `k${1_000 + n}`, value: 1 }));
    const body = { parameters: many, annotations: many };
    expect(JSON.stringify(body).length).toBeGreaterThan(6 * 50_000);
    for (const path of ['packages/p', 'triggers/t']) expect((await put(path, body)).status).toBe(200);
    expect((await put('actions/a', { ...body, exec })).status).toBe(200);
  });

  test('go from the package through the binding and the action to the call', async () => {
    const values = (...keys: [string, string][]) => keys.map(([key, value]) => ({ key, value }));
    await put('packages/p', {
      parameters: values(['a', 'package'], ['b', 'package'], ['c', 'package'], ['d', 'package']),
    });
    await put('actions/p/x', { exec, parameters: values(['c', 'action'], ['d', 'action']) });
    await put('packages/bound', {
      binding: { namespace: '_', name: 'p' },
      parameters: values(['b', 'binding'], ['c', 'binding']),
    });
    const { json } = await call('POST', 'actions/bound/x?blocking=true', { d: 'call' });
    expect(json.response.result).toEqual({ a: 'package', b: 'binding', c: 'action', d: 'call' });
    expect(json.annotations.slice(0, 2)).toEqual([
      { key: 'binding', value: 'guest/bound' },
      { key: 'path', value: 'guest/p/x' },
    ]);
    const shown = (await call('GET', 'actions/bound/x?code=false')).json;
    expect([shown.namespace, shown.parameters]).toEqual([
      'guest/p',
      values(['a', 'package'], ['b', 'binding'], ['c', 'action'], ['d', 'action']),
    ]);
  });

  test('a change of the package is seen by the next call, though all was in memory', async () => {
    await put('packages/p', { parameters: [{ key: 'a', value: 1 }] });
    await put('actions/p/x', { exec });
    const result = async () => (await call('POST', 'actions/p/x?blocking=true&result=true', {})).json;
    expect(await result()).toEqual({ a: 1 });
    await put('packages/p?overwrite=true', { parameters: [{ key: 'a', value: 2 }] });
    expect(await result()).toEqual({ a: 2 });
    await put('actions/p/x?overwrite=true', { parameters: [{ key: 'a', value: 3 }] });
    expect(await result()).toEqual({ a: 3 });
  });
});

describe('bindings (PKG-02, ENT-11, PAR-11)', () => {
  beforeEach(async () => {
    await put('packages/p', { parameters: [{ key: 'pk', value: 1 }] });
    await put('actions/p/a', { exec });
    await put('packages/bound', { binding: { namespace: '_', name: 'p' }, parameters: [{ key: 'bk', value: 2 }] });
  });

  test('show what they bind, and the annotation that clients read', async () => {
    const { json } = await call('GET', 'packages/bound');
    expect(json.binding).toEqual({ name: 'p', namespace: 'guest' });
    expect(json.annotations).toEqual([{ key: 'binding', value: { name: 'p', namespace: 'guest' } }]);
    expect(json.parameters).toEqual([
      { key: 'pk', value: 1 },
      { key: 'bk', value: 2 },
    ]);
    expect(json.actions.map(({ name }: { name: string }) => name)).toEqual(['a']);
    const row = (await call('GET', 'packages')).json.find(({ name }: { name: string }) => name === 'bound');
    expect(row.binding).toEqual({ name: 'p', namespace: 'guest' });
    expect((await call('GET', 'actions/bound/')).json[0].namespace).toBe('guest/p');
  });

  test('cannot be written through (EP-18)', async () => {
    for (const [method, body] of [
      ['PUT', { exec }],
      ['DELETE', undefined],
    ] as const) {
      expect(refused(await call(method, 'actions/bound/a', body))).toEqual([
        400,
        'Operation not permitted on package binding.',
      ]);
    }
  });

  test.each<[string, string, unknown, number, string]>([
    [
      'to what is not there',
      'b',
      { namespace: '_', name: 'none' },
      400,
      'Binding references a package that does not exist.',
    ],
    [
      'to half a name',
      'b',
      { namespace: '_' },
      400,
      "The request content was malformed:\nObject is missing required member 'name'",
    ],
    ['to null', 'b', null, 400, "The request content was malformed:\nObject expected in field 'namespace'"],
    [
      'to what is in a package',
      'b',
      { namespace: '_', name: 'p/a' },
      400,
      'The request content was malformed:\nentity name malformed',
    ],
    ['to a binding', 'b', { namespace: '_', name: 'bound' }, 400, 'Cannot bind to another package binding.'],
    ['to an action', 'b', { namespace: '_', name: 'act' }, 409, 'Cannot bind to a resource that is not a package.'],
    [
      'of a package that is one',
      'p?overwrite=true',
      { namespace: '_', name: 'p' },
      409,
      'Resource is a package and cannot be converted into a binding.',
    ],
  ])('are refused %s', async (_what, name, binding, status, sentence) => {
    await put('actions/act', { exec });
    expect(refused(await put(`packages/${name}`, { binding }))).toEqual([status, sentence]);
  });

  test('of themselves, which only another server can have written, are told so (ERR-13)', async () => {
    const { entity, rev } = (await api.store.entities.get('guest/bound')) as Stored<Package>;
    await api.store.entities.put({ ...entity, binding: { namespace: 'guest', name: 'bound' } }, rev);
    const sentence = "Package binding 'guest/bound' contains a circular reference.";
    expect(refused(await call('GET', 'packages/bound'))).toEqual([422, sentence]);
    expect(refused(await call('POST', 'actions/bound/a?blocking=true', {}))).toEqual([422, sentence]);
  });

  test('can be deleted with actions behind them', async () => {
    expect((await call('DELETE', 'packages/bound')).status).toBe(200);
    expect((await call('GET', 'actions/p/a')).status).toBe(200);
  });

  test('are dead when what they bind is gone', async () => {
    await call('DELETE', 'packages/p?force=true');
    expect((await call('POST', 'actions/bound/a?blocking=true', {})).status).toBe(404);
    await put('actions/p', { exec });
    for (const [method, path] of [
      ['GET', 'packages/bound'],
      ['GET', 'actions/bound/'],
      ['GET', 'actions/bound/a'],
      ['POST', 'actions/bound/a'],
    ] as const) {
      const sentence = 'Resource by this name exists but is not in this collection.';
      expect(refused(await call(method, path))).toEqual([409, sentence]);
    }
  });
});

describe('other namespaces (PKG-04, ERR-11)', () => {
  beforeEach(async () => {
    for (const [name, publish] of [
      ['public', true],
      ['private', false],
    ] as const) {
      await put(`packages/${name}`, { publish, parameters: [{ key: 'from', value: name }] });
      await put(`actions/${name}/a`, { exec });
    }
  });

  test('may see, read, invoke and bind what is published', async () => {
    expect(
      (await api.call('GET', `${NS}/guest/packages`, other)).json.map(({ name }: { name: string }) => name),
    ).toEqual(['public']);
    expect((await api.call('GET', `${NS}/guest/packages?count=true`, other)).json).toEqual({ packages: 1 });
    expect((await api.call('GET', `${NS}/guest/packages/public`, other)).status).toBe(200);
    expect((await api.call('GET', `${NS}/guest/actions/public/a`, other)).status).toBe(200);
    expect((await api.call('GET', `${NS}/guest/actions/public/`, other)).json.length).toBe(1);
    const { json } = await api.call('POST', `${NS}/guest/actions/public/a?blocking=true`, other, {});
    expect([json.namespace, json.subject, json.response.result]).toEqual(['other', 'other', { from: 'public' }]);
    expect(api.jobs.at(-1)?.namespace).toBe('other');
    expect((await put('packages/mine', { binding: { namespace: 'guest', name: 'public' } }, other)).status).toBe(200);
    expect((await call('POST', 'actions/mine/a?blocking=true&result=true', {}, other)).json).toEqual({
      from: 'public',
    });
  });

  test('may do nothing with what is not, and do not learn whether it is there', async () => {
    for (const name of ['private', 'none']) {
      const sentence = `The supplied authentication is not authorized to access 'guest/${name}'.`;
      for (const [method, path] of [
        ['GET', `packages/${name}`],
        ['GET', `actions/${name}/a`],
        ['GET', `actions/${name}/`],
        ['POST', `actions/${name}/a`],
      ] as const) {
        expect([method, path, ...refused(await api.call(method, `${NS}/guest/${path}`, other))]).toEqual([
          method,
          path,
          403,
          sentence,
        ]);
      }
      expect(refused(await put('packages/mine', { binding: { namespace: 'guest', name } }, other))).toEqual([
        403,
        sentence,
      ]);
    }
  });

  test('may not write what is published', async () => {
    for (const [method, path] of [
      ['PUT', 'packages/public'],
      ['DELETE', 'packages/public'],
      ['PUT', 'actions/public/a'],
      ['DELETE', 'actions/public/a'],
    ] as const) {
      expect(
        (await api.call(method, `${NS}/guest/${path}`, other, method === 'PUT' ? { exec } : undefined)).status,
      ).toBe(403);
    }
  });

  test('lose what they bound when it is published no more', async () => {
    await put('packages/mine', { binding: { namespace: 'guest', name: 'public' } }, other);
    await put('packages/public?overwrite=true', { publish: false });
    expect((await call('POST', 'actions/mine/a?blocking=true', {}, other)).status).toBe(403);
  });
});

describe('where things may be', () => {
  test('what whisk.system publishes is there for all, like anything that is published (ENT-03)', async () => {
    const system = await api.addSubject('whisk.system');
    await put('packages/utils', { publish: true }, system);
    await put('actions/utils/echo', { exec }, system);
    const path = `${NS}/whisk.system/actions/utils/echo`;
    expect((await api.call('GET', path, guest)).json.namespace).toBe('whisk.system/utils');
    const { json } = await api.call('POST', `${path}?blocking=true`, guest, { a: 1 });
    expect([json.namespace, json.response.result]).toEqual(['guest', { a: 1 }]);
    const components = ['/whisk.system/utils/echo'];
    expect((await put('actions/s', { exec: { kind: 'sequence', components } })).json.exec.components).toEqual(
      components,
    );
  });

  test('packages are one level deep, and have nothing but actions in them (ENT-04)', async () => {
    await put('packages/p', {});
    const missing = 'The requested resource could not be found.';
    for (const [path, body] of [
      ['actions/p/q/a', { exec }],
      ['packages/p/q', {}],
      ['triggers/p/t', {}],
      ['rules/p/r', { trigger: '/_/t', action: '/_/a' }],
    ] as const) {
      expect([path, ...refused(await put(path, body))]).toEqual([path, 404, missing]);
    }
    await put('triggers/t', {});
    expect(refused(await put('rules/r', { trigger: '/_/t', action: '/_/p/q/a' }))).toEqual([
      400,
      'The request content was malformed:\nfully qualified name malformed',
    ]);
  });

  test('it is the package that is published: an action that says so of itself is nobody else’s (ENT-06)', async () => {
    await put('actions/a', { exec, publish: true });
    await put('packages/p', {});
    await put('actions/p/a', { exec, publish: true });
    expect((await call('GET', 'actions/p/a')).json.publish).toBe(true);
    for (const path of ['actions/a', 'actions/p/a']) {
      expect((await api.call('POST', `${NS}/guest/${path}?blocking=true`, other, {})).status).toBe(403);
    }
  });
});

describe('sequences as entities (ACT-05, PAR-15)', () => {
  test('have their components as their one parameter', async () => {
    await put('actions/a', { exec });
    await put('packages/p', {});
    await put('actions/p/b', { exec });
    const { json } = await put('actions/s', {
      exec: { kind: 'sequence', components: ['/_/a', '_/p/b', 'guest/a'] },
      parameters: [{ key: 'mine', value: 1 }],
    });
    const components = ['/guest/a', '/guest/p/b', '/guest/a'];
    expect([json.exec, json.parameters]).toEqual([
      { components, kind: 'sequence' },
      [{ key: '_actions', value: components }],
    ]);
    expect(json.annotations).toContainEqual({ key: 'exec', value: 'sequence' });
  });

  test('lose that parameter when they become plain actions', async () => {
    await put('actions/a', { exec });
    await put('actions/s', { exec: { kind: 'sequence', components: ['/_/a'] } });
    expect((await put('actions/s?overwrite=true', { exec })).json.parameters).toEqual([]);
  });

  test('are refused when empty, too long, cyclic or dangling', async () => {
    api = new TestApi({ sequenceLength: 3 });
    guest = await api.addSubject('guest');
    await put('actions/a', { exec });
    const sequence = (name: string, ...components: string[]) =>
      put(`actions/${name}?overwrite=true`, { exec: { kind: 'sequence', components } });
    expect(refused(await sequence('s'))).toEqual([400, 'No component specified for the sequence.']);
    expect(refused(await sequence('s', '/_/a', '/_/a', '/_/a', '/_/a'))).toEqual([
      400,
      'Too many actions in the sequence.',
    ]);
    expect(refused(await sequence('s', '/_/none'))).toEqual([400, 'Sequence component does not exist.']);
    await put('packages/p', {});
    expect(refused(await sequence('s', '/_/p/none'))).toEqual([400, 'Sequence component does not exist.']);
    expect(refused(await sequence('s', '/_/none/a'))).toEqual([404, 'The requested resource does not exist.']);
    expect(refused(await sequence('a', '/_/a'))).toEqual([400, 'Sequence may not refer to itself.']);
    expect((await sequence('s', '/_/a', '/_/a')).status).toBe(200);
    expect(refused(await sequence('t', '/_/s', '/_/s'))).toEqual([400, 'Too many actions in the sequence.']);
    expect((await sequence('t', '/_/s', '/_/a')).status).toBe(200);
    expect(refused(await sequence('s', '/_/t'))).toEqual([400, 'Sequence may not refer to itself.']);
  });

  test('may not contain what the caller may not read', async () => {
    const { status, json } = await put('actions/s', {
      exec: { kind: 'sequence', components: ['/other/x', '/other/p/y'] },
    });
    expect(status).toBe(403);
    expect(json.error).toContain("'other/p'");
  });
});
