import { Database } from 'bun:sqlite';
import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { readdirSync, readFileSync, statfsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { need } from '../util/need.ts';
import { sandboxes, TestNode } from '../util/node.ts';
import { type SystemCall, traced } from '../util/strace.ts';
import { findTool } from '../util/tools.ts';
import { until } from '../util/until.ts';

/**
 * A warm call waits for no disk and no engine. Nothing but the thread of the store writes to files, and nobody talks with
 * Docker's API: seen by the kernel, which counts what each thread writes, and tells what each asks for.
 */

const WRITER = 'store writer';
const strace = need('strace', findTool('strace'));
const TMPFS = 0x0102_1994;
const disk = need('disk below its temporary folder', statfsSync(tmpdir()).type === TMPFS ? undefined : tmpdir());

interface Thread {
  readonly id: number;
  readonly name: string;
  /** Bytes that this thread caused to be written to disks. */
  readonly written: number;
}

function threadsOf(pid: number): Thread[] {
  return readdirSync(`/proc/${pid}/task`).map((id) => {
    const read = (file: string) => readFileSync(`/proc/${pid}/task/${id}/${file}`, 'utf8').trim();
    const count = (what: string) => Number(new RegExp(`^${what}: (\\d+)$`, 'm').exec(read('io'))?.[1]);
    return { id: Number(id), name: read('comm'), written: count('write_bytes') };
  });
}

const REGULAR_FILE = /^\(\d+<\/(?!dev\/|proc\/)/;
const changes = /^(rename|unlink|mkdir|rmdir|truncate|ftruncate|fallocate|link|symlink|chmod|chown)(at|at2)?$/;
const syncs = /^(fsync|fdatasync|sync|syncfs|sync_file_range|msync)$/;
const writes = /^(write|pwrite64|writev|pwritev2?|sendfile|copy_file_range|splice)$/;
const opens = /^(open|openat|openat2|creat)$/;

function touchesDisk({ name, rest }: SystemCall): boolean {
  if (writes.test(name)) return REGULAR_FILE.test(rest);
  if (opens.test(name)) return /O_(WRONLY|RDWR|CREAT)/.test(rest) && !/"\/(proc|dev|sys)\//.test(rest);
  return syncs.test(name) || changes.test(name);
}

/** A request to the engine, on a new connection or on one that was open. */
function asksDocker({ name, rest }: SystemCall): boolean {
  if (name === 'connect') return rest.includes('AF_UNIX');
  return /^(write|writev|sendto|sendmsg)$/.test(name) && /"(GET|POST|PUT|DELETE|HEAD) \//.test(rest);
}

describe.each(sandboxes())('with the %s sandbox, a warm call', (sandbox) => {
  const node = new TestNode({ sandbox });
  beforeAll(async () => {
    await node.start();
    await node.put('warm', 'function main(args) { console.log("here"); return args; }');
    await calls(20);
    // Stem cells that are being started talk with the engine.
    await until('the pool rests', async () => {
      const { active, byKind } = await node.pool();
      return active === 0 && !Object.values(byKind).some(({ starting }) => starting);
    });
  }, 60_000);
  afterAll(() => node.end(), 30_000);

  /** @returns the id of the last one's activation */
  async function calls(count: number): Promise<string> {
    let id = '';
    for (let n = 0; n < count; n++) {
      const { status, json } = await node.invoke('warm', { n });
      expect([status, json.response.result]).toEqual([200, { n }]);
      id = json.activationId;
    }
    return id;
  }

  const writer = () => threadsOf(node.process.pid).find(({ name }) => name === WRITER) as Thread;

  /** Calls, and waits until their records were written too, which follow the answers. */
  async function recordedCalls(count: number): Promise<void> {
    const last = await calls(count);
    using database = new Database(join(node.dataDir, 'whisklet.db'), { readonly: true });
    const find = database.query('SELECT 1 FROM activation WHERE id = ?');
    await until('the last record is written', () => find.get(last) !== null);
  }

  test.skipIf(!disk)('makes no thread but that of the store write to a disk', async () => {
    const { pid } = node.process;
    const before = new Map(threadsOf(pid).map(({ id, written }) => [id, written]));
    await recordedCalls(100);
    const wrote = threadsOf(pid).filter(({ id, written }) => written > (before.get(id) ?? 0));
    expect(new Set(wrote.map(({ name }) => name))).toEqual(new Set([WRITER]));
  });

  test.skipIf(!strace)('asks the kernel for no file, and the engine for nothing', async () => {
    const { pid } = node.process;
    const { warm } = (await node.pool()).starts;
    const seen = await traced(pid, () => recordedCalls(20));
    expect((await node.pool()).starts.warm).toBe(warm + 20);
    const { id } = writer();
    const others = seen.filter(({ thread }) => thread !== id);
    expect(others.filter(({ thread }) => thread === pid).length).toBeGreaterThan(20);
    expect(others.filter(touchesDisk)).toEqual([]);
    expect(seen.filter(asksDocker)).toEqual([]);
    // What is looked for would be found.
    expect(seen.filter(({ thread }) => thread === id).some(touchesDisk)).toBe(true);
  });

  // Nor is that a matter of looking in the wrong place.
  if (sandbox === 'docker') {
    test.skipIf(!strace)('differs in that from a first one', async () => {
      await node.put('first', 'function main(args) { return args; }');
      const seen = await traced(node.process.pid, async () => {
        await node.invoke('first');
        await until('the stem cell is replaced', async () => (await node.pool()).byKind['nodejs:20']?.prewarmed === 2);
      });
      expect(seen.some(asksDocker)).toBe(true);
    });
  }
});
