import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { TestNode } from '../util/node.ts';
import { run } from '../util/whisklet.ts';

/** A namespace's own limits, set by the operator while the node runs (LIM-15, LIM-16, ADM-07, ADM-08). */

const key = (letter: string) => `${letter.repeat(8)}-1111-4222-8333-444444444444:${letter.repeat(64)}`;
const names = ['sizes', 'kept', 'shut', 'silent', 'narrow', 'slow'] as const;
const keys = Object.fromEntries(names.map((name, index) => [name, key(String(index))])) as Record<
  (typeof names)[number],
  string
>;
const users = names.map((name) => `${name}=${keys[name]}`).join(',');

const node = new TestNode({ args: ['--users', users] });
beforeAll(() => node.start());
afterAll(() => node.end());

const limits = (...args: string[]) => run(['limits', ...args, '--data-dir', node.dataDir]);

async function give(name: (typeof names)[number], code: string) {
  const body = { exec: { kind: 'nodejs:default', code } };
  expect((await node.ask('PUT', 'actions/a?overwrite=true', { key: keys[name], body })).status).toBe(200);
  const more = (body: object) => node.ask('POST', 'actions/a?blocking=true', { key: keys[name], body });
  return more;
}

const long = 'function main(args) { return { text: "x".repeat(args.length) }; }';

test('the command says what is set, and takes it back', async () => {
  expect((await limits('get', 'slow')).out).toBe('No limits found, default system limits apply\n');
  expect((await limits('set', 'slow', '--invocationsPerMinute', '7', '--truncationSize', '1 KB')).out).toBe(
    'Limits successfully set for "slow"\n',
  );
  expect((await limits('get', 'slow')).out).toBe('invocationsPerMinute = 7\ntruncationSize = 1 KB\n');
  expect((await node.ask('GET', 'limits', { key: keys.slow })).json.invocationsPerMinute).toBe(7);
  expect((await limits('delete', 'slow')).out).toBe('Limits deleted\n');
  expect((await node.ask('GET', 'limits', { key: keys.slow })).json.invocationsPerMinute).toBe(1_000_000);
});

describe('a result', () => {
  test('may be as large as a payload of the namespace may be, at once after it was set', async () => {
    const call = await give('sizes', long);
    expect((await call({ length: 2000 })).status).toBe(200);
    expect((await limits('set', 'sizes', '--maxPayloadSize', '1 KB', '--truncationSize', '20 B')).exit).toBe(0);
    const { status, json } = await call({ length: 2000 });
    expect([status, json.response.status, json.response.size]).toEqual([502, 'application error', 2011]);
    expect(json.response.result.error).toBe(
      'The action produced a response that exceeded the allowed length: 2011 > 1024 bytes. ' +
        'The truncated response was: {"text":"xxxxxxxxxxx',
    );
    expect((await call({ length: 1000 })).status).toBe(200);
  });

  test('that is too large for the node shows only as much of itself as the namespace keeps', async () => {
    const call = await give('kept', long);
    await limits('set', 'kept', '--truncationSize', '1 KB');
    const { json } = await call({ length: 2 * 1024 * 1024 });
    const { error } = json.response.result as { error: string };
    expect(error).toStartWith(
      'The action produced a response that exceeded the allowed length: 2097163 > 1048576 bytes. ',
    );
    expect(error.split('The truncated response was: ')[1]).toHaveLength(1024);
  });
});

test.each([
  ['--invocationsPerMinute', 'Too many requests in the last minute (count: 1, allowed: 0).'],
  ['--concurrentInvocations', 'Too many concurrent requests in flight (count: 0, allowed: 0).'],
])('a namespace with %s 0 can invoke nothing, and read all (LIM-15)', async (flag, sentence) => {
  const call = await give('shut', long);
  await limits('set', 'shut', flag, '0');
  const { status, json } = await call({});
  expect([status, json.error]).toEqual([429, sentence]);
  expect((await node.ask('GET', 'actions/a', { key: keys.shut })).status).toBe(200);
  await limits('delete', 'shut');
  expect((await call({ length: 1 })).status).toBe(200);
});

test('a namespace that stores no activations gets answers, and has no records (AVN-10)', async () => {
  const call = await give('silent', long);
  await limits('set', 'silent', '--storeActivations', 'false');
  const { status, json } = await call({ length: 1 });
  expect([status, json.response.result]).toEqual([200, { text: 'x' }]);
  expect((await node.ask('GET', `activations/${json.activationId}`, { key: keys.silent })).status).toBe(404);
  expect((await node.ask('GET', 'activations', { key: keys.silent })).json).toEqual([]);
});

describe('an action of a namespace', () => {
  beforeAll(() =>
    limits(
      ...['set', 'narrow', '--allowedKinds', 'nodejs:20', 'python:3', '--minActionMemory', '200'],
      ...[
        '--maxActionMemory',
        '300',
        '--maxActionTimeout',
        '1000',
        '--maxActionLogs',
        '5',
        '--maxActionConcurrency',
        '2',
      ],
      ...['--maxParameterSize', '1 KB'],
    ).then(({ err }) => expect(err).toBe('')),
  );
  const put = async (more: object, kind = 'nodejs:20') => {
    const body = { limits: { timeout: 1000, memory: 256, logs: 5 }, ...more, exec: { kind, code: long } };
    const { status, json } = await node.ask('PUT', 'actions/n?overwrite=true', { key: keys.narrow, body });
    return [status, json.error];
  };

  test('has what is within its bounds, and reads what these are', async () => {
    expect(await put({})).toEqual([200, undefined]);
    expect((await node.ask('GET', 'limits', { key: keys.narrow })).json).toMatchObject({
      ...{ allowedKinds: ['nodejs:20', 'python:3'], minActionMemory: 200, maxActionMemory: 300, maxActionLogs: 5 },
      ...{ maxActionTimeout: 1000, maxActionConcurrency: 2, maxParameterSize: '1024 B' },
    });
  });

  test.each([
    [{ limits: { memory: 199 } }, 'memory size 199 MB below allowed threshold of 200 MB'],
    [{ limits: { memory: 301 } }, 'memory size 301 MB exceeds allowed threshold of 300 MB'],
    [{ limits: { timeout: 1001 } }, 'duration 1001 milliseconds exceeds allowed threshold of 1000 milliseconds'],
    [{ limits: { logs: 6 } }, 'log size 6 MB exceeds allowed threshold of 5 MB'],
    [{ limits: { concurrency: 3 } }, 'concurrency 3 exceeds allowed threshold of 2'],
  ])('is refused with %j', async (more, sentence) => {
    expect(await put(more)).toEqual([400, `requirement failed: ${sentence}`]);
  });

  test('that was made before its limits were lowered does not run any more', async () => {
    await give('slow', long);
    await limits('set', 'slow', '--maxActionMemory', '200');
    const { status, json } = await node.ask('POST', 'actions/a?blocking=true', { key: keys.slow, body: { length: 1 } });
    expect([status, json.response.status, json.response.result.error]).toEqual([
      ...[502, 'application error', 'requirement failed: memory size 256 MB exceeds allowed threshold of 200 MB'],
    ]);
    expect((await node.ask('GET', `activations/${json.activationId}`, { key: keys.slow })).status).toBe(200);
    await limits('delete', 'slow');
    expect((await node.ask('POST', 'actions/a?blocking=true', { key: keys.slow, body: { length: 1 } })).status).toBe(
      200,
    );
  });

  test('is refused with another kind, and with larger parameters (ACT-14, PAR-04)', async () => {
    const sentence = "The supplied authentication is not authorized to access actions of kind 'nodejs:22'.";
    expect(await put({}, 'nodejs:22')).toEqual([403, sentence]);
    const parameters = [{ key: 'k', value: 'x'.repeat(1024) }];
    expect(await put({ parameters })).toEqual([413, 'parameters larger than allowed: 1027 > 1024 bytes.']);
  });
});
