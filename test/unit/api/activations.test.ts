import { beforeEach, describe, expect, test } from 'bun:test';
import type { Activation } from '../../../src/model/activation.ts';
import { TestApi } from '../../util/api.ts';

const PATH = '/api/v1/namespaces/_/activations';

let api: TestApi;
let guest: string;

const record = (n: number, fields: Partial<Activation> = {}): Activation => ({
  activationId: String(n).padStart(32, '0'),
  namespace: 'guest',
  name: 'hello',
  version: '0.0.1',
  subject: 'guest',
  start: n,
  end: n + 5,
  duration: 5,
  response: { status: 'success', result: `{"n":${n}}`, size: 7 },
  logs: [`line ${n}`],
  annotations: [{ key: 'path', value: 'guest/hello' }],
  ...fields,
});

beforeEach(async () => {
  api = new TestApi();
  guest = await api.addSubject('guest');
  for (const n of [1, 2, 3]) await api.store.activations.put(record(n));
});

const get = (path: string) => api.call('GET', `${PATH}${path}`, guest);
const id = (n: number) => String(n).padStart(32, '0');

describe('one record', () => {
  test('whole, its logs, its result (EP-26…28, AVN-03)', async () => {
    expect((await get(`/${id(1)}`)).json).toEqual({
      activationId: id(1),
      annotations: [{ key: 'path', value: 'guest/hello' }],
      duration: 5,
      end: 6,
      logs: ['line 1'],
      name: 'hello',
      namespace: 'guest',
      publish: false,
      response: { result: { n: 1 }, size: 7, status: 'success', success: true },
      start: 1,
      subject: 'guest',
      version: '0.0.1',
    });
    expect((await get(`/${id(1)}/logs`)).json).toEqual({ logs: ['line 1'] });
    expect((await get(`/${id(1)}/result`)).json).toEqual({
      result: { n: 1 },
      size: 7,
      status: 'success',
      success: true,
    });
  });

  test('one that is not there is 404, one of another namespace too', async () => {
    await api.store.activations.put(record(9, { namespace: 'other' }));
    for (const n of [8, 9]) {
      const { status, json } = await get(`/${id(n)}`);
      expect([status, json.error]).toEqual([404, 'The requested resource does not exist.']);
    }
  });

  test.each([
    ['xyz', 'Activation id length is 3 but must be 32.'],
    ['z'.repeat(32), 'The activation id is not valid.'],
    ['A'.repeat(32), 'The activation id is not valid.'],
  ])('%s is no id (AVN-02)', async (text, sentence) => {
    const { status, json } = await get(`/${text}`);
    expect([status, json.error]).toEqual([400, sentence]);
  });
});

describe('a list (EP-25)', () => {
  test('has summaries, newest first', async () => {
    const { json } = await get('');
    expect(json.map(({ start }: { start: number }) => start)).toEqual([3, 2, 1]);
    expect(json[0]).toEqual({
      activationId: id(3),
      annotations: [{ key: 'path', value: 'guest/hello' }],
      duration: 5,
      end: 8,
      name: 'hello',
      namespace: 'guest',
      publish: false,
      start: 3,
      statusCode: 0,
      subject: 'guest',
      version: '0.0.1',
    });
  });

  test('leaves out the end of what has none (LIST-06)', async () => {
    const { duration: _d, ...open } = record(4, { end: 0, cause: id(1) });
    await api.store.activations.put(open);
    const { json } = await get('?limit=1');
    expect(json[0].cause).toBe(id(1));
    for (const field of ['end', 'duration', 'statusCode']) expect(json[0]).not.toHaveProperty(field);
  });

  test('has whole records with docs', async () => {
    const { json } = await get('?docs=true&limit=1');
    expect(json[0].response.result).toEqual({ n: 3 });
    expect(json[0].logs).toEqual(['line 3']);
  });

  test('is filtered by since, upto, name, and paged', async () => {
    const starts = async (query: string) => (await get(query)).json.map(({ start }: { start: number }) => start);
    expect(await starts('?since=2')).toEqual([3, 2]);
    expect(await starts('?upto=2')).toEqual([2, 1]);
    expect(await starts('?name=hello&skip=1&limit=1')).toEqual([2]);
    expect(await starts('?name=other')).toEqual([]);
    for (const name of ['', '%20', 'hello', '/hello/']) expect(await starts(`?name=${name}`)).toEqual([3, 2, 1]);
    expect((await get('?count=true&since=2')).json).toEqual({ activations: 2 });
  });

  test.each([
    ['?since=x', "The query parameter 'since' was malformed:\nParameter is not a valid value for epoch seconds: x"],
    ['?upto=1.5', "The query parameter 'upto' was malformed:\nParameter is not a valid value for epoch seconds: 1.5"],
    [
      '?name=a/b/c',
      "The query parameter 'name' was malformed:\nParameter may be a 'simple' name or 'package-name/simple' name: a/b/c",
    ],
    [
      '?name=0%20',
      "The query parameter 'name' was malformed:\nParameter may be a 'simple' name or 'package-name/simple' name: 0 ",
    ],
    [
      '?name=/',
      "The query parameter 'name' was malformed:\nParameter may be a 'simple' name or 'package-name/simple' name: /",
    ],
    ['?count=true&docs=true', "The parameter 'docs' is not permitted with 'count'."],
    [
      '?limit=300',
      "The query parameter 'limit' was malformed:\nThe value '300' is not in the range of 0 to 200 for activations.",
    ],
  ])('with %s is refused', async (query, sentence) => {
    const { status, json } = await get(query);
    expect([status, json.error]).toEqual([400, sentence]);
  });
});
