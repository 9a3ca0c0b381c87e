import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Activation } from '../../src/model/activation.ts';
import { Events } from '../../src/observe/events.ts';
import { openSqliteStore } from '../../src/store/sqlite.ts';

/**
 * What the store costs: `bun bench/store/sqlite.ts [records]`. The time of the serving thread alone is told apart from the
 * time until a write is durable, because only the first stands in the way of the next call.
 *
 * With `--ordered-ids` the activation ids grow with time (UUID version 7); without, they are random as OpenWhisk's.
 */
const N = Number(process.argv.find((each) => /^\d+$/.test(each)) ?? 100_000);
const isOrdered = process.argv.includes('--ordered-ids');
const newId = () => (isOrdered ? Bun.randomUUIDv7() : crypto.randomUUID()).replaceAll('-', '');

const folder = mkdtempSync(join(tmpdir(), 'whisklet-bench-'));
const file = join(folder, 'whisklet.db');
const rss = () => process.memoryUsage.rss() / 1024 ** 2;

let clock = 1_700_000_000_000;
function aRecord(): Activation {
  const start = clock++;
  return {
    ...{ activationId: newId(), namespace: 'guest', name: `hello${start % 20}`, version: '0.0.1', subject: 'guest' },
    ...{ start, end: start + 3, duration: 3, logs: [] },
    response: { status: 'success', result: `{"payload":"Hello, ${'x'.repeat(120)}"}`, size: 140 },
    annotations: [
      { key: 'path', value: `guest/hello${start % 20}` },
      { key: 'waitTime', value: 2 },
      { key: 'kind', value: 'nodejs:20' },
      { key: 'timeout', value: false },
      { key: 'limits', value: { concurrency: 1, logs: 10, memory: 256, timeout: 60_000 } },
    ],
  };
}

const before = rss();
const opening = performance.now();
const store = await openSqliteStore({ file, events: new Events() });
line('open a new file', performance.now() - opening, 'ms');
line('memory of the open store', rss() - before, 'MB');

await fill(N);
await alone();
await gets();
await lists();
await counts();
await store.close();
line('file', statSync(file).size / 1024 ** 2, 'MB');
rmSync(folder, { recursive: true });

/** Keeps 256 records under way until N are durable. CPU is of the whole process, of both threads. */
async function fill(count: number): Promise<void> {
  const cpu = process.cpuUsage();
  const start = performance.now();
  let calls = 0;
  for (let put = 0; put < count; ) {
    const records = Array.from({ length: 256 }, aRecord);
    const at = performance.now();
    const puts = records.map((record) => store.activations.put(record));
    calls += performance.now() - at;
    put += records.length;
    await Promise.all(puts);
  }
  const seconds = (performance.now() - start) / 1000;
  const { user, system } = process.cpuUsage(cpu);
  line(`durable writes, 256 under way, up to ${count} records`, count / seconds, '/s');
  line('  of it in put() itself', (calls * 1000) / count, 'µs/record');
  line('  processor, both threads, making the records too', (user + system) / count, 'µs/record');
  await servingThread();
}

/** All that the serving thread does for a record, from put() to its promise: the thread's own processor time. */
async function servingThread(): Promise<void> {
  const records = Array.from({ length: 20_000 }, aRecord);
  const cpu = process.threadCpuUsage();
  for (let n = 0; n < records.length; n += 20) {
    for (const record of records.slice(n, n + 20)) void store.activations.put(record);
    if (n % 400 === 0) await store.activations.put(aRecord());
  }
  await store.activations.put(aRecord());
  const { user, system } = process.threadCpuUsage(cpu);
  line('serving thread, put to promise', (user + system) / records.length, 'µs/record');
}

async function alone(): Promise<void> {
  const entity = (n: number) => ({
    ...{ entityType: 'rule', namespace: 'guest', name: `r${n}`, version: '0.0.1', publish: false, annotations: [] },
    ...{ updated: n, trigger: { path: 'guest', name: 't' }, action: { path: 'guest', name: 'a' } },
  });
  const times = await each(500, (n) => store.entities.put(entity(n) as Parameters<typeof store.entities.put>[0]));
  line('an entity written alone and awaited, p50', quantile(times, 0.5), 'ms');
  line('  p99', quantile(times, 0.99), 'ms');
}

async function gets(): Promise<void> {
  const rows = await store.activations.summaries({ namespace: 'guest', skip: 0, limit: 4000 });
  const ids = rows.map(({ activationId }) => activationId);
  line('get of a record', mean(await each(4000, (n) => store.activations.get('guest', ids[n] ?? ''))) * 1000, 'µs');
  line('get of an entity', mean(await each(4000, (n) => store.entities.get(`guest/r${n % 500}`))) * 1000, 'µs');
}

async function lists(): Promise<void> {
  const query = { namespace: 'guest', limit: 30 };
  const list = async (what: string, ask: (n: number) => Promise<unknown>) =>
    line(what, quantile(await each(300, ask), 0.5) * 1000, 'µs');
  await list('list of 30', () => store.activations.summaries({ ...query, skip: 0 }));
  await list('list of 30 by name', () => store.activations.summaries({ ...query, name: 'hello7', skip: 0 }));
  await list('list of 30 from the middle by time', () =>
    store.activations.summaries({ ...query, upto: clock - N / 2, skip: 0 }),
  );
  await list('list of 30, whole records', () => store.activations.list({ ...query, skip: 0 }));
  await list('list of 30, skipping half (by the writer)', () => store.activations.summaries({ ...query, skip: N / 2 }));
}

async function counts(): Promise<void> {
  const times = await each(10, () => store.activations.count({ namespace: 'guest', skip: 0 }));
  line('count of all (by the writer)', quantile(times, 0.5), 'ms');
}

async function each(times: number, work: (n: number) => Promise<unknown>): Promise<number[]> {
  const taken: number[] = [];
  for (let n = 0; n < times; n++) {
    const start = performance.now();
    await work(n);
    taken.push(performance.now() - start);
  }
  return taken;
}

function quantile(values: readonly number[], q: number): number {
  return [...values].sort((a, b) => a - b)[Math.floor(q * values.length)] ?? Number.NaN;
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

function line(what: string, value: number, unit: string): void {
  const digits = value < 10 ? 2 : 0;
  console.log(`${what.padEnd(56)} ${value.toFixed(digits).padStart(9)} ${unit}`);
}
