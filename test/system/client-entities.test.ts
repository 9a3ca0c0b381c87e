import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import openwhisk from 'openwhisk';
import { GUEST_KEY, TestNode } from '../util/node.ts';

/** The stock client with packages, triggers, rules and records (CAT-05). Actions are in client.test.ts, feeds in feeds.test.ts. */

const node = new TestNode();
beforeAll(() => node.start());
afterAll(() => node.end());

const echo = 'function main(args) { return args; }';

/** Its types lag behind what it does. */
// biome-ignore lint/suspicious/noExplicitAny: answers of any shape
type Loose = Record<Verb, (options?: object) => Promise<any>>;
type Verb = 'create' | 'update' | 'get' | 'list' | 'delete' | 'invoke' | 'enable' | 'disable' | 'logs' | 'result';
const loose = (resource: object) => resource as unknown as Loose;
const of = (resource: 'packages' | 'triggers' | 'rules' | 'namespaces' | 'activations' | 'routes') =>
  loose(node.client[resource] as object);

async function refused(call: Promise<unknown>): Promise<[number, string]> {
  try {
    await call;
  } catch (thrown) {
    const { statusCode, error } = thrown as { statusCode: number; error: { error: string } };
    return [statusCode, error.error];
  }
  return expect.unreachable();
}

describe('packages', () => {
  test('are created, changed, read, listed, counted and deleted', async () => {
    const packages = of('packages');
    const created = await packages.create({
      name: 'tools',
      package: { publish: true, parameters: [{ key: 'n', value: 1 }] },
    });
    expect(created).toMatchObject({ namespace: 'guest', name: 'tools', version: '0.0.1', publish: true });
    const updated = await packages.update({ name: 'tools', package: { annotations: [{ key: 'a', value: 'b' }] } });
    expect(updated).toMatchObject({ version: '0.0.2', parameters: [{ key: 'n', value: 1 }] });
    await node.client.actions.create({ name: 'tools/say', action: echo });
    expect((await packages.get({ name: 'tools' })).actions).toMatchObject([{ name: 'say' }]);
    expect(await packages.list({ public: true })).toMatchObject([{ name: 'tools', binding: false }]);
    expect(await packages.list({ count: true })).toEqual({ packages: 1 });
    expect(await refused(packages.create({ name: 'tools' }))).toEqual([409, 'resource already exists']);
    expect((await refused(packages.delete({ name: 'tools' })))[0]).toBe(409);
  });

  test('are bound, and what is in them runs through the binding', async () => {
    const binding = { namespace: '_', name: 'tools' };
    await of('packages').create({ name: 'mine', package: { binding, parameters: [{ key: 'm', value: 2 }] } });
    const options = { name: 'mine/say', blocking: true, result: true, params: { p: 3 } };
    expect(await node.client.actions.invoke(options)).toEqual({ n: 1, m: 2, p: 3 });
  });
});

describe('triggers and rules', () => {
  test('are created, fired, switched off and on, and deleted', async () => {
    const [triggers, rules] = [of('triggers'), of('rules')];
    expect(await triggers.create({ name: 'tick', trigger: { parameters: [{ key: 't', value: 1 }] } })).toMatchObject({
      ...{ name: 'tick', version: '0.0.1' },
    });
    // Without a rule there is no activation: 204, of which it makes no bytes at all.
    expect(await triggers.invoke({ name: 'tick' })).toHaveLength(0);
    expect(await rules.create({ name: 'each', trigger: 'tick', action: 'tools/say' })).toMatchObject({
      ...{ name: 'each', status: 'active', trigger: { path: 'guest', name: 'tick' } },
      action: { path: 'guest/tools', name: 'say' },
    });
    const { activationId } = await triggers.invoke({ name: 'tick', params: { x: 1 } });
    expect(activationId).toMatch(/^[0-9a-f]{32}$/);
    for (const [verb, status] of [
      ['disable', 'inactive'],
      ['enable', 'active'],
    ] as const) {
      await rules[verb]({ name: 'each' });
      expect((await rules.get({ name: 'each' })).status).toBe(status);
    }
    expect(await rules.update({ name: 'each', trigger: '/_/tick', action: '/guest/tools/say' })).toMatchObject({
      version: '0.0.2',
    });
    expect(await rules.list({ limit: 1 })).toMatchObject([{ name: 'each' }]);
    expect(await triggers.list({ count: true })).toEqual({ triggers: 1 });
    await rules.delete({ name: 'each' });
    await triggers.delete({ name: 'tick' });
    expect((await refused(rules.get({ name: 'each' })))[0]).toBe(404);
  });
});

describe('records', () => {
  test('are listed, read, and read in part', async () => {
    const activations = of('activations');
    const { activationId } = await node.client.actions.invoke({ name: 'tools/say', blocking: true, params: { y: 1 } });
    const [row] = await activations.list({ name: 'tools/say', limit: 1 });
    expect(row).toMatchObject({ activationId, name: 'say', statusCode: 0 });
    expect((await activations.get({ name: activationId })).response.result).toEqual({ n: 1, y: 1 });
    expect(await activations.logs({ name: activationId })).toEqual({ logs: [] });
    expect((await activations.result({ name: activationId })).result).toEqual({ n: 1, y: 1 });
    const since = row.start;
    expect((await activations.list({ since, docs: true }))[0].logs).toEqual([]);
  });
});

describe('the client', () => {
  test('shows all of a namespace at once', async () => {
    const all = await of('namespaces').get();
    expect(Object.keys(all).sort()).toEqual(['actions', 'packages', 'rules', 'triggers']);
    expect(all.packages).toHaveLength(2);
  });

  test('may be told its namespace, and then says it in a header, too', async () => {
    const named = openwhisk({ apihost: node.address, api_key: GUEST_KEY, namespace: 'guest' });
    expect(await named.actions.list()).toMatchObject([{ namespace: 'guest/tools', name: 'say' }]);
    const stranger = openwhisk({ apihost: node.address, api_key: GUEST_KEY, namespace: 'stranger' });
    expect((await refused(stranger.actions.list()))[0]).toBe(403);
  });

  test('makes sequences of the names that it is given', async () => {
    const { client } = node;
    for (const [name, part] of [
      ['full', '/guest/tools/say'],
      ['own', '/_/tools/say'],
      ['bare', 'guest/tools/say'],
    ] as const) {
      const made = (await loose(client.actions).create({ name, sequence: [part] })) as {
        exec: { components: string[] };
      };
      expect(made.exec.components).toEqual(['/guest/tools/say']);
    }
    expect(await client.actions.invoke({ name: 'full', blocking: true, result: true })).toEqual({ n: 1 });
  });

  test('hears of routes that there is no gateway', async () => {
    expect((await refused(of('routes').list()))[0]).toBe(404);
  });
});
