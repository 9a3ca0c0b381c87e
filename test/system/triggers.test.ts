import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { GUEST_KEY, TestNode } from '../util/node.ts';
import { recordOf } from '../util/records.ts';
import { until } from '../util/until.ts';

/** Fires as clients meet them (TRG-01…06, AVN-08). */

const node = new TestNode();
beforeAll(async () => {
  await node.start();
  await node.put('echo', 'function main(p) { return p }', { parameters: [{ key: 'own', value: 'action' }] });
  await node.ask('PUT', 'triggers/idle', { body: {} });
  await node.ask('PUT', 'triggers/morning', { body: { parameters: [{ key: 'when', value: 'early' }] } });
  await rule('greet', 'morning', 'echo');
});
afterAll(() => node.end());

const rule = async (name: string, trigger: string, action: string) => {
  const body = { trigger: `/_/${trigger}`, action: `/_/${action}` };
  const { status } = await node.ask('PUT', `rules/${name}?overwrite=true`, { body });
  expect(status).toBe(200);
};
const record = (id: string) => recordOf(node, id);
const fire = async (name: string, payload: unknown = {}, headers: Record<string, string> = {}) => {
  const answer = await node.ask('POST', `triggers/${name}`, { body: payload, headers });
  expect(answer.status).toBe(202);
  return record(answer.json.activationId);
};

describe('a fire', () => {
  test('of a trigger without an active rule is answered 204, and leaves nothing behind', async () => {
    const { status, text } = await node.ask('POST', 'triggers/idle', { body: { x: 1 } });
    expect([status, text]).toEqual([204, '']);
    expect((await node.ask('GET', 'activations?name=idle')).json).toEqual([]);
  });

  test('runs the action of its rule with all parameters, and is recorded without an end', async () => {
    const { logs, ...fired } = await fire('morning', { what: 'bread' });
    expect(fired).toMatchObject({ name: 'morning', annotations: [], publish: false });
    expect(fired.response).toEqual({ result: { what: 'bread' }, status: 'success', success: true });
    expect([fired.end, fired.duration]).toEqual([undefined, undefined]);
    const [line] = logs.map(JSON.parse);
    const activationId = expect.stringMatching(/^[0-9a-f]{32}$/);
    expect(line).toEqual({ statusCode: 0, success: true, activationId, rule: 'guest/greet', action: 'guest/echo' });
    const { response, cause } = await record(line.activationId);
    expect(cause).toBeUndefined();
    expect(response.result).toMatchObject({ own: 'action', when: 'early', what: 'bread' });
  });

  test('gives the action the headers of the request, but no credentials', async () => {
    const { logs } = await fire('morning', {}, { 'x-house': 'blue', cookie: 'session=secret' });
    const { response } = await record(JSON.parse(logs[0]).activationId);
    expect(response.result.__ow_headers).toMatchObject({ 'x-house': 'blue' });
    expect(Object.keys(response.result.__ow_headers)).not.toContainValues(['authorization', 'cookie', 'content-type']);
    expect(JSON.stringify(response)).not.toContain(btoa(GUEST_KEY));
    expect(JSON.stringify(response)).not.toContain('secret');
  });

  test('says of each rule what became of it: begun, inactive, without an action', async () => {
    await node.ask('PUT', 'triggers/noon', { body: {} });
    await node.put('gone', 'function main() { return {} }');
    for (const [name, action] of [
      ['on', 'echo'],
      ['off', 'echo'],
      ['dangling', 'gone'],
    ] as const) {
      await rule(name, 'noon', action);
    }
    await node.ask('POST', 'rules/off', { body: { status: 'inactive' } });
    await node.ask('DELETE', 'actions/gone');
    const lines = (await fire('noon')).logs.map(JSON.parse) as Record<string, unknown>[];
    const ofRule = (name: string) => lines.find((line) => line.rule === `guest/${name}`);
    expect(lines).toHaveLength(3);
    expect(ofRule('on')).toMatchObject({ statusCode: 0, success: true });
    const inactive = "Rule 'guest/off' is inactive, action 'guest/echo' was not activated.";
    expect(ofRule('off')).toMatchObject({ statusCode: 1, success: false, error: inactive });
    const gone = 'The requested resource does not exist.';
    expect(ofRule('dangling')).toMatchObject({ statusCode: 1, success: false, error: gone });
  });

  test('begins a sequence as one activation', async () => {
    const body = { exec: { kind: 'sequence', components: ['/_/echo', '/_/echo'] } };
    await node.ask('PUT', 'actions/twice', { body });
    await node.ask('PUT', 'triggers/evening', { body: {} });
    await rule('both', 'evening', 'twice');
    const { logs } = await fire('evening', { x: 1 });
    const sequence = await record(JSON.parse(logs[0]).activationId);
    expect([sequence.name, sequence.logs.length, sequence.response.result.x]).toEqual(['twice', 2, 1]);
  });

  test('through the SDK', async () => {
    const { activationId } = (await node.client.triggers.invoke({ name: 'morning', params: { sdk: true } })) as {
      activationId: string;
    };
    expect((await record(activationId)).response.result).toEqual({ sdk: true });
  });

  test('of ten rules begins ten actions', async () => {
    await node.ask('PUT', 'triggers/ten', { body: {} });
    for (let n = 0; n < 10; n++) await rule(`ten-${n}`, 'ten', 'echo');
    const ids = (await fire('ten', { n: 1 })).logs.map((line: string) => JSON.parse(line).activationId) as string[];
    expect(new Set(ids).size).toBe(10);
    for (const { response } of await Promise.all(ids.map(record))) expect(response.status).toBe('success');
  });

  test('is refused as anything else is: what is no object, what is not there', async () => {
    const list = await node.ask('POST', 'triggers/morning', { body: [1] });
    expect([list.status, list.json.error]).toEqual([400, 'The request content was malformed:\nJSON object expected']);
    expect((await node.ask('POST', 'triggers/nowhere', { body: {} })).status).toBe(404);
  });
});

test('fires have a limit of their own, and each rule is an invocation (TRG-06)', async () => {
  const limits = ['--limits-fires-per-minute', '3', '--limits-invocations-per-minute', '1'];
  await using other = await new TestNode({ args: limits }).start();
  await other.put('echo', 'function main(p) { return p }');
  await other.ask('PUT', 'triggers/t', { body: {} });
  await other.ask('PUT', 'rules/r', { body: { trigger: '/_/t', action: '/_/echo' } });
  // A minute may end meanwhile, but not two: of eight fires one is too many.
  const answers = [];
  for (let n = 0; n < 8; n++) answers.push(await other.ask('POST', 'triggers/t', { body: {} }));
  const refused = answers.find(({ status }) => status === 429);
  expect(refused?.json.error).toBe('Too many requests in the last minute (count: 4, allowed: 3).');
  const accepted = answers.filter(({ status }) => status === 202).length;
  await until('all fires are recorded', async () => {
    return (await other.ask('GET', 'activations?name=t')).json.length === accepted;
  });
  const records = (await other.ask('GET', 'activations?name=t&docs=true')).json as { logs: string[] }[];
  const lines = records.flatMap(({ logs }) => logs).map((line) => JSON.parse(line) as Record<string, unknown>);
  expect(lines.find(({ success }) => success)).toBeDefined();
  expect(lines.find(({ success }) => !success)).toMatchObject({
    statusCode: 1,
    error: expect.stringMatching(/^Too many requests in the last minute \(count: \d, allowed: 1\)\.$/),
  });
});
