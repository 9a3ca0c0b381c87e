import { expect, test } from 'bun:test';
import type { Said } from '../../src/observe/events.ts';
import { TestApi } from '../util/api.ts';

/** A change that the store could not take was answered 503, and the log did not say why. */
test('the log says why a change is refused for now', async () => {
  const api = new TestApi();
  const key = await api.addSubject('guest');
  const said: Said[] = [];
  api.events.said.subscribe((each) => said.push(each));
  api.store.entities.isAway = true;
  const exec = { kind: 'nodejs:20', code: 'function main() {}' };
  const { status, json } = await api.call('PUT', '/api/v1/namespaces/_/actions/a', key, { exec });
  expect(status).toBe(503);
  expect(said).toEqual([{ level: 'warn', transactionId: json.code, from: 'api', text: 'the disk is full' }]);
});
