import { Database } from 'bun:sqlite';
import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { join } from 'node:path';
import { GUEST_KEY, TestNode } from '../util/node.ts';
import { until } from '../util/until.ts';
import { run } from '../util/whisklet.ts';

/** What is there again after a node was stopped, or killed, and started on the same data. */

const node = new TestNode();
beforeAll(() => node.start());
afterAll(() => node.end());

const code = 'function main(args) { console.log("hello"); return { ...args, old: true }; }';

async function everything() {
  const paths = ['actions', 'actions/kept', 'activations?docs=true', 'limits'];
  const answers = await Promise.all(paths.map((path) => node.ask('GET', path)));
  return answers.map(({ json }) => json);
}

function isStored(activationId: string): boolean {
  const database = new Database(join(node.dataDir, 'whisklet.db'), { readonly: true });
  try {
    return database.query('SELECT 1 FROM activation WHERE id = ?').get(activationId) !== null;
  } finally {
    database.close();
  }
}

describe('a node started again (STD-05, STD-22, ENT-07)', () => {
  let alice: string;

  beforeAll(async () => {
    await node.put('kept', code, { parameters: [{ key: 'p', value: [1, { a: null }] }] });
    await node.put('gone', code);
    await node.ask('DELETE', 'actions/gone');
    for (let n = 0; n < 3; n++) await node.invoke('kept', { n });
    const created = await run(['user', 'create', 'alice', '--data-dir', node.dataDir]);
    alice = created.out.trim();
  });

  test.each(['SIGTERM', 'SIGKILL'] as const)('after %s has its entities, records and keys', async (signal) => {
    const { json } = await node.invoke('kept', { last: signal });
    // Of a blocking call the record follows the answer.
    await until('the record is on the disk', () => isStored(json.activationId));
    const before = await everything();
    await node.restart(signal);
    expect(await everything()).toEqual(before);
    expect((await node.ask('GET', `activations/${json.activationId}`)).json.response.result.last).toBe(signal);
    expect((await node.ask('GET', '/api/v1/namespaces', { key: alice })).json).toEqual(['alice']);
    expect((await node.invoke('kept', { a: 1 })).json.response.result).toEqual({
      p: [1, { a: null }],
      a: 1,
      old: true,
    });
  });

  test('goes on counting versions (ENT-05)', async () => {
    const before = (await node.ask('GET', 'actions/kept')).json.version as string;
    await node.restart();
    const { json } = await node.put('kept', code);
    expect(json.version).toBe(`0.0.${Number(before.split('.')[2]) + 1}`);
  });

  test('with --clean has forgotten all but the keys that every node has', async () => {
    await node.restart('SIGTERM', '--clean');
    expect((await node.ask('GET', 'actions')).json).toEqual([]);
    expect((await node.ask('GET', 'activations')).json).toEqual([]);
    expect((await node.ask('GET', '/api/v1/namespaces', { key: alice })).status).toBe(401);
    expect((await node.ask('GET', '/api/v1/namespaces', { key: GUEST_KEY })).json).toEqual(['guest']);
    await node.restart();
    expect((await node.ask('GET', 'actions')).json).toEqual([]);
  });
});
