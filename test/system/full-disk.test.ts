import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { closeSync, mkdirSync, openSync, rmdirSync, rmSync, statfsSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Gate } from '../util/gate.ts';
import { need } from '../util/need.ts';
import { TestNode } from '../util/node.ts';
import { recordOf } from '../util/records.ts';
import { findTool } from '../util/tools.ts';
import { until } from '../util/until.ts';
import { run } from '../util/whisklet.ts';

/** A disk without room, on a small file system of its own: nothing is lost, and all goes on when there is room again. */

const canMount = process.getuid?.() === 0 ? findTool('mount') : undefined;
const describeIf = need('right to mount a file system', canMount) ? describe : describe.skip;

describeIf('a node whose disk is full', () => {
  const disk = join(tmpdir(), `whisklet-disk-${process.pid}`);
  const ballast = join(disk, 'ballast');
  const node = new TestNode({ dataDir: join(disk, 'data') });
  const code = 'function main(args) { return args; }';

  beforeAll(async () => {
    mkdirSync(disk);
    const { exitCode, stderr } = Bun.spawnSync(['mount', '-t', 'tmpfs', '-o', 'size=32m', 'tmpfs', disk]);
    if (exitCode !== 0) throw new Error(`no file system could be mounted: ${stderr.toString()}`);
    await node.start();
    await node.put('echo', code);
    await node.ask('PUT', 'triggers/tick', { body: {} });
    await node.ask('PUT', 'rules/r', { body: { trigger: '/_/tick', action: '/_/echo' } });
  });
  afterAll(async () => {
    await node.end();
    Bun.spawnSync(['umount', '--lazy', disk]);
    rmdirSync(disk);
  });

  /** Leaves not a byte. */
  function fill(): void {
    const file = openSync(ballast, 'a');
    try {
      for (let size = 1 << 20; size >= 1; size >>= 1) {
        for (;;) {
          try {
            writeSync(file, Buffer.alloc(size, 1));
          } catch {
            break;
          }
        }
      }
    } finally {
      closeSync(file);
    }
    expect(statfsSync(disk).bavail).toBe(0);
  }

  const free = () => rmSync(ballast, { force: true });

  /** Writes until SQLite has used up the room that its own files had left. */
  async function putUntilRefused() {
    const body = { exec: { kind: 'nodejs:default', code: `// ${'x'.repeat(200_000)}\n${code}` } };
    for (let n = 0; n < 200; n++) {
      const answer = await node.ask('PUT', 'actions/large?overwrite=true', { body });
      if (answer.status !== 200) return answer;
    }
    return expect.unreachable('the disk never got full');
  }

  test('refuses changes with 503, serves calls, and has all their records when there is room again', async () => {
    fill();
    const { status, json } = await putUntilRefused();
    expect([status, json.error]).toEqual([
      503,
      'The store cannot take writes now, nothing was changed. Try again in a moment.',
    ]);
    const ids: string[] = [];
    for (let n = 0; n < 50; n++) {
      const { status, json } = await node.invoke('echo', { n, text: 'x'.repeat(10_000) });
      expect([status, json.response.result.n]).toEqual([200, n]);
      ids.push(json.activationId);
    }
    const found = async () =>
      (await node.ask('GET', 'activations?name=echo&limit=200')).json as { activationId: string }[];
    expect((await found()).map(({ activationId }) => activationId)).toEqual(ids.toReversed());
    expect((await node.ask('GET', 'actions/echo')).json.exec.code).toBe(code);

    free();
    await until('changes are taken again', async () => {
      const body = { exec: { kind: 'nodejs:default', code } };
      return (await node.ask('PUT', 'actions/again?overwrite=true', { body })).status === 200;
    });
    await node.restart();
    expect((await found()).map(({ activationId }) => activationId)).toEqual(ids.toReversed());
    expect((await node.invoke('again', { a: 1 })).json.response.result).toEqual({ a: 1 });
  });

  test('takes nothing on that it cannot write down, and keeps what it took on before', async () => {
    using gate = new Gate();
    await node.put('gate', Gate.code);
    const before = await node.ask('POST', 'actions/gate', { body: { url: gate.url } });
    expect(before.status).toBe(202);
    await until('it runs', () => gate.waiting === 1);
    fill();
    await putUntilRefused();
    const body = { text: 'x'.repeat(10_000) };
    const refused = async (path: string) => {
      const answers = [];
      // SQLite has a little room of its own left.
      for (let n = 0; n < 100; n++) answers.push(await node.ask('POST', path, { body }));
      return answers.find(({ status }) => status !== 202);
    };
    for (const path of ['actions/echo', 'triggers/tick']) {
      const answer = await refused(path);
      expect([path, answer?.status, answer?.json.error, Number(answer?.headers.get('retry-after')) > 0]).toEqual([
        path,
        503,
        'The node cannot write down what it would accept, so nothing was begun. Try again in a moment.',
        true,
      ]);
    }
    expect((await node.invoke('echo', { a: 1 })).json.response.result).toEqual({ a: 1 });
    // Its entry is all that is left of it.
    await node.stop('SIGKILL');
    free();
    gate.open();
    await node.start();
    expect((await recordOf(node, before.json.activationId)).response.result).toEqual({ passed: true });
    await until(
      'a fire is taken on again',
      async () => (await node.ask('POST', 'triggers/tick', { body })).status === 202,
    );
  });

  test('does not start, and says why in a line', async () => {
    await node.stop();
    fill();
    const other = join(disk, 'other');
    const { exit, out, err } = await run(['serve', '--port', '0', '--sandbox', 'local', '--data-dir', other]);
    expect([exit, out]).toEqual([1, '']);
    expect(err.trim().split('\n')).toHaveLength(1);
    expect(err).toMatch(/^whisklet: .*(disk is full|no room|No space|no space)/i);
    free();
    await node.start();
    expect((await node.invoke('echo', { a: 1 })).json.response.result).toEqual({ a: 1 });
  });
});
