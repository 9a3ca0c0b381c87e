import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import openwhisk from 'openwhisk';
import { TestNode } from '../util/node.ts';
import { until } from '../util/until.ts';

/** Actions through the stock client for Node, which nobody here wrote. */

const node = new TestNode();
beforeAll(() => node.start());
afterAll(() => node.end());

const echo = 'function main(args) { return args; }';

/** What the client throws for an answer of 400 and more. */
interface Thrown {
  readonly statusCode: number;
  readonly error: { readonly error?: unknown; readonly response?: { readonly result: unknown } };
}

async function thrownBy(call: Promise<unknown>): Promise<Thrown> {
  try {
    await call;
  } catch (error) {
    return error as Thrown;
  }
  return expect.unreachable('the call went well');
}

/** Some calls of the client answer what its types do not know. */
const as = <T>(value: unknown) => value as T;

describe('the openwhisk client (CAT-05)', () => {
  test('creates, reads, changes, lists and deletes an action (ENT-08, ACT-08…12)', async () => {
    const { actions } = node.client;
    const created = await actions.create({
      name: 'life',
      action: echo,
      params: { greeting: 'hello', list: [1, null] },
      annotations: { note: 'mine' },
      limits: { timeout: 5000, memory: 128, logs: 1 },
    });
    expect(created).toMatchObject({
      namespace: 'guest',
      name: 'life',
      version: '0.0.1',
      publish: false,
      exec: { kind: 'nodejs:20', code: echo, binary: false },
      parameters: [
        { key: 'greeting', value: 'hello' },
        { key: 'list', value: [1, null] },
      ],
      limits: { timeout: 5000, memory: 128, logs: 1, concurrency: 1 },
      annotations: [
        { key: 'note', value: 'mine' },
        { key: 'provide-api-key', value: false },
        { key: 'exec', value: 'nodejs:20' },
      ],
    });
    expect(await actions.get('life')).toEqual(created);

    const updated = await actions.update({ name: 'life', params: { other: true }, annotations: { more: 1 } });
    expect(updated).toMatchObject({ version: '0.0.2', exec: created.exec, limits: created.limits as object });
    expect(updated.parameters).toEqual([{ key: 'other', value: true }]);
    expect(updated.annotations?.map(({ key }) => key)).toEqual(['note', 'provide-api-key', 'exec', 'more']);

    const row = (await actions.list()).find(({ name }) => name === 'life');
    expect(row).toMatchObject({ namespace: 'guest', version: '0.0.2', exec: { binary: false } });
    expect(row).not.toContainKeys(['parameters']);

    expect(await actions.delete('life')).toEqual(updated);
    expect((await thrownBy(actions.get('life'))).statusCode).toBe(404);
  });

  test('lists by pages, newest first, and counts (LIST-01, LIST-03, LIST-04)', async () => {
    const { actions } = node.client;
    const before = as<{ actions: number }>(await actions.list({ count: true })).actions;
    for (const n of [1, 2, 3]) await actions.create({ name: `page-${n}`, action: echo });
    const names = (await actions.list({ limit: 2 })).map(({ name }) => name);
    const next = (await actions.list({ limit: 1, skip: 2 })).map(({ name }) => name);
    expect([...names, ...next]).toEqual(['page-3', 'page-2', 'page-1']);
    expect(await actions.list({ count: true })).toEqual(as({ actions: before + 3 }));
    await actions.update({ name: 'page-1', params: {} });
    expect((await actions.list({ limit: 1 }))[0]?.name).toBe('page-1');
    expect((await thrownBy(actions.list({ limit: 201 }))).statusCode).toBe(400);
    await actions.delete(['page-1', 'page-2', 'page-3']);
    expect(await actions.list({ count: true })).toEqual(as({ actions: before }));
  });

  test('reads an action without its code', async () => {
    const { actions } = node.client;
    await actions.create({ name: 'no-code', action: echo });
    const options = { name: 'no-code', code: false };
    expect((await actions.get(options)).exec).toEqual(as({ kind: 'nodejs:20', binary: false }));
  });

  test('takes names with odd characters (ENT-01)', async () => {
    const { actions } = node.client;
    for (const name of ['a b@c.d-e_f&g', 'größe 名前', '0', '_', `x${'y'.repeat(254)}z`]) {
      await actions.create({ name, action: echo });
      expect((await actions.get(name)).name).toBe(name);
      expect(await actions.invoke({ name, blocking: true, result: true, params: { name } })).toEqual({ name });
      await actions.delete(name);
    }
  });

  test('names an action of its own namespace in full (ENT-02)', async () => {
    const { actions } = node.client;
    await actions.create({ name: '/guest/full', action: echo });
    expect(await actions.get('/_/full')).toMatchObject({ namespace: 'guest', name: 'full' });
    expect((await thrownBy(actions.get('/whisk.system/full'))).statusCode).toBe(403);
  });

  test('invokes and gets the record, the result, or the id alone', async () => {
    const { actions, activations } = node.client;
    await actions.create({ name: 'greet', action: echo, params: { greeting: 'hello', name: 'nobody' } });
    const record = await actions.invoke({ name: 'greet', blocking: true, params: { name: 'Ann' } });
    expect(record).toMatchObject({
      namespace: 'guest',
      name: 'greet',
      version: '0.0.1',
      subject: 'guest',
      response: { status: 'success', success: true, result: { greeting: 'hello', name: 'Ann' }, size: 33 },
    });
    expect(await actions.invoke({ name: 'greet', blocking: true, result: true })).toEqual({
      greeting: 'hello',
      name: 'nobody',
    });
    const { activationId } = await actions.invoke({ name: 'greet', params: { n: 1 } });
    await until('the record is there', async () => {
      const { status } = await node.ask('GET', `activations/${activationId}`);
      return status === 200;
    });
    const result = { greeting: 'hello', name: 'nobody', n: 1 };
    expect(await activations.get(activationId)).toMatchObject({ activationId, response: { success: true, result } });
  });

  test('knows its namespace (EP-10)', async () => {
    expect(await node.client.namespaces.list()).toEqual(['guest']);
  });
});

describe('the openwhisk client hears', () => {
  test.each([
    [
      'is missing',
      (client: openwhisk.Client) => client.actions.get('none'),
      404,
      'The requested resource does not exist.',
    ],
    [
      'exists',
      async (client: openwhisk.Client) => {
        await client.actions.update({ name: 'twice', action: echo });
        return client.actions.create({ name: 'twice', action: echo });
      },
      409,
      'resource already exists',
    ],
    [
      'is of an unknown kind',
      (client: openwhisk.Client) => client.actions.create({ name: 'kind', action: echo, kind: 'cobol:85' as never }),
      400,
      "The specified runtime 'cobol:85' is not supported by this platform.",
    ],
    [
      'wants too much memory',
      (client: openwhisk.Client) => client.actions.create({ name: 'big', action: echo, limits: { memory: 4096 } }),
      400,
      'memory size 4096 MB exceeds allowed threshold of 512 MB',
    ],
    [
      'has an illegal name',
      (client: openwhisk.Client) => client.actions.create({ name: 'what!', action: echo }),
      400,
      'The name of the entity contains illegal characters.',
    ],
  ])('that an action %s', async (_, call, statusCode, sentence) => {
    const thrown = await thrownBy(call(node.client));
    expect(thrown.statusCode).toBe(statusCode);
    expect(thrown.error.error).toContain(sentence);
    expect(thrown.error).toHaveProperty('code');
  });

  test.each([
    ['an application error', 'function main() { return { error: { why: "no" } } }', { error: { why: 'no' } }],
    ['a throw', 'function main() { throw new TypeError("bad") }', { error: 'An error has occurred: TypeError: bad' }],
    ['a rejected promise', 'function main() { return Promise.reject({ e: 1 }) }', { error: { e: 1 } }],
    [
      'a result that is no object',
      'function main() { return 7 }',
      { error: 'The action did not return a dictionary.' },
    ],
    [
      'an exit',
      'function main() { process.exit(1) }',
      { error: 'The action did not produce a valid response and exited unexpectedly.' },
    ],
  ])('%s as 502 with the result', async (_, action, result) => {
    const { actions } = node.client;
    await actions.update({ name: 'failing', action });
    const thrown = await thrownBy(actions.invoke({ name: 'failing', blocking: true }));
    expect(thrown.statusCode).toBe(502);
    expect(thrown.error.response?.result).toEqual(result);
  });

  test('that its key is wrong (REST-02)', async () => {
    const stranger = openwhisk({ apihost: node.address, api_key: 'a:b' });
    const thrown = await thrownBy(stranger.actions.list());
    expect([thrown.statusCode, thrown.error.error]).toEqual([401, 'The supplied authentication is invalid']);
  });
});
