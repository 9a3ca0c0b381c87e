import { existsSync, rmSync } from 'node:fs';
import { UsageError } from '../cli/commands.ts';
import type { DbCommand } from '../cli/db.ts';
import type { Settings } from '../config.ts';
import { dataFile } from '../node/store.ts';
import { Events } from '../observe/events.ts';
import { couchOptions } from '../settings/couchdb-options.ts';
import { CouchClient } from '../store/couchdb/client.ts';
import { dumpCouch } from '../store/couchdb/dump.ts';
import { inspect } from '../store/couchdb/setup.ts';
import { type CouchStoreOptions, openCouchStore, toRefused } from '../store/couchdb.ts';
import { type DumpOptions, type Item, itemTypes, type Loaded, load } from '../store/dump.ts';
import { checkDump, readDump, writeDump } from '../store/dump-file.ts';
import { dumpSqlite, inspectSqlite, undoneWork } from '../store/sqlite/dump.ts';
import { openSqliteStore } from '../store/sqlite.ts';
import type { Store } from '../store/store.ts';

/** `whisklet db`: on what the settings name, CouchDB or the data folder. Answers the exit code. @throws StoreRefused, UsageError */
export async function runDb(command: DbCommand, settings: Settings, out: (line: string) => void): Promise<number> {
  const events = new Events();
  events.said.subscribe(({ text }) => out(text));
  const couch = await couchOptions(settings, events);
  const places = { file: dataFile(settings), events, out };
  switch (command.do) {
    case 'init':
      await using(openTarget(places, couch), async () => undefined);
      out(couch ? 'The databases are there, with their views.' : `The data file ${places.file} is there.`);
      return 0;
    case 'check':
      return check(places, couch);
    case 'export':
      return exportTo(command, places, couch);
    case 'import':
      await checkDump(command.file);
      return using(openTarget(places, couch), (store) => copy(store, readDump(command.file), command.overwrite, out));
    case 'migrate': {
      if (couch === undefined) throw new UsageError('db migrate: --couchdb says where CouchDB is');
      const isUp = command.to === 'couchdb';
      const from = isUp ? undefined : couch;
      const to = isUp ? couch : undefined;
      return using(openTarget(places, to), (store) => copy(store, dump(command, places, from), command.overwrite, out));
    }
  }
}

interface Places {
  readonly file: string;
  readonly events: Events;
  readonly out: (line: string) => void;
}

function openTarget({ file, events }: Places, couch: CouchStoreOptions | undefined): Promise<Store> {
  return couch === undefined ? openSqliteStore({ file, events }) : openCouchStore(couch);
}

async function using<T>(opening: Promise<Store>, work: (store: Store) => Promise<T>): Promise<T> {
  const store = await opening;
  try {
    return await work(store);
  } finally {
    await store.close();
  }
}

async function* dump(
  { withRecords }: Pick<DumpOptions, 'withRecords'>,
  { file, out }: Places,
  couch: CouchStoreOptions | undefined,
): AsyncGenerator<Item> {
  const options = { withRecords, onSkipped: (what: string) => out(`Left out: ${what}`) };
  if (couch === undefined) {
    yield* dumpSqlite(file, options);
    warnOfUndone(file, out);
    return;
  }
  const client = new CouchClient(couch);
  try {
    yield* dumpCouch(client, couch.names, options);
  } catch (error) {
    throw toRefused(error, client.address);
  } finally {
    client.close();
  }
}

/** Accepted work goes nowhere else: two nodes would do it. */
function warnOfUndone(file: string, out: (line: string) => void): void {
  const { pending, dead } = undoneWork(file);
  if (pending > 0)
    out(
      `Not copied: ${pending} activations that were accepted and are not done. They stay in ${file}: the next node that starts on this data folder does them, with --couchdb or without. Keep the folder until then.`,
    );
  if (dead > 0) out(`Not copied: ${dead} dead letters. They stay in ${file}: see whisklet dead-letters.`);
}

async function check({ file, out }: Places, couch: CouchStoreOptions | undefined): Promise<number> {
  const problems = couch === undefined ? inspectSqlite(file) : await checkCouch(couch);
  for (const problem of problems) out(problem);
  if (problems.length === 0) out(couch ? `CouchDB has all that is needed.` : `The data file ${file} is whole.`);
  return problems.length === 0 ? 0 : 1;
}

async function checkCouch(couch: CouchStoreOptions): Promise<string[]> {
  const client = new CouchClient(couch);
  try {
    return await inspect(client, couch.names);
  } catch (error) {
    return [(toRefused(error, client.address) as Error).message];
  } finally {
    client.close();
  }
}

async function exportTo(
  command: Extract<DbCommand, { do: 'export' }>,
  places: Places,
  couch: CouchStoreOptions | undefined,
): Promise<number> {
  const { file } = command;
  if (existsSync(file)) throw new UsageError(`db export: there is a file ${file} already`);
  try {
    const count = await writeDump(file, dump(command, places, couch), Date.now());
    places.out(`${count} things are in ${file}. There are keys in it: keep it where nobody else reads it.`);
    return 0;
  } catch (error) {
    rmSync(file, { force: true });
    throw error;
  }
}

async function copy(
  store: Store,
  items: AsyncIterable<Item>,
  overwrite: boolean,
  out: (line: string) => void,
): Promise<number> {
  const loaded = await load(store, items, { overwrite });
  for (const line of summary(loaded)) out(line);
  return 0;
}

function summary(loaded: Loaded): string[] {
  const words = { subject: 'subjects', limits: 'limits', entity: 'entities', activation: 'records' };
  return itemTypes.map((type) => {
    const { written, left } = loaded[type];
    return `${words[type]}: ${written} written${left > 0 ? `, ${left} were there already and are as they were` : ''}`;
  });
}
