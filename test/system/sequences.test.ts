import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { GUEST_KEY, TestNode } from '../util/node.ts';
import { recordOf } from '../util/records.ts';

/** Sequences as clients meet them (ACT-05). */

const node = new TestNode();
beforeAll(async () => {
  await node.start();
  await node.put('add', 'function main({ value = 0, by = 1 }) { return { value: value + by } }');
  await node.put('list', 'function main({ value }) { return [value, value] }');
  await node.put('sum', 'function main(values) { return { value: values.reduce((a, b) => a + b, 0) } }');
  await node.put('fail', 'function main() { return { error: { code: 7 } } }');
  await node.put('slow', 'function main(p) { return new Promise((done) => setTimeout(done, p.ms, p)) }');
});
afterAll(() => node.end());

const sequence = (components: readonly string[]) => ({ exec: { kind: 'sequence', components } });
const create = async (name: string, components: readonly string[], more: object = {}) => {
  const body = { ...sequence(components.map((each) => `/_/${each}`)), ...more };
  const answer = await node.ask('PUT', `actions/${name}?overwrite=true`, { body });
  expect(answer.status).toBe(200);
};
const record = (id: string) => recordOf(node, id);

describe('a sequence', () => {
  test('answers what its last action answers, and is recorded with all its parts', async () => {
    await create('three', ['add', 'add', 'add']);
    const { status, json, headers } = await node.invoke('three', { value: 1 });
    expect([status, json.response.result]).toEqual([200, { value: 4 }]);
    expect(headers.get('x-openwhisk-activation-id')).toBe(json.activationId);
    const parts = await Promise.all(json.logs.map(record));
    expect(parts.map(({ name, cause, response }) => [name, cause, response.result.value])).toEqual(
      [2, 3, 4].map((value) => ['add', json.activationId, value]),
    );
    expect(json.duration).toBe(parts.reduce((total, { duration }) => total + duration, 0));
    expect(await record(json.activationId)).toEqual(json);
  });

  test('hands on objects and arrays', async () => {
    await create('arrays', ['add', 'list', 'sum']);
    expect((await node.invoke('arrays', { value: 1 })).json.response.result).toEqual({ value: 4 });
    await create('ends-with-list', ['add', 'list']);
    expect((await node.invoke('ends-with-list', { value: 1 })).json).toEqual([2, 2]);
  });

  test('of sequences, in packages, behind bindings: parameters come from each', async () => {
    await node.ask('PUT', 'packages/tools?overwrite=true', { body: { parameters: [{ key: 'by', value: 10 }] } });
    await node.put('tools/add', 'function main({ value = 0, by = 1 }) { return { value: value + by } }');
    const binding = { binding: { namespace: '_', name: 'tools' }, parameters: [{ key: 'by', value: 100 }] };
    await node.ask('PUT', 'packages/bound?overwrite=true', { body: binding });
    await create('inner', ['add', 'tools/add']);
    await create('outer', ['inner', 'bound/add']);
    const { json } = await node.invoke('outer');
    expect(json.response.result).toEqual({ value: 111 });
    expect(json.logs).toHaveLength(2);
    const inner = await record(json.logs[0]);
    expect([inner.name, inner.cause, inner.logs.length]).toEqual(['inner', json.activationId, 2]);
  });

  test('stops at an error, and answers it as an action would', async () => {
    await create('stops', ['add', 'fail', 'add']);
    const { status, json } = await node.invoke('stops');
    expect([status, json.response.status, json.response.result]).toEqual([
      502,
      'application error',
      { error: { code: 7 } },
    ]);
    expect(json.logs).toHaveLength(2);
  });

  test('goes on when its caller waits no longer', async () => {
    await create('long', ['slow', 'add']);
    const { status, json } = await node.ask('POST', 'actions/long?blocking=true&timeout=50', { body: { ms: 300 } });
    expect(status).toBe(202);
    const ended = await record(json.activationId);
    expect([ended.name, ended.logs.length, ended.response.result]).toEqual(['long', 2, { value: 1 }]);
  });

  test('whose component was deleted meanwhile says so', async () => {
    await node.put('gone', 'function main() { return {} }');
    await create('dangling', ['add', 'gone']);
    await node.ask('DELETE', 'actions/gone');
    const { status, json } = await node.invoke('dangling');
    expect([status, json.response.result.error]).toEqual([502, 'Sequence component does not exist.']);
  });

  test('that runs when the node is told to stop runs to its end', async () => {
    await using other = await new TestNode().start();
    await other.put('slow', 'function main(p) { return new Promise((done) => setTimeout(done, 200, p)) }');
    const body = sequence(['/_/slow', '/_/slow', '/_/slow']);
    await other.ask('PUT', 'actions/slowly', { body });
    const started = await other.ask('POST', 'actions/slowly', { body: { n: 1 } });
    await other.restart();
    const { response, logs } = await recordOf(other, started.json.activationId);
    expect([response.status, response.result, logs.length]).toEqual(['success', { n: 1 }, 3]);
  });
});

describe('a sequence is refused', () => {
  const put = async (name: string, components: readonly string[]) => {
    const { status, json } = await node.ask('PUT', `actions/${name}?overwrite=true`, { body: sequence(components) });
    return [status, json.error];
  };

  test('when a component is not there', async () => {
    expect(await put('s', ['/_/add', '/_/nowhere'])).toEqual([400, 'Sequence component does not exist.']);
  });

  test('when it would contain itself', async () => {
    await create('a', ['add']);
    await create('b', ['a']);
    expect(await put('a', ['/_/b'])).toEqual([400, 'Sequence may not refer to itself.']);
  });

  test('when it is empty, or longer than fifty actions with all that is in it', async () => {
    expect(await put('s', [])).toEqual([400, 'No component specified for the sequence.']);
    await create(
      'thirty',
      Array.from({ length: 30 }, () => 'add'),
    );
    expect(await put('s', ['/_/thirty', '/_/thirty'])).toEqual([400, 'Too many actions in the sequence.']);
  });

  test('to whom it does not belong, and so are its parts', async () => {
    const name = 'three';
    const stranger = `${crypto.randomUUID()}:${'k'.repeat(64)}`;
    await using other = await new TestNode({ args: ['--users', `stranger=${stranger}`] }).start();
    await other.put('add', 'function main(p) { return p }');
    await other.ask('PUT', `actions/${name}`, { body: sequence(['/_/add']) });
    const path = '/api/v1/namespaces/guest/actions';
    const theirs = await other.ask('POST', `${path}/${name}?blocking=true`, { body: {}, key: stranger });
    expect(theirs.status).toBe(403);
    const stolen = await other.ask('PUT', 'actions/stolen', { body: sequence(['/guest/add']), key: stranger });
    expect([stolen.status, stolen.json.error]).toEqual([
      403,
      "The supplied authentication is not authorized to access 'guest/add'.",
    ]);
    // A published sequence of what is not published: its components are not the stranger's to run.
    await other.ask('PUT', 'packages/shop', { body: { publish: true } });
    await other.ask('PUT', 'actions/shop/window', { body: sequence(['/_/add']) });
    const window = await other.ask('POST', `${path}/shop/window?blocking=true`, { body: {}, key: stranger });
    expect([window.status, window.json.error]).toEqual([
      403,
      "The supplied authentication is not authorized to access 'guest/add'.",
    ]);
    const own = await other.ask('POST', `${path}/shop/window?blocking=true`, { body: {}, key: GUEST_KEY });
    expect(own.status).toBe(200);
  });
});
