import { expect, test } from 'bun:test';
import { describeApi } from '../../../src/api/description/description.ts';
import { systemLimits } from '../../../src/model/limits.ts';
import { TestApi, testManifest } from '../../util/api.ts';
import { Described, operationsOf } from '../../util/described.ts';
import { calling, deleting, looking, making, reading, refused, type Step, shut, waiting } from '../../util/walk.ts';

/** The API over fakes answers as it describes itself; test/system/described.test.ts holds a whole node to it. */

const build = { version: '1.2.3', date: '2026-01-01T00:00:00Z', commit: 'abc' };
const document = describeApi({ build, limits: systemLimits, manifest: testManifest() });

const results: Readonly<Record<string, string>> = {
  fails: '{"error":"as it likes"}',
  breaks: 'no JSON',
  lists: '[1,"two"]',
};

test('every operation that needs a key answers as it is described', async () => {
  const api = new TestApi();
  const slow = Promise.withResolvers<string>();
  api.act = ({ action, args }) => (action.name === 'slow' ? slow.promise : (results[action.name] ?? args));
  const key = await api.addSubject('guest');
  const described = new Described(document);
  const walk = async (steps: readonly Step[]) => {
    for (const { method, path, status, body, open } of steps) {
      const whole = path.startsWith('/') ? path : `/api/v1/namespaces/_/${path}`;
      const answer = await api.call(method, whole, open ? undefined : key, body);
      expect([method, path, answer.status, answer.text]).toEqual([method, path, status, answer.text]);
      expect(described.problems(method, whole, answer)).toEqual([]);
    }
  };
  await walk(making);
  await walk(reading);
  await walk(calling);
  const begun = await api.call('POST', '/api/v1/namespaces/_/actions/slow', key, {});
  await walk(waiting(begun.json.activationId));
  slow.resolve('{}');
  const [last] = (await api.call('GET', '/api/v1/namespaces/_/activations?limit=1', key)).json;
  await walk(looking(last.activationId));
  await walk(refused);
  await walk(deleting);
  await walk(shut);
  const successes = operationsOf(document)
    .filter(({ operation }) => operation.security === undefined)
    .flatMap(({ operation: { operationId, responses } }) =>
      Object.keys(responses)
        .filter((status) => status.startsWith('2') || status === '502')
        .map((status) => `${operationId} ${status}`),
    );
  expect(successes.filter((each) => !described.seen.has(each))).toEqual([]);
});

test('an answer that is not as described is found', () => {
  const described = new Described(document);
  const headers = new Headers({ 'content-type': 'application/json', 'x-request-id': 'x' });
  const problems = (path: string, status: number, text: string, more = headers) =>
    described.problems('GET', `/api/v1/namespaces${path}`, { status, text, headers: more });
  expect(problems('', 200, '["guest"]')).toEqual([]);
  expect(problems('', 200, '[]')).toEqual([expect.stringContaining('fewer than 1')]);
  expect(problems('', 200, '["guest"]', new Headers({ 'content-type': 'application/json' }))).toEqual([
    expect.stringContaining('no header X-Request-ID'),
  ]);
  expect(problems('', 200, '["guest"]', new Headers({ 'content-type': 'text/html', 'x-request-id': 'x' }))).toEqual([
    expect.stringContaining('of type text/html'),
  ]);
  expect(problems('', 418, '{}')).toEqual([expect.stringContaining('no such status')]);
  expect(problems('/_/nothing', 200, '{}')).toEqual([expect.stringContaining('no such operation')]);
  const error = { error: 'No', code: 'x' };
  expect(problems('/_/rules/a', 404, JSON.stringify(error))).toEqual([]);
  expect(problems('/_/rules/a', 404, JSON.stringify({ ...error, stack: 'at x' }))).toEqual([
    expect.stringContaining('must NOT have additional properties'),
  ]);
});
