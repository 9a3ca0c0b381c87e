import { beforeEach, describe, expect, test } from 'bun:test';
import type { Action, Stored } from '../../../src/model/entities.ts';
import { TestApi } from '../../util/api.ts';

const NS = '/api/v1/namespaces/_';
const exec = { kind: 'nodejs:default', code: 'function main(p) { return p }' };

let api: TestApi;
let guest: string;

beforeEach(async () => {
  api = new TestApi();
  guest = await api.addSubject('guest');
});

describe('an action of a kind that was deprecated since (ACT-13)', () => {
  const deprecated =
    "The 'nodejs:18' runtime is no longer supported. You may read and delete but not update or invoke this action.";

  beforeEach(async () => {
    await api.call('PUT', `${NS}/actions/old`, guest, { exec, annotations: [{ key: 'web-export', value: true }] });
    const { entity, rev } = (await api.store.entities.get('guest/old')) as Stored<Action>;
    await api.store.entities.put({ ...entity, exec: { kind: 'nodejs:18', binary: false } }, rev, 'old code');
  });

  test.each([
    ['PUT', 'actions/old?overwrite=true', {}],
    ['PUT', 'actions/old?overwrite=true', { exec: { kind: 'nodejs:18', code: 'x' } }],
    ['POST', 'actions/old', {}],
    ['POST', 'actions/old?blocking=true', {}],
  ])('is not to be changed nor invoked: %s %s %p', async (method, path, body) => {
    const { status, json } = await api.call(method, `${NS}/${path}`, guest, body);
    expect([status, json.error]).toEqual([400, deprecated]);
    expect(api.jobs).toEqual([]);
  });

  test('is not invoked by way of the web, nor of a rule', async () => {
    const web = await api.call('GET', '/api/v1/web/guest/default/old.json');
    expect([web.status, web.json.error]).toEqual([400, deprecated]);
    await api.call('PUT', `${NS}/triggers/t`, guest, {});
    await api.call('PUT', `${NS}/rules/r`, guest, { trigger: '/_/t', action: '/_/old' });
    const { json } = await api.call('POST', `${NS}/triggers/t`, guest, {});
    await Bun.sleep(0);
    const { logs } = (await api.call('GET', `${NS}/activations/${json.activationId}`, guest)).json;
    expect(JSON.parse(logs[0])).toMatchObject({ statusCode: 1, success: false, error: deprecated });
  });

  test('may be read, deleted, and given another kind', async () => {
    expect((await api.call('GET', `${NS}/actions/old`, guest)).json.exec.kind).toBe('nodejs:18');
    expect((await api.call('PUT', `${NS}/actions/old?overwrite=true`, guest, { exec })).status).toBe(200);
    expect((await api.call('POST', `${NS}/actions/old?blocking=true`, guest, {})).status).toBe(200);
    expect((await api.call('DELETE', `${NS}/actions/old`, guest)).status).toBe(200);
  });
});
