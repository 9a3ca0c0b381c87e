import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { TestNode } from '../util/node.ts';
import { recordOf } from '../util/records.ts';

/** Conductors as docs/conductors.md of OpenWhisk has them (ACT-06). */

const CONDUCTOR = `
function main(params) {
  const step = params.$step || 0;
  delete params.$step;
  switch (step) {
    case 0: return { action: 'triple', params, state: { $step: 1 } };
    case 1: return { action: 'increment', params, state: { $step: 2 } };
    case 2: return { params };
  }
}`;

const node = new TestNode();
beforeAll(async () => {
  await node.start();
  await node.put('triple', 'function main({ value }) { return { value: value * 3 } }');
  await node.put('increment', 'function main({ value }) { return { value: value + 1 } }');
  await conductor('tripleAndIncrement', CONDUCTOR);
});
afterAll(() => node.end());

const conductor = (name: string, code: string) =>
  node.put(name, code, { annotations: [{ key: 'conductor', value: true }] });
const record = (id: string) => recordOf(node, id);

describe('the composition of the documentation', () => {
  test('answers the result that it ends with', async () => {
    const { status, json } = await node.ask('POST', 'actions/tripleAndIncrement?blocking=true&result=true', {
      body: { value: 3 },
    });
    expect([status, json]).toEqual([200, { value: 10 }]);
  });

  test('has a primary record, and one of each part that names it as its cause', async () => {
    const { json } = await node.invoke('tripleAndIncrement', { value: 3 });
    const notes = Object.fromEntries(
      json.annotations.map(({ key, value }: { key: string; value: unknown }) => [key, value]),
    );
    expect(notes).toMatchObject({ topmost: true, conductor: true, kind: 'sequence', path: 'guest/tripleAndIncrement' });
    const parts = await Promise.all(json.logs.map(record));
    expect(parts.map(({ name }) => name)).toEqual([
      'tripleAndIncrement',
      'triple',
      'tripleAndIncrement',
      'increment',
      'tripleAndIncrement',
    ]);
    for (const { cause } of parts) expect(cause).toBe(json.activationId);
    expect(json.duration).toBe(parts.reduce((total, { duration }) => total + duration, 0));
    expect(json.start).toBeLessThanOrEqual(Math.min(...parts.map(({ start }) => start)));
    expect(json.end).toBeGreaterThanOrEqual(Math.max(...parts.map(({ end }) => end)));
  });

  test('answers a caller who does not wait with the id of its primary record', async () => {
    const { status, json } = await node.ask('POST', 'actions/tripleAndIncrement', { body: { value: 1 } });
    expect(status).toBe(202);
    expect((await record(json.activationId)).response.result).toEqual({ value: 4 });
  });

  test('is a component like any other: of a sequence, and of another composition', async () => {
    const body = { exec: { kind: 'sequence', components: ['/_/tripleAndIncrement', '/_/increment'] } };
    await node.ask('PUT', 'actions/around', { body });
    expect((await node.invoke('around', { value: 3 })).json.response.result).toEqual({ value: 11 });
    await conductor(
      'outer',
      'function main({ done, ...params }) { return done ? { params } : { action: "around", params, state: { done: 1 } } }',
    );
    expect((await node.invoke('outer', { value: 3 })).json.response.result).toEqual({ value: 11 });
  });
});

describe('a conductor that names what cannot be invoked hears of it, and may recover', () => {
  test.each([
    ['/guest/nowhere', "Failed to resolve action with name 'guest/nowhere' during composition."],
    ['/whisk.system/secret', "Failed entitlement check for action with name 'whisk.system/secret' during composition."],
    [{ not: 'a name' }, 'Failed to parse action name from json value {"not":"a name"} during composition.'],
  ])('%p', async (action, sentence) => {
    await conductor(
      'brave',
      'function main({ action, error, tried }) { return tried ? { params: { recovered: error } } : { action, state: { tried: 1 } } }',
    );
    const { status, json } = await node.invoke('brave', { action });
    expect([status, json.response.result]).toEqual([200, { recovered: sentence }]);
  });
});

test('a conductor that never comes to an end is ended', async () => {
  await using other = await new TestNode({ args: ['--limits-sequence-length', '3'] }).start();
  const annotations = [{ key: 'conductor', value: true }];
  await other.put('echo', 'function main(p) { return p }');
  await other.put('endless', 'function main() { return { action: "echo" } }', { annotations });
  const { status, json } = await other.invoke('endless');
  expect([status, json.response.status, json.response.result]).toEqual([
    502,
    'application error',
    { error: 'Too many actions in the composition.' },
  ]);
  // 2n + 1 calls of the conductor, n of the component.
  expect(json.logs).toHaveLength(10);
});
