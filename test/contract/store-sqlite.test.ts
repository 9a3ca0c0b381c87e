import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Store } from '../../src/store/store.ts';
import { anActivation } from '../util/documents.ts';
import { temporaryData } from '../util/sqlite.ts';
import { storeContract } from './store.ts';

storeContract('SQLite', async () => temporaryData());

describe('the SQLite store', () => {
  const data = temporaryData();
  let store: Store;
  beforeAll(async () => {
    store = await data.open();
    const starts = Array.from({ length: 7000 }, (_, n) => n + 1);
    await Promise.all(starts.map((start) => store.activations.put(anActivation({ start }))));
  });
  afterAll(async () => {
    await store.close();
    await data.remove();
  });

  test('lists pages far back as it lists the first, with what still waits counted in', async () => {
    const waiting = [8001, 8002, 3].map((start) => store.activations.put(anActivation({ start })));
    const starts = async (skip: number, limit: number) =>
      (await store.activations.summaries({ namespace: 'guest', skip, limit })).map(({ start }) => start);
    // 8002, 8001, 7000 … 4, 3, 3, 2, 1
    const [first, far, last, whole] = await Promise.all([
      starts(0, 3),
      starts(6000, 3),
      starts(6997, 10),
      store.activations.list({ namespace: 'guest', skip: 5500, limit: 2 }),
    ]);
    expect(first).toEqual([8002, 8001, 7000]);
    expect(far).toEqual([1002, 1001, 1000]);
    expect(last).toEqual([5, 4, 3, 3, 2, 1]);
    expect(whole.map(({ start, response }) => [start, response.result])).toEqual([
      [1502, '{"payload":"Hello, World!"}'],
      [1501, '{"payload":"Hello, World!"}'],
    ]);
    await Promise.all(waiting);
    expect(await starts(6997, 10)).toEqual([5, 4, 3, 3, 2, 1]);
  });

  test('goes on writing while it prunes', async () => {
    const ended: string[] = [];
    const pruned = store.activations.prune({ olderThan: 7000 }).then((deleted) => {
      ended.push('prune');
      return deleted;
    });
    await store.subjects.setLimits('guest', { firesPerMinute: 1 });
    ended.push('write');
    // Those that started before 7000: 1 to 6999, and the second 3.
    expect(await pruned).toBe(7000);
    expect(ended).toEqual(['write', 'prune']);
  });
});

test('the writer is found in a compiled executable, copied alone to another folder', async () => {
  const root = join(import.meta.dir, '../..');
  const folder = mkdtempSync(join(tmpdir(), 'whisklet-compiled-'));
  try {
    const main = join(folder, 'main.ts');
    writeFileSync(
      main,
      `import { Events } from '${root}/src/observe/events.ts';
       import { openSqliteStore } from '${root}/src/store/sqlite.ts';
       const store = await openSqliteStore({ file: 'data/whisklet.db', events: new Events() });
       await store.subjects.setLimits('guest', { firesPerMinute: 7 });
       process.stdout.write(JSON.stringify(await store.subjects.limits('guest')));
       await store.close();`,
    );
    const built = await Bun.build({
      entrypoints: [main, join(root, 'src/store/sqlite/writer.ts')],
      root: join(root, 'src'),
      minify: true,
      compile: { outfile: join(folder, 'alone', 'program') },
    });
    expect(built.success).toBe(true);
    const run = Bun.spawnSync([join(folder, 'alone', 'program')], { cwd: join(folder, 'alone') });
    expect([run.stdout.toString(), run.stderr.toString()]).toEqual(['{"firesPerMinute":7}', '']);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
