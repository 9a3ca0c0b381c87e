import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { TestNode } from '../util/node.ts';
import { until } from '../util/until.ts';

/** Activation records through the stock client, and what only a raw request shows of them. */

const node = new TestNode();
afterAll(() => node.end());

const code = `function main({ n }) {
  console.log('out', n);
  console.error('err', n);
  return { n };
}`;

interface Invoked {
  readonly activationId: string;
  readonly start: number;
}

/** Of `first` and `second`, in turns, oldest first, no two in one millisecond. */
const invoked: Invoked[] = [];

beforeAll(async () => {
  await node.start();
  for (const name of ['first', 'second']) await node.put(name, code, { parameters: [{ key: 'p', value: 1 }] });
  for (let n = 0; n < 8; n++) {
    const { json } = await node.invoke(n % 2 === 0 ? 'first' : 'second', { n });
    invoked.push({ activationId: json.activationId, start: json.start });
    await until('the clock has moved on', () => Date.now() > json.start);
  }
});

const newestFirst = (...indices: number[]) => indices.map((index) => invoked[index]?.activationId as string);

async function list(query: string): Promise<string[]> {
  const { status, json } = await node.ask('GET', `activations?${query}`);
  expect(status).toBe(200);
  return json.map((row: Invoked) => row.activationId);
}

const since = (index: number) => invoked[index]?.start as number;

describe('a record', () => {
  test('has what OpenWhisk records, and logs in the order of printing (AVN-01, AVN-03, AVN-05, AVN-07)', async () => {
    const { activationId, start } = invoked[0] as Invoked;
    const record = await node.client.activations.get(activationId);
    expect(record as object).toEqual({
      activationId,
      namespace: 'guest',
      name: 'first',
      version: '0.0.1',
      publish: false,
      subject: 'guest',
      start,
      end: expect.any(Number),
      duration: expect.any(Number),
      response: { status: 'success', success: true, result: { n: 0 }, size: 7 },
      logs: [
        expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d+Z {2,}stdout: out 0$/),
        expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d+Z {2,}stderr: err 0$/),
      ],
      annotations: [
        { key: 'path', value: 'guest/first' },
        { key: 'waitTime', value: expect.any(Number) },
        { key: 'kind', value: 'nodejs:20' },
        { key: 'timeout', value: false },
        { key: 'limits', value: { concurrency: 1, logs: 10, memory: 256, timeout: 60_000 } },
        { key: 'initTime', value: expect.any(Number) },
      ],
    });
    expect(record.end - record.start).toBe(record.duration);
  });

  test('has initTime only when the container was initialized for it (AVN-05)', async () => {
    const keys = (await node.client.activations.get(invoked[2]?.activationId as string)).annotations?.map(
      ({ key }) => key,
    );
    expect(keys).toEqual(['path', 'waitTime', 'kind', 'timeout', 'limits']);
  });

  test('gives its logs and its result alone', async () => {
    const { activations } = node.client;
    const name = invoked[3]?.activationId as string;
    const { logs } = await activations.logs({ name });
    expect(logs.map((line) => line.replace(/^\S+ +/, ''))).toEqual(['stdout: out 3', 'stderr: err 3']);
    const result = (await activations.result({ name })) as object;
    expect(result).toEqual({ result: { n: 3 }, size: 7, status: 'success', success: true });
  });

  test('of another id is missing, and an id of another shape is refused (AVN-02)', async () => {
    const answers = await Promise.all(
      ['0'.repeat(32), 'xyz', 'g'.repeat(32)].map((id) => node.ask('GET', `activations/${id}`)),
    );
    expect(answers.map(({ status, json }) => [status, json.error])).toEqual([
      [404, 'The requested resource does not exist.'],
      [400, 'Activation id length is 3 but must be 32.'],
      [400, 'The activation id is not valid.'],
    ]);
  });

  test('belongs to the namespace that invoked (AVN-15)', async () => {
    const { status } = await node.ask('GET', `/api/v1/namespaces/whisk.system/activations/${invoked[0]?.activationId}`);
    expect(status).toBe(403);
  });
});

describe('the list of records', () => {
  test('is newest first, by pages (LIST-01, LIST-02, LIST-04)', async () => {
    expect(await list('limit=3')).toEqual(newestFirst(7, 6, 5));
    expect(await list('limit=3&skip=3')).toEqual(newestFirst(4, 3, 2));
    expect(await list('limit=0')).toEqual(newestFirst(7, 6, 5, 4, 3, 2, 1, 0));
  });

  test('can be of one action', async () => {
    expect(await list('name=second')).toEqual(newestFirst(7, 5, 3, 1));
    expect(await list('name=second&limit=1&skip=1')).toEqual(newestFirst(5));
    expect(await list('name=pkg%2Fsecond')).toEqual([]);
    expect(await list('name=none')).toEqual([]);
  });

  test('can be of a time, both ends included', async () => {
    expect(await list(`since=${since(5)}`)).toEqual(newestFirst(7, 6, 5));
    expect(await list(`upto=${since(1)}`)).toEqual(newestFirst(1, 0));
    expect(await list(`since=${since(2)}&upto=${since(4)}&name=first`)).toEqual(newestFirst(4, 2));
    expect(await list(`since=${since(7) + 100_000}`)).toEqual([]);
  });

  test('counts', async () => {
    const count = async (query: string) => (await node.ask('GET', `activations?count=true&${query}`)).json;
    expect(await count('')).toEqual({ activations: 8 });
    expect(await count(`name=first&since=${since(1)}`)).toEqual({ activations: 3 });
    expect(await count('skip=6')).toEqual({ activations: 2 });
    const { status, json } = await node.ask('GET', 'activations?count=true&docs=true');
    expect([status, json.error]).toEqual([400, "The parameter 'docs' is not permitted with 'count'."]);
  });

  test('has summaries, or with docs whole records (LIST-06)', async () => {
    const [row] = (await node.ask('GET', 'activations?limit=1')).json;
    expect(row).toEqual({
      activationId: newestFirst(7)[0],
      annotations: expect.any(Array),
      duration: expect.any(Number),
      end: expect.any(Number),
      name: 'second',
      namespace: 'guest',
      publish: false,
      start: since(7),
      statusCode: 0,
      subject: 'guest',
      version: '0.0.1',
    });
    const [whole] = await node.client.activations.list({ limit: 1, docs: true });
    expect(whole as object).toEqual((await node.client.activations.get(newestFirst(7)[0] as string)) as object);
  });

  test('tells by numbers how activations ended (AVN-04, TRAP-13)', async () => {
    await node.put('app', 'function main() { return { error: 1 } }');
    await node.put('developer', 'function main() { throw 1 }');
    await node.invoke('app');
    await node.invoke('developer');
    const rows = (await node.ask('GET', 'activations?limit=2')).json as { name: string; statusCode: number }[];
    expect(rows.map(({ name, statusCode }) => [name, statusCode])).toEqual([
      ['developer', 2],
      ['app', 1],
    ]);
  });

  test('shows a record at once to who got the answer', async () => {
    for (let n = 0; n < 20; n++) {
      const { json } = await node.invoke('first', { n });
      expect(await list('limit=1')).toEqual([json.activationId]);
      expect((await node.ask('GET', `activations/${json.activationId}/result`)).json.result).toEqual({ n });
    }
  });
});

test('a cold activation began with its init (AVN-06)', async () => {
  const busy = 'const end = Date.now() + 150; while (Date.now() < end); function main() { return {}; }';
  await node.put('busy', busy);
  const { start, end, duration, annotations } = (await node.invoke('busy')).json;
  const initTime = annotations.find(({ key }: { key: string }) => key === 'initTime').value;
  expect(initTime).toBeGreaterThanOrEqual(150);
  expect(duration).toBeGreaterThanOrEqual(initTime);
  expect(end - start).toBe(duration);
});
