import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { BenchResult } from '../../src/load/bench.ts';
import { GUEST_KEY, TestNode } from '../util/node.ts';
import { environment, fromSource, run, temporaryFolder } from '../util/whisklet.ts';

/** The command against a real node: whether it measures, proves and cleans up; not how fast anything is. */

const node = new TestNode();
const folder = temporaryFolder();
beforeAll(() => node.start());
afterAll(async () => {
  await node.end();
  folder.remove();
});

const bench = (...args: string[]) => run(['bench', '--apihost', node.address, '--auth', GUEST_KEY, ...args]);
const measured = async (...args: string[]) => {
  const { out, err, exit } = await bench('--json', ...args);
  if (exit !== 0) throw new Error(`bench ended with ${exit}: ${err}`);
  return JSON.parse(out) as BenchResult;
};
const actionsLeft = async () => (await node.ask('GET', 'actions')).json as { name: string }[];

describe('whisklet bench', () => {
  test('measures warm calls, finds their records, and leaves no action behind', async () => {
    const result = await measured('--duration', '300 ms', '--concurrency', '2');
    expect(result.calls).toBeGreaterThan(20);
    expect(result.errors).toEqual({});
    expect(result.records).toEqual({ looked: 20, found: 20, wrong: 0 });
    const { min = 0, p50 = 0, p99 = 0, p999 = 0, max = 0 } = result.latency ?? {};
    expect([0, min, p50, p99, p999, max]).toEqual([0, min, p50, p99, p999, max].sort((a, b) => a - b));
    expect(min).toBeGreaterThan(10);
    expect(result.curve.length).toBeGreaterThan(10);
    expect(await actionsLeft()).toEqual([]);
  });

  test('measures first calls: each action is called once', async () => {
    const result = await measured('--mode', 'cold', '--duration', '500 ms');
    expect(result.records.found).toBe(result.records.looked);
    const names = ((await node.ask('GET', 'activations?limit=50')).json as { name: string }[]).map(({ name }) => name);
    const cold = names.slice(0, result.calls);
    expect(new Set(cold).size).toBe(cold.length);
    expect(result.steps?.means.init).toBeGreaterThan(0);
    expect(await actionsLeft()).toEqual([]);
  });

  test('sends at a fixed rate', async () => {
    const result = await measured('--rate', '50', '--duration', '1 s');
    expect([result.calls, result.errors]).toEqual([50, {}]);
    expect(result.perSecond).toBeLessThanOrEqual(50);
  });

  test('calls many new actions at once, and many warm ones at random', async () => {
    const burst = await measured('--mode', 'burst', '--concurrency', '4', '--duration', '100 ms');
    expect(burst.calls).toBe(4 * (burst.burst?.rounds ?? 0));
    const mix = await measured('--mode', 'mix', '--actions', '3', '--duration', '200 ms');
    expect([mix.calls > 5, mix.errors]).toEqual([true, {}]);
    expect(await actionsLeft()).toEqual([]);
  });

  test("takes the host and the key that wsk has, and writes a report beside the terminal's lines", async () => {
    const wskprops = join(folder.path, 'wskprops');
    writeFileSync(wskprops, `APIHOST=${node.address}\nAUTH=${GUEST_KEY}\n`);
    const report = join(folder.path, 'report.html');
    const env = { WSK_CONFIG_FILE: wskprops };
    const { out, exit } = await run(['bench', '--duration', '200ms', '--report', report], { env });
    expect([exit, out]).toEqual([0, expect.stringContaining('20 of 20 records')]);
    const html = readFileSync(report, 'utf8');
    expect(html).toContain(`warm calls of ${node.address}`);
    expect(html).not.toContain(GUEST_KEY.slice(0, 8));
  });

  test('that is interrupted takes its actions away', async () => {
    const args = ['bench', '--apihost', node.address, '--auth', GUEST_KEY, '--duration', '60 s'];
    const child = Bun.spawn([...fromSource, ...args], { stdio: ['ignore', 'ignore', 'pipe'] });
    const reader = child.stderr.pipeThrough(new TextDecoderStream()).getReader();
    for (let said = ''; !said.includes('measuring'); ) {
      const { value, done } = await reader.read();
      if (done) throw new Error(`bench ended: ${said}`);
      said += value;
    }
    expect(await actionsLeft()).toHaveLength(1);
    child.kill('SIGINT');
    expect(await child.exited).toBe(130);
    expect(await actionsLeft()).toEqual([]);
  });

  test('says what is wrong: a key, a host, what is no OpenWhisk', async () => {
    const wrong = await run(['bench', '--apihost', node.address, '--auth', 'a:b', '--duration', '100ms']);
    expect(wrong.err).not.toContain('still there');
    expect([wrong.exit, wrong.err]).toEqual([1, expect.stringMatching(/PUT .* was answered 401/)]);
    const server = Bun.serve({ hostname: '127.0.0.1', port: 0, fetch: () => new Response('hello') });
    const other = await run(['bench', '--apihost', `http://127.0.0.1:${server.port}`, '--auth', 'a:b']);
    await server.stop(true);
    expect([other.exit, other.err]).toEqual([1, expect.stringContaining('this is no OpenWhisk API')]);
    const nobody = await run(['bench', '--apihost', 'http://127.0.0.1:1', '--auth', 'a:b']);
    expect([nobody.exit, nobody.err]).toEqual([1, expect.stringContaining('no connection to http://127.0.0.1:1')]);
    expect((await run(['bench', '--mode', 'hot'])).exit).toBe(2);
    const nowhere = await bench('--report', join(folder.path, 'missing', 'report.html'));
    expect([nowhere.exit, nowhere.err]).toEqual([1, expect.stringMatching(/^whisklet: ENOENT[^\n]*\n$/)]);
  });

  test('ends when it is interrupted, whatever it waits for; a second signal does not wait for the removal of its actions', async () => {
    const asked: string[] = [];
    const heard = [Promise.withResolvers<void>(), Promise.withResolvers<void>()] as const;
    const silent = Bun.serve({
      ...{ hostname: '127.0.0.1', port: 0 },
      fetch({ method }) {
        asked.push(method);
        if (method === 'GET' && isKnown) return Response.json({ description: 'API', build: 'b', buildno: 'n' });
        if (method !== 'DELETE') heard[0].resolve();
        else heard[1].resolve();
        return new Promise<Response>(() => undefined);
      },
    });
    let isKnown = false;
    const start = () => {
      const args = ['bench', '--apihost', `http://127.0.0.1:${silent.port}`, '--auth', 'a:b'];
      return Bun.spawn([...fromSource, ...args], { env: environment({}), stdio: ['ignore', 'ignore', 'ignore'] });
    };
    const early = start();
    await heard[0].promise;
    early.kill('SIGINT');
    expect([await early.exited, asked]).toEqual([130, ['GET']]);
    isKnown = true;
    const late = start();
    while (!asked.includes('PUT')) await Bun.sleep(20);
    late.kill('SIGINT');
    await heard[1].promise;
    late.kill('SIGINT');
    expect(await late.exited).toBe(130);
    await silent.stop(true);
  });
});
