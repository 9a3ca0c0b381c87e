import { beforeEach, describe, expect, test } from 'bun:test';
import { TestApi } from '../../util/api.ts';

const NS = '/api/v1/namespaces';
const exec = { kind: 'nodejs:default', code: 'function main(p) { return p }' };

let api: TestApi;
let guest: string;

beforeEach(async () => {
  api = new TestApi();
  guest = await api.addSubject('guest');
});

const call = (method: string, path: string, body?: unknown) => api.call(method, `${NS}/_/${path}`, guest, body);
const put = (path: string, body: unknown) => call('PUT', path, body);
const refused = ({ status, json }: { status: number; json: { error: string } }) => [status, json.error];

describe('triggers (EP-19, ENT-09)', () => {
  test('are created, changed, listed and deleted', async () => {
    expect((await put('triggers/t', { name: 't', parameters: [{ key: 't', value: 1 }] })).json).toEqual({
      ...{ annotations: [], limits: {}, name: 't', namespace: 'guest', parameters: [{ key: 't', value: 1 }] },
      ...{ publish: false, updated: expect.any(Number), version: '0.0.1' },
    });
    const annotations = [{ key: 'k', value: 'v' }];
    expect((await put('triggers/t?overwrite=true', { annotations })).json).toMatchObject({
      version: '0.0.2',
      annotations,
    });
    const row = {
      annotations,
      name: 't',
      namespace: 'guest',
      publish: false,
      updated: expect.any(Number),
      version: '0.0.2',
    };
    expect((await call('GET', 'triggers')).json).toEqual([row]);
    expect((await call('GET', 'triggers?count=true')).json).toEqual({ triggers: 1 });
    expect((await call('DELETE', 'triggers/t')).json.version).toBe('0.0.2');
    expect((await call('GET', 'triggers/t')).status).toBe(404);
  });

  test('annotations of a trigger are replaced, not merged (ACT-10)', async () => {
    await put('triggers/t', { annotations: [{ key: 'a', value: 1 }] });
    const { json } = await put('triggers/t?overwrite=true', { annotations: [{ key: 'b', value: 2 }] });
    expect(json.annotations).toEqual([{ key: 'b', value: 2 }]);
  });

  test.each([5, '', '//', null])('a feed called %p is refused (PAR-10)', async (value) => {
    expect(refused(await put('triggers/t', { annotations: [{ key: 'feed', value }] }))).toEqual([
      400,
      'Feed name is not valid',
    ]);
  });

  test('a feed by a path is taken', async () => {
    expect(
      (await put('triggers/t', { annotations: [{ key: 'feed', value: '/whisk.system/alarms/alarm' }] })).status,
    ).toBe(200);
  });
});

describe('rules (EP-20, EP-21, ENT-10)', () => {
  beforeEach(async () => {
    await put('triggers/t', {});
    await put('actions/a', { exec });
  });

  const rule = {
    ...{ action: { name: 'a', path: 'guest' }, annotations: [], name: 'r', namespace: 'guest', publish: false },
    ...{ status: 'active', trigger: { name: 't', path: 'guest' }, updated: expect.any(Number), version: '0.0.1' },
  };

  test('are active from the first, whatever the body says, and stand in their trigger', async () => {
    expect((await put('rules/r', { name: 'r', status: '', trigger: '/_/t', action: '/_/a' })).json).toEqual(rule);
    expect((await call('GET', 'rules/r')).json).toEqual(rule);
    expect((await call('GET', 'triggers/t')).json.rules).toEqual({
      'guest/r': { action: { name: 'a', path: 'guest' }, status: 'active' },
    });
    const { status: _status, ...row } = rule;
    expect((await call('GET', 'rules')).json).toEqual([row]);
    expect((await call('GET', 'rules?count=true')).json).toEqual({ rules: 1 });
  });

  test.each(['guest/t', '_/t', '//guest//t'])(
    'take a name without its slash, and with more of them: %s',
    async (trigger) => {
      expect((await put('rules/r', { trigger, action: '_/a' })).json).toEqual(rule);
    },
  );

  test('take names as objects, too', async () => {
    const ends = { trigger: { path: 'guest', name: 't' }, action: { path: '_', name: 'a' } };
    expect((await put('rules/r', ends)).json).toEqual(rule);
  });

  test('are switched off and on, and say OK in plain text', async () => {
    await put('rules/r', { trigger: '/_/t', action: '/_/a' });
    for (const status of ['inactive', 'inactive', 'active']) {
      const answer = await call('POST', 'rules/r', { status, trigger: null, action: null });
      expect([answer.status, answer.text, answer.headers.get('content-type')]).toEqual([
        200,
        'OK',
        'text/plain; charset=UTF-8',
      ]);
      expect((await call('GET', 'rules/r')).json.status).toBe(status);
    }
    expect(refused(await call('POST', 'rules/r', { status: 'nope' }))).toEqual([
      400,
      'The request content was malformed:\nrequirement failed: nope is not a recognized rule state',
    ]);
  });

  test('keep their status when they are changed, and move from trigger to trigger (TRG-04)', async () => {
    await put('triggers/u', {});
    await put('rules/r', { trigger: '/_/t', action: '/_/a' });
    await call('POST', 'rules/r', { status: 'inactive' });
    const { json } = await put('rules/r?overwrite=true', { trigger: '/_/u' });
    expect([json.status, json.version, json.trigger.name, json.action.name]).toEqual(['inactive', '0.0.2', 'u', 'a']);
    expect((await call('GET', 'triggers/t')).json.rules).toEqual({});
    expect((await call('GET', 'triggers/u')).json.rules['guest/r'].status).toBe('inactive');
  });

  test('are inactive without their trigger, and go with or without it (TRG-05)', async () => {
    await put('rules/r', { trigger: '/_/t', action: '/_/a' });
    await call('DELETE', 'triggers/t');
    expect((await call('GET', 'rules/r')).json.status).toBe('inactive');
    expect(refused(await call('POST', 'rules/r', { status: 'active' }))).toEqual([
      404,
      'Only rules with existing triggers can be activated',
    ]);
    expect((await call('DELETE', 'rules/r')).json.status).toBe('inactive');
    expect((await call('GET', 'rules/r')).status).toBe(404);
  });

  test('take themselves off their trigger when they go', async () => {
    await put('rules/r', { trigger: '/_/t', action: '/_/a' });
    await call('DELETE', 'rules/r');
    expect((await call('GET', 'triggers/t')).json.rules).toEqual({});
  });

  test.each<[string, unknown, number, string]>([
    ['without ends', {}, 400, 'rule requires a valid trigger and a valid action'],
    ['without action', { trigger: '/_/t' }, 400, 'rule requires a valid trigger and a valid action'],
    ['without such a trigger', { trigger: '/_/none', action: '/_/a' }, 400, 'trigger /guest/none does not exist'],
    ['without such an action', { trigger: '/_/t', action: '/_/none' }, 400, 'action /guest/none does not exist'],
    [
      'of an action as trigger',
      { trigger: '/_/a', action: '/_/a' },
      400,
      'Resource by this name exists but is not in this collection.',
    ],
    [
      'of a trigger elsewhere',
      { trigger: '/other/t', action: '/_/a' },
      403,
      "The supplied authentication is not authorized to access 'other/t'.",
    ],
    [
      'of an action elsewhere',
      { trigger: '/_/t', action: '/other/a' },
      403,
      "The supplied authentication is not authorized to access 'other/a'.",
    ],
    [
      'with half a name',
      { trigger: '/_', action: '/_/a' },
      400,
      'The request content was malformed:\nrequirement failed: The fully qualified name of the entity must contain at least the namespace and the name of the entity.',
    ],
    [
      'with a name that can be none',
      { trigger: '/_/t', action: '/_/a?' },
      400,
      'The request content was malformed:\nfully qualified name malformed',
    ],
    ...[{ name: 't' }, { path: '_' }, { path: 3, name: 't' }, 3, {}].map(
      (trigger): [string, unknown, number, string] => [
        `with the name ${JSON.stringify(trigger)}`,
        { trigger, action: '/_/a' },
        400,
        'The request content was malformed:\nfully qualified name malformed',
      ],
    ),
    [
      'of a namespace that was meant to be a package',
      { trigger: '_/t', action: 'p/x' },
      403,
      "The supplied authentication is not authorized to access 'p/x'.",
    ],
  ])('%s are refused', async (_what, body, status, sentence) => {
    expect(refused(await put('rules/r', body))).toEqual([status, sentence]);
    expect((await call('GET', 'rules/r')).status).toBe(404);
    expect((await call('GET', 'triggers/t')).json.rules).toBeUndefined();
  });

  test('may be of an action in a package, through a binding', async () => {
    await put('packages/p', {});
    await put('actions/p/x', { exec });
    await put('packages/b', { binding: { namespace: '_', name: 'p' } });
    expect((await put('rules/r', { trigger: '/_/t', action: '/_/b/x' })).json.action).toEqual({
      name: 'x',
      path: 'guest/b',
    });
  });
});

describe('fires (EP-19, TRG-01)', () => {
  test('without an active rule are 204, and leave no record (TRAP-06)', async () => {
    await put('triggers/t', {});
    const answer = await call('POST', 'triggers/t', {});
    expect([answer.status, answer.text]).toEqual([204, '']);
    expect(answer.headers.get('access-control-allow-origin')).toBe('*');
    expect(api.store.activations.records.size).toBe(0);
  });

  test('with one are 202 with the id of the trigger’s record, and run the action without the caller’s key (TRAP-07)', async () => {
    await put('triggers/t', { parameters: [{ key: 't', value: 1 }] });
    await put('actions/a', { exec });
    await put('rules/r', { trigger: '/_/t', action: '/_/a' });
    const { status, json, headers } = await call('POST', 'triggers/t', { z: 1 });
    expect([status, headers.get('x-openwhisk-activation-id')]).toEqual([202, json.activationId]);
    await Bun.sleep(0);
    const args = JSON.parse(api.jobs[0]?.args as string);
    expect(args).toMatchObject({ t: 1, z: 1 });
    expect(JSON.stringify(args)).not.toContain(guest);
    const record = (await call('GET', `activations/${json.activationId}`)).json;
    expect(record.response).toMatchObject({ result: { z: 1 }, status: 'success' });
    expect(JSON.parse(record.logs[0])).toEqual({
      ...{ statusCode: 0, success: true, rule: 'guest/r', action: 'guest/a' },
      activationId: api.jobs[0]?.activationId,
    });
  });

  test.each([
    ['[1]', 400],
    ['{bad', 400],
  ])('with %p are refused', async (body, status) => {
    await put('triggers/t', {});
    expect((await call('POST', 'triggers/t', body)).status).toBe(status);
  });

  test('of what is not there are 404, and too many of them 429', async () => {
    expect((await call('POST', 'triggers/none', {})).status).toBe(404);
    const few = await api.addSubject('few', { firesPerMinute: 1 });
    await api.call('PUT', `${NS}/_/triggers/t`, few, {});
    const fire = () => api.call('POST', `${NS}/_/triggers/t`, few, {});
    expect((await fire()).status).toBe(204);
    expect(refused(await fire())).toEqual([429, 'Too many requests in the last minute (count: 2, allowed: 1).']);
  });
});
