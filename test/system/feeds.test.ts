import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { feedCode } from '../util/lifecycle.ts';
import { type Answer, GUEST_KEY, TestNode } from '../util/node.ts';

/**
 * The feed protocol (TRG-07, TRG-09, PAR-10): a trigger's annotation names an action, and whoever creates, reads, changes
 * or deletes the trigger tells that action. The client does it, wsk and the SDK alike; the server holds the trigger, and
 * runs the action like any other.
 */

const alice = `11111111-2222-4333-8444-555555555555:${'a'.repeat(64)}`;
const node = new TestNode({ args: ['--users', `alice=${alice}`] });
beforeAll(async () => {
  await node.start();
  await node.ask('PUT', 'packages/clock', { body: { publish: true, parameters: [{ key: 'zone', value: 'UTC' }] } });
  await node.put('clock/tick', feedCode, { annotations: [{ key: 'feed', value: true }] });
  await node.put('clock/plain', feedCode);
});
afterAll(() => node.end());

/** As wsk sends it. */
const wsk = (method: string, path: string, body?: object, key = GUEST_KEY) =>
  node.ask(method, path, {
    key,
    headers: { 'user-agent': 'OpenWhisk-CLI/1.0 (not set) linux amd64' },
    ...(body === undefined ? {} : { body: `${JSON.stringify(body)}\n` }),
  });

type Event = 'CREATE' | 'READ' | 'UPDATE' | 'DELETE' | 'PAUSE' | 'UNPAUSE';

/** wsk tells a feed: its own parameters, and three more. */
function tell(event: Event, trigger: string, own: object = {}, feed = 'clock/tick', key = GUEST_KEY): Promise<Answer> {
  const body = { ...own, lifecycleEvent: event, triggerName: `/_/${trigger}`, authKey: key };
  return wsk('POST', `/api/v1/namespaces/guest/actions/${feed}?blocking=true&result=false`, body, key);
}

const hold = (trigger: string, feed: unknown = '/guest/clock/tick', more: object = {}, key = GUEST_KEY) =>
  wsk(
    'PUT',
    `triggers/${trigger}?overwrite=false`,
    { name: trigger, annotations: [{ key: 'feed', value: feed }], ...more },
    key,
  );

describe('wsk', () => {
  test('trigger create --feed: holds the trigger, without the parameters, and tells the feed', async () => {
    const { status, json } = await hold('every');
    expect([status, json.annotations, json.parameters]).toEqual([
      ...[200, [{ key: 'feed', value: '/guest/clock/tick' }], []],
    ]);
    const told = await tell('CREATE', 'every', { cron: '* * * * *', trigger_payload: { n: 1 } });
    expect([told.status, told.json.response.result]).toEqual([
      200,
      {
        ...{ lifecycleEvent: 'CREATE', triggerName: '/_/every', authKey: GUEST_KEY },
        own: { zone: 'UTC', cron: '* * * * *', trigger_payload: { n: 1 } },
      },
    ]);
    expect(told.json.logs).toEqual([expect.stringMatching(/ stdout: CREATE \/_\/every$/)]);
  });

  test('trigger create -F … -T …: parameters of the trigger are the trigger’s, those of the feed the feed’s', async () => {
    const { json } = await hold('both', '/guest/clock/tick', { parameters: [{ key: 'mine', value: 4 }] });
    expect(json.parameters).toEqual([{ key: 'mine', value: 4 }]);
    expect((await tell('CREATE', 'both', { cron: 'x' })).json.response.result.own).toEqual({ zone: 'UTC', cron: 'x' });
  });

  test('trigger get: finds the feed in the annotation, and shows what the feed says', async () => {
    const { json } = await wsk('GET', 'triggers/every');
    expect(json.annotations).toEqual([{ key: 'feed', value: '/guest/clock/tick' }]);
    const { status, json: read } = await tell('READ', 'every');
    expect([status, read.response.result.lifecycleEvent]).toEqual([200, 'READ']);
  });

  test('trigger update: tells the feed alone, the trigger stays as it is', async () => {
    expect((await tell('UPDATE', 'every', { cron: '0 * * * *' })).json.response.result.own.cron).toBe('0 * * * *');
    expect((await wsk('GET', 'triggers/every')).json.version).toBe('0.0.1');
  });

  test.each(['PAUSE', 'UNPAUSE'] as const)('%s goes the same way', async (event) => {
    const { status, json } = await tell(event, 'every');
    expect([status, json.response.result.lifecycleEvent]).toEqual([200, event]);
  });

  test('trigger delete: tells the feed, then deletes', async () => {
    expect((await tell('DELETE', 'every')).status).toBe(200);
    expect((await wsk('DELETE', 'triggers/every')).status).toBe(200);
    expect((await wsk('GET', 'triggers/every')).status).toBe(404);
  });

  test.each([
    ['fails', { fail: 'CREATE' }, 502, 'clock/tick'],
    ['is not there', {}, 404, 'clock/none'],
    ['is in no package that there is', {}, 404, 'none/tick'],
  ])('a feed that %s: the trigger is told to go again, and goes', async (_, own, status, feed) => {
    expect((await hold('failing', `/guest/${feed}`)).status).toBe(200);
    const told = await tell('CREATE', 'failing', own, feed);
    expect(told.status).toBe(status);
    // Of an action's failure wsk shows the record, and knows it by the missing code; of all else, the sentence.
    expect('code' in told.json).toBe(status === 404);
    expect((await wsk('GET', 'triggers/failing')).json.annotations[0].value).toBe(`/guest/${feed}`);
    await tell('DELETE', 'failing', own, feed);
    expect((await wsk('DELETE', 'triggers/failing')).status).toBe(200);
    expect((await wsk('GET', 'triggers/failing')).status).toBe(404);
  });

  test('a feed that is not ready in time: 202, which wsk takes for a failure', async () => {
    const path = '/api/v1/namespaces/guest/actions/clock/tick?blocking=true&result=false&timeout=50';
    const { status, json } = await wsk('POST', path, { lifecycleEvent: 'CREATE', late: 'CREATE' });
    expect([status, Object.keys(json)]).toEqual([202, ['activationId']]);
  });
});

describe('a trigger', () => {
  test.each([
    ['/guest/clock/tick'],
    ['clock/tick'],
    ['/_/clock/tick'],
    ['/whisk.system/alarms/alarm'],
    ['tick'],
    ['guest//clock/tick/'],
  ])('may name its feed %s', async (feed) => {
    expect((await hold('named', feed)).status).toBe(200);
    expect((await wsk('DELETE', 'triggers/named')).status).toBe(200);
  });

  test.each([[''], ['/'], [true], [{ name: 'tick' }], ['/guest/what?']])('may not name its feed %j', async (feed) => {
    const { status, json } = await hold('named', feed);
    expect([status, json.error]).toEqual([400, 'Feed name is not valid']);
    expect((await wsk('GET', 'triggers/named')).status).toBe(404);
  });

  test('tells its feed in lists, too: wskdeploy looks there', async () => {
    await hold('listed');
    const rows = (await wsk('GET', 'triggers?limit=0&skip=0')).json as { name: string; annotations: unknown }[];
    expect(rows.find(({ name }) => name === 'listed')?.annotations).toEqual([
      { key: 'feed', value: '/guest/clock/tick' },
    ]);
    await wsk('DELETE', 'triggers/listed');
  });
});

describe('feeds of somebody else', () => {
  test('are found in his package, apart from its other actions', async () => {
    const { json } = await wsk('GET', '/api/v1/namespaces/guest/packages/clock', undefined, alice);
    const names = (entries: { name: string }[]) => entries.map(({ name }) => name);
    expect([names(json.feeds), names(json.actions)]).toEqual([['tick'], ['plain']]);
  });

  test('run for who calls them, with the key that he hands over', async () => {
    expect((await hold('hers', '/guest/clock/tick', {}, alice)).json.namespace).toBe('alice');
    const { status, json } = await tell('CREATE', 'hers', {}, 'clock/tick', alice);
    expect([status, json.namespace, json.subject, json.response.result.authKey]).toEqual([
      ...[200, 'alice', 'alice', alice],
    ]);
  });

  test('run through a binding, with its parameters', async () => {
    const binding = { namespace: 'guest', name: 'clock' };
    const parameters = [{ key: 'zone', value: 'CET' }];
    expect((await wsk('PUT', 'packages/mine', { binding, parameters }, alice)).status).toBe(200);
    const body = { lifecycleEvent: 'CREATE', triggerName: '/_/hers', authKey: alice };
    const { json } = await wsk('POST', 'actions/mine/tick?blocking=true&result=false', body, alice);
    expect(json.response.result.own).toEqual({ zone: 'CET' });
  });

  test('do not run when their package is not published', async () => {
    await node.ask('PUT', 'packages/private', { body: {} });
    await node.put('private/tick', feedCode, { annotations: [{ key: 'feed', value: true }] });
    expect((await tell('CREATE', 'hers', {}, 'private/tick', alice)).status).toBe(403);
  });
});

describe('the openwhisk client’s feeds', () => {
  type Verb = 'create' | 'get' | 'update' | 'delete';
  interface Feed {
    readonly name: string;
    readonly trigger: string;
    readonly params: object;
  }
  /** Its types know of two of the four. */
  const feed = (verb: Verb, options: Feed) =>
    (node.client.feeds as unknown as Record<Verb, (options: Feed) => Promise<{ response?: unknown }>>)[verb](options);
  const result = ({ response }: { response?: unknown }) => (response as { result: Record<string, unknown> }).result;

  test.each([
    ['create', 'CREATE'],
    ['get', 'READ'],
    ['update', 'UPDATE'],
    ['delete', 'DELETE'],
  ] as const)('%s: %s', async (verb, lifecycleEvent) => {
    const answer = await feed(verb, { name: '/guest/clock/tick', trigger: 'sdk', params: { cron: 'x' } });
    expect(result(answer)).toEqual({
      ...{ lifecycleEvent, triggerName: '/_/sdk', authKey: GUEST_KEY },
      own: { zone: 'UTC', cron: 'x' },
    });
  });

  test('throw what the feed says when it fails', async () => {
    const failing = { name: 'clock/tick', trigger: 'sdk', params: { fail: 'CREATE' } };
    const thrown = await feed('create', failing).then(
      () => expect.unreachable(),
      (error: { statusCode: number; error: { response: unknown } }) => error,
    );
    expect([thrown.statusCode, result(thrown.error)]).toEqual([502, { error: 'the provider says no' }]);
  });

  test('go along with its triggers', async () => {
    const { client } = node;
    const annotations = [{ key: 'feed', value: '/guest/clock/tick' }];
    const held = await client.triggers.create({ name: 'sdk', trigger: { annotations } } as never);
    expect(held).toMatchObject({ name: 'sdk', annotations });
    await client.triggers.delete({ name: 'sdk' });
  });
});
