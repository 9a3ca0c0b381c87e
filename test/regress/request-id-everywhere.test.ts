import { expect, test } from 'bun:test';
import { TestApi } from '../util/api.ts';

/** Answers that need no caller, but for JSON ones, came without a transaction id (REST-05). */
test.each([
  ['GET', '/'],
  ['GET', '/ping'],
  ['GET', '/metrics'],
  ['GET', '/status'],
  ['GET', '/api/v1'],
  ['OPTIONS', '/api/v1/namespaces'],
  ['GET', '/nowhere'],
])('%s %s answers with the transaction id of the client, or one of its own', async (method, path) => {
  const api = new TestApi();
  const own = await api.call(method, path);
  expect(own.headers.get('x-request-id')).toMatch(/^[0-9a-f]{32}$/);
  const given = await api.call(method, path, undefined, undefined, { 'x-request-id': 'mine' });
  expect(given.headers.get('x-request-id')).toBe('mine');
});
