import { Database } from 'bun:sqlite';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { newActivationId } from '../../src/invocation/activation-id.ts';
import { Events } from '../../src/observe/events.ts';
import { openSqliteStore } from '../../src/store/sqlite.ts';
import { type Figure, figure } from '../measure/figure.ts';
import { alternate, repeat } from '../measure/rounds.ts';
import { median } from '../measure/stats.ts';
import { exampleActivation } from '../parts/activation.ts';
import type { Scenario } from './scenario.ts';

const SIZES = { quick: [1_000, 100_000], full: [1_000, 100_000, 1_000_000] };
const GETS = 300;
const LISTS = 100;

type Store = Awaited<ReturnType<typeof openSqliteStore>>;

/** Reading the store when it has many records: beside one that has a thousand, in the same rounds. */
export const store: Scenario = {
  name: 'store',
  sandboxes: ['local'],
  async measure({ sizes, cleanup, say }) {
    const folder = mkdtempSync(join(tmpdir(), 'whisklet-bench-'));
    cleanup.add(() => rmSync(folder, { recursive: true, force: true }));
    const counts = sizes.isQuick ? SIZES.quick : SIZES.full;
    const stores: Store[] = [];
    for (const count of counts) {
      say(`making ${count} records`);
      const file = join(folder, `${count}.db`);
      await fill(file, count);
      const opened = await openSqliteStore({ file, events: new Events() });
      cleanup.add(() => opened.close());
      stores.push(opened);
    }
    const figures: Figure[] = [];
    for (const [what, meter] of [
      ['get', getter],
      ['list', lister],
    ] as const) {
      say(what);
      const meters = Object.fromEntries(
        await Promise.all(counts.map(async (count, index) => [count, await meter(stores[index] as Store)] as const)),
      );
      for (const warmUp of Object.values(meters)) await warmUp();
      const measured = await alternate(sizes.rounds, meters);
      const p50 = (count: number) => (measured[count] as readonly (readonly number[])[]).map(median);
      for (const count of counts.slice(1)) {
        figures.push(
          figure({
            ...{
              id: `store/${what}/${count}`,
              title: `${what === 'get' ? 'get one' : 'list 30'} of ${count} records`,
              unit: 'µs',
            },
            rounds: p50(count),
            floor: { what: `of ${counts[0]}`, parts: { few: p50(counts[0] as number) } },
          }),
        );
      }
    }
    return figures;
  },
};

/** A thousand by the store itself, the others as copies of those with ids and times of their own: a million in seconds. */
async function fill(file: string, count: number): Promise<void> {
  const first = await openSqliteStore({ file, events: new Events() });
  const now = Date.now();
  const records = Array.from({ length: 1_000 }, (_, n) => ({
    ...exampleActivation(newActivationId()),
    ...{ name: `hello${n % 20}`, start: now - count + n, end: now - count + n + 3 },
  }));
  await Promise.all(records.map((each) => first.activations.put(each)));
  await first.close();
  if (count <= records.length) return;
  const database = new Database(file);
  const columns = database.query<{ name: string }, []>("SELECT name FROM pragma_table_info('activation')").all();
  const own = new Map([
    ['seq', 'NULL'],
    ['id', 'lower(hex(randomblob(16)))'],
    ['started', 'started + 1000 * copy.n'],
    ['ended', 'ended + 1000 * copy.n'],
  ]);
  database.run(
    `WITH RECURSIVE copy(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM copy WHERE n < ${count / records.length - 1})
     INSERT INTO activation SELECT ${columns.map(({ name }) => own.get(name) ?? `activation.${name}`).join(', ')} FROM copy, activation`,
  );
  database.close();
}

async function getter({ activations }: Store): Promise<() => Promise<number[]>> {
  const { namespace } = exampleActivation('');
  const some = await activations.summaries({ namespace, skip: 0, limit: GETS });
  let turn = 0;
  return () =>
    repeat(GETS, () => timed(() => activations.get(namespace, some[turn++ % some.length]?.activationId as string)));
}

async function lister({ activations }: Store): Promise<() => Promise<number[]>> {
  const { namespace } = exampleActivation('');
  return () => repeat(LISTS, () => timed(() => activations.summaries({ namespace, skip: 0, limit: 30 })));
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  await work();
  return (performance.now() - start) * 1000;
}
