import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { need } from '../util/need.ts';
import { GUEST_KEY, sandboxes, TestNode } from '../util/node.ts';
import { findNamespaces } from '../util/tools.ts';

/** What an action sees of the node: what it is told, the way to the API, and no secret. */

const env = { MY_DATABASE_PASSWORD: 'do-not-tell-anyone', WHISKLET_LOG_LEVEL: 'debug' };
const code = `const fs = require('fs');
function main({ names, files }) {
  const read = (path) => { try { return fs.readFileSync(path, 'latin1'); } catch (e) { return e.code; } };
  return { env: process.env, files: (files || []).map(read) };
}`;

const namespaces = need('namespaces', findNamespaces());

describe.each(sandboxes())('with the %s sandbox, an action', (sandbox) => {
  const node = new TestNode({ sandbox, env });
  const isIsolated = sandbox === 'docker' || namespaces;
  beforeAll(async () => {
    await node.start();
    await node.put('open', code, { parameters: [{ key: 'SHOWN', value: 'init', init: true }] });
    await node.put('trusted', code, { annotations: [{ key: 'provide-api-key', value: true }] });
  }, 60_000);
  afterAll(() => node.end(), 30_000);

  const result = async (name: string, params: object = {}) => (await node.invoke(name, params)).json.response.result;

  test('has its own environment and nothing of the node’s (PROT-03, PAR-02)', async () => {
    const { activationId, response } = (await node.invoke('open')).json;
    const { env } = response.result as { env: Record<string, string> };
    expect(env).toMatchObject({
      __OW_ACTION_NAME: '/guest/open',
      __OW_ACTION_VERSION: '0.0.1',
      __OW_ACTIVATION_ID: activationId,
      __OW_API_HOST: expect.stringMatching(/^http:\/\/[\d.]+:\d+$/),
      __OW_DEADLINE: expect.stringMatching(/^\d{13}$/),
      __OW_NAMESPACE: 'guest',
      __OW_TRANSACTION_ID: expect.stringMatching(/^\w+$/),
      SHOWN: 'init',
    });
    const ordinary = /^(__OW_\w+|SHOWN|PATH|HOME|TMPDIR|LANG|PWD|HOSTNAME|BUN_BE_BUN|SHLVL|_|OLDPWD)$/;
    expect(Object.keys(env).filter((name) => !ordinary.test(name))).toEqual([]);
  });

  test('is not told the key of its caller, unless its author wants it to be (PAR-07)', async () => {
    expect((await result('open')).env).not.toHaveProperty('__OW_API_KEY');
    expect((await result('trusted')).env.__OW_API_KEY).toBe(GUEST_KEY);
    await node.put('trusted', code, { annotations: [{ key: 'provide-api-key', value: false }] });
    expect((await result('trusted')).env).not.toHaveProperty('__OW_API_KEY');
  });

  test.skipIf(!isIsolated)('finds no secret in the processes that it sees, nor in the data of the node', async () => {
    const pids = Array.from({ length: 64 }, (_, pid) => [`/proc/${pid}/environ`, `/proc/${pid}/cmdline`]).flat();
    const files = [...pids, `${node.dataDir}/whisklet.db`, `${node.dataDir}/whisklet.db-wal`, '/etc/shadow'];
    const { files: found } = (await result('open', { files })) as { files: string[] };
    for (const secret of [env.MY_DATABASE_PASSWORD, GUEST_KEY, 'root:$']) {
      expect(found.filter((text) => text.includes(secret))).toEqual([]);
    }
    expect(found.slice(-3).filter((text) => !/^E[A-Z]+$/.test(text))).toEqual([]);
  });

  test('reaches the node at the address that it is told, with the stock client (STD-24, CAT-05)', async () => {
    await node.put('doubles', 'function main({ n }) { return { doubled: n * 2 }; }');
    const calls = `const openwhisk = require('openwhisk');
      function main({ n }) {
        return openwhisk().actions.invoke({ name: 'doubles', blocking: true, result: true, params: { n } });
      }`;
    await node.put('calls', calls, { annotations: [{ key: 'provide-api-key', value: true }] });
    expect(await result('calls', { n: 21 })).toEqual({ doubled: 42 });
  });

  test.skipIf(!isIsolated)('leaves nothing for the next action in its folder', async () => {
    const writes = `const fs = require('fs');
      function main() {
        const found = fs.readdirSync('/tmp').filter((name) => name.startsWith('left-behind'));
        fs.writeFileSync('/tmp/left-behind-' + process.env.__OW_ACTIVATION_ID, 'x');
        return { found };
      }`;
    for (const name of ['one', 'two', 'three']) {
      await node.put(name, writes);
      expect(await result(name)).toEqual({ found: [] });
    }
  });

  test('never gives its key to the log of the node', async () => {
    const { err, out } = await node.stop();
    // The banner shows it once, for it is no secret there.
    const said = err + out.slice(out.indexOf('Stopping'));
    expect(said).not.toContain(GUEST_KEY.split(':')[1] as string);
    expect(said).not.toContain(env.MY_DATABASE_PASSWORD);
    expect(err.length).toBeGreaterThan(0);
    await node.start();
  });
});
