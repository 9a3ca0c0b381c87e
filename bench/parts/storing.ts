import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { newActivationId } from '../../src/invocation/activation-id.ts';
import type { Activation } from '../../src/model/activation.ts';
import { Events } from '../../src/observe/events.ts';
import { toActivationText } from '../../src/store/couchdb/documents.ts';
import { openCouchStore } from '../../src/store/couchdb.ts';
import { openSqliteStore } from '../../src/store/sqlite.ts';
import type { Store } from '../../src/store/store.ts';
import { type Figure, figure } from '../measure/figure.ts';
import { alternate } from '../measure/rounds.ts';
import { askCouch, removeDatabases } from '../node/several.ts';
import { exampleActivation } from './activation.ts';

/** Records of one round, all of them put at once. */
const RECORDS = 10_000;
/** Of a request of the floor: as many as the store sends at most. */
const BATCH = 2_000;

/**
 * A flood of records: how many a second are durable, and what each costs the thread that serves, in processor time: at 20 µs, 5,000
 * a second take a tenth of it. In SQLite, and in CouchDB where there is one, beside the same documents sent to it in the same
 * batches by nobody else.
 *
 * @param couchdb its address, with the user and password of an admin
 */
export async function measureStoring(rounds: number, couchdb: string | undefined): Promise<Figure[]> {
  const figures = await ofSqlite(rounds);
  return couchdb === undefined ? figures : [...figures, ...(await ofCouch(rounds, couchdb))];
}

async function ofSqlite(rounds: number): Promise<Figure[]> {
  const folder = mkdtempSync(join(tmpdir(), 'whisklet-bench-'));
  const store = await openSqliteStore({ file: join(folder, 'records.db'), events: new Events() });
  try {
    const flood = floodOf(store);
    await flood.run();
    flood.perRecord.length = 0;
    const perSecond: number[] = [];
    for (let round = 0; round < rounds; round++) perSecond.push(...(await flood.run()));
    return figuresOf('SQLite', { perSecond, perRecord: flood.perRecord });
  } finally {
    await store.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

async function ofCouch(rounds: number, url: string): Promise<Figure[]> {
  const prefix = `bench${process.pid}_`;
  const bare = `${prefix}bare`;
  const names = { subjects: `${prefix}subjects`, whisks: `${prefix}whisks`, activations: `${prefix}activations` };
  const store = await openCouchStore({ url, names, timeoutMs: 60_000, events: new Events() });
  try {
    await askCouch(url, 'PUT', bare);
    const flood = floodOf(store);
    const floor = async () => {
      const start = performance.now();
      for (let sent = 0; sent < RECORDS; sent += BATCH) {
        const docs = newRecords(BATCH).map(toActivationText).join(',');
        await askCouch(url, 'POST', `${bare}/_bulk_docs`, `{"docs":[${docs}]}`);
      }
      return [perSecondSince(start)];
    };
    await flood.run();
    await floor();
    flood.perRecord.length = 0;
    const measured = await alternate(rounds, { flood: flood.run, floor });
    return figuresOf('CouchDB', {
      perSecond: measured.flood.flat(),
      perRecord: flood.perRecord,
      floor: { what: 'only _bulk_docs', parts: { requests: measured.floor.flat() } },
    });
  } finally {
    await store.close();
    await removeDatabases(url, prefix);
    await askCouch(url, 'DELETE', bare);
  }
}

interface Measured {
  readonly perSecond: readonly number[];
  readonly perRecord: readonly number[];
  readonly floor?: { readonly what: string; readonly parts: Readonly<Record<string, readonly number[]>> };
}

function figuresOf(name: string, { perSecond, perRecord, floor }: Measured): Figure[] {
  const id = `storing/${name.toLowerCase()}`;
  return [
    figure({
      ...{ id: `${id}/flood`, title: `records into ${name}`, unit: '/s', better: 'higher' },
      rounds: perSecond,
      ...(floor && { floor }),
    }),
    figure({
      ...{ id: `${id}/thread`, title: `a record into ${name}: time of the serving thread`, unit: 'µs' },
      rounds: perRecord,
    }),
  ];
}

/** `run` stores as many records as it can, and answers how many a second; `perRecord` has the processor time of each run. */
function floodOf({ activations }: Pick<Store, 'activations'>) {
  const perRecord: number[] = [];
  const run = async () => {
    const records = newRecords(RECORDS);
    const before = process.threadCpuUsage();
    const start = performance.now();
    await Promise.all(records.map((each) => activations.put(each)));
    const perSecond = perSecondSince(start);
    const after = process.threadCpuUsage();
    perRecord.push((after.user + after.system - before.user - before.system) / RECORDS);
    return [perSecond];
  };
  return { run, perRecord };
}

function newRecords(count: number): Activation[] {
  return Array.from({ length: count }, () => exampleActivation(newActivationId()));
}

function perSecondSince(start: number): number {
  return (RECORDS / (performance.now() - start)) * 1000;
}
