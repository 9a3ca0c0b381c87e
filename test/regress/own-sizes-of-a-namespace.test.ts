import { expect, test } from 'bun:test';
import { TestApi } from '../util/api.ts';

/** `whisklet limits set` took a namespace's own sizes, and nothing heeded them (LIM-16). */

const exec = { kind: 'nodejs:20', code: 'function main() {}' };
const text = 'x'.repeat(2000);

test('a namespace may have a smaller greatest payload', async () => {
  const api = new TestApi();
  const small = await api.addSubject('small', { maxPayloadSize: '1 KB' });
  const large = await api.addSubject('large', { maxPayloadSize: '1 GB' });
  for (const key of [small, large]) await api.call('PUT', '/api/v1/namespaces/_/actions/a', key, { exec });
  const invoke = (key: string, body: object) => api.call('POST', '/api/v1/namespaces/_/actions/a', key, body);
  const refused = await invoke(small, { text });
  expect([refused.status, refused.json.error]).toEqual([413, 'Request larger than allowed: 2011 > 1024 bytes.']);
  expect((await invoke(small, { text: 'x' })).status).toBe(202);
  for (const path of ['triggers/none', 'rules/none']) {
    const { status, json } = await api.call('POST', `/api/v1/namespaces/_/${path}`, small, { text });
    expect([path, status, json.error]).toEqual([path, 413, 'Request larger than allowed: 2011 > 1024 bytes.']);
  }
  expect((await invoke(large, { text })).status).toBe(202);
  // More than the system allows is not given to anybody.
  expect((await invoke(large, { text: 'x'.repeat(1024 * 1024) })).status).toBe(413);
});

test('a namespace may have a smaller greatest size of parameters', async () => {
  const api = new TestApi();
  const small = await api.addSubject('small', { maxParameterSize: '1 KB' });
  const put = (value: string) =>
    api.call('PUT', '/api/v1/namespaces/_/actions/a', small, { exec, parameters: [{ key: 'k', value }] });
  expect((await put(text)).status).toBe(413);
  expect((await put('x')).status).toBe(200);
  for (const [path, field] of [
    ['packages/p', 'parameters'],
    ['packages/p', 'annotations'],
    ['triggers/t', 'parameters'],
    ['triggers/t', 'annotations'],
    ['rules/r', 'annotations'],
  ] as const) {
    const body = { [field]: [{ key: 'k', value: text }] };
    const { status, json } = await api.call('PUT', `/api/v1/namespaces/_/${path}`, small, body);
    expect([path, status, json.error]).toEqual([path, 413, `${field} larger than allowed: 2003 > 1024 bytes.`]);
  }
  const { json } = await api.call('GET', '/api/v1/namespaces/_/limits', small);
  expect(json.maxParameterSize).toBe('1024 B');
});
