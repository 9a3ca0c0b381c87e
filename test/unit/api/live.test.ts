import { beforeEach, describe, expect, test } from 'bun:test';
import { TestApi } from '../../util/api.ts';

const NS = '/api/v1/namespaces/_';
const exec = { kind: 'nodejs:default', code: 'function main(p) { return p }' };

let api: TestApi;
let guest: string;

beforeEach(async () => {
  api = new TestApi();
  guest = await api.addSubject('guest');
  for (const name of ['a', 'b']) await api.call('PUT', `${NS}/actions/${name}`, guest, { exec });
});

const get = (path: string) => api.call('GET', `${NS}/activations${path}`, guest);
const invoke = async (name: string) => (await api.call('POST', `${NS}/actions/${name}`, guest, {})).json.activationId;

describe('an accepted activation', () => {
  test('can be got while it waits and runs, with its lines so far; then it is the record', async () => {
    const end = Promise.withResolvers<string>();
    api.act = () => end.promise;
    const id = await invoke('a');
    expect([(await get(`/${id}`)).status, (await get(`/${id}`)).json]).toEqual([
      202,
      {
        activationId: id,
        annotations: [
          { key: 'path', value: 'guest/a' },
          { key: 'kind', value: 'nodejs:20' },
          { key: 'pending', value: 'waiting' },
        ],
        ...{ logs: [], name: 'a', namespace: 'guest', publish: false, start: expect.any(Number), subject: 'guest' },
        ...{ response: { status: 'pending', success: false }, version: '0.0.1' },
      },
    ]);
    const [job] = api.jobs;
    job?.watcher?.started(id);
    job?.watcher?.logged(id, 'TIME stdout: hello');
    expect((await get(`/${id}`)).json).toMatchObject({
      logs: ['TIME stdout: hello'],
      annotations: [{}, {}, { value: 'running' }],
    });
    expect((await get(`/${id}/logs`)).json).toEqual({ logs: ['TIME stdout: hello'] });
    const result = await get(`/${id}/result`);
    expect([result.status, result.json]).toEqual([202, { status: 'pending', success: false }]);
    expect((await get('')).json).toEqual([]);
    end.resolve('{"done":true}');
    await Bun.sleep(0);
    expect([(await get(`/${id}`)).status, (await get(`/${id}`)).json.response.result]).toEqual([200, { done: true }]);
  });

  test('is nobody else’s', async () => {
    api.act = () => new Promise<string>(() => undefined);
    const id = await invoke('a');
    const other = await api.addSubject('other');
    expect((await api.call('GET', `${NS}/activations/${id}`, other)).status).toBe(404);
  });
});

test('a poll sees what began before its moment and ended after, and a plain list does not', async () => {
  const end = Promise.withResolvers<string>();
  api.act = ({ action }) => (action.name === 'a' ? end.promise.then(() => outcome(1000, 3000)) : outcome(2000, 2001));
  const slow = await invoke('a');
  const quick = await invoke('b');
  await Bun.sleep(0);
  const ids = async (query: string) =>
    (await get(query)).json.map(({ activationId }: { activationId: string }) => activationId);
  expect(await ids('?docs=true&since=0')).toEqual([quick]);
  end.resolve('');
  await Bun.sleep(0);
  expect(await ids('?docs=true&limit=0&skip=0&since=2001')).toEqual([quick, slow]);
  expect(await ids('?docs=true&since=2001&name=a')).toEqual([slow]);
  expect(await ids('?since=2001')).toEqual([]);
  expect(await ids('?docs=true&since=2001&upto=9999')).toEqual([]);
});

function outcome(start: number, end: number) {
  return { response: { status: 'success' as const, result: '{}' }, logs: [], start, end, waitMs: 0, timedOut: false };
}

describe('the stream', () => {
  test('tells lines while they are printed, and each record once', async () => {
    const end = Promise.withResolvers<string>();
    api.act = () => end.promise;
    const stream = await openStream('?stream=true');
    const id = await invoke('a');
    api.jobs[0]?.watcher?.logged(id, 'hello');
    expect(await stream.next()).toEqual(['log', { activationId: id, name: 'a', line: 'hello' }]);
    end.resolve('{}');
    const [type, record] = await stream.next();
    expect([type, record.activationId]).toEqual(['activation', id]);
    await stream.close();
  });

  test('begins with what began since then, tells of one action if asked, and of no other namespace', async () => {
    const first = await invoke('a');
    await invoke('b');
    const stream = await openStream('?stream=true&since=0&name=a');
    const other = await api.addSubject('other');
    await api.call('PUT', `${NS}/actions/a`, other, { exec });
    await api.call('POST', `${NS}/actions/a`, other, {});
    await invoke('b');
    const second = await invoke('a');
    const ids = [await stream.next(), await stream.next()].map(([, { activationId }]) => activationId);
    expect(ids).toEqual([first, second]);
    await stream.close();
  });

  test('is let go of when the client is gone', async () => {
    const stream = await openStream('?stream=true');
    await stream.close();
    await invoke('a');
    expect((await get('')).json.length).toBe(1);
  });

  async function openStream(query: string) {
    const response = await api.app.request(`${NS}/activations${query}`, { headers: { authorization: guest } });
    expect([response.status, response.headers.get('content-type')]).toEqual([200, 'text/event-stream']);
    const reader = (response.body as ReadableStream<Uint8Array>).getReader();
    let text = '';
    return {
      /** The next event: its type and its data. */
      async next(): Promise<[string, Record<string, unknown>]> {
        for (;;) {
          const at = text.indexOf('\n\n');
          const event = at < 0 ? '' : text.slice(0, at);
          if (at >= 0) text = text.slice(at + 2);
          const match = /^event: (\w+)\n(?:id: \w+\n)?data: (.*)$/.exec(event);
          if (match) return [match[1] as string, JSON.parse(match[2] as string)];
          if (at < 0) text += new TextDecoder().decode((await reader.read()).value);
        }
      },
      close: () => reader.cancel(),
    };
  }
});
