import { existsSync, mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { type Settings, SettingsError } from '../config.ts';
import type { Events } from '../observe/events.ts';
import { couchOptions } from '../settings/couchdb-options.ts';
import type { Journal } from '../store/journal.ts';
import { FileLock } from '../store/sqlite/lock.ts';
import { openSqliteJournal, openSqliteStore } from '../store/sqlite.ts';
import type { Store } from '../store/store.ts';

/** The store that the settings ask for, and the journal, which lies in the data folder in any case. */
export type OpenStore = Store & { readonly journal: Journal };

/** CouchDB's engine is loaded where there is one: it takes memory. @throws StoreRefused, SettingsError */
export async function openStore(settings: Settings, events: Events): Promise<OpenStore> {
  const file = dataFile(settings);
  const couch = await couchOptions(settings, events);
  if (couch === undefined) return openSqliteStore({ file, events });
  const own = await openSqliteJournal({ file, events });
  try {
    const { openCouchStore } = await import('../store/couchdb.ts');
    const store = await openCouchStore(couch);
    const close = async () => {
      await store.close();
      await own.close();
    };
    return { ...store, journal: own.journal, close };
  } catch (error) {
    await own.close();
    throw error;
  }
}

/** For the node's own user alone. @throws SettingsError when it cannot be made */
export function makeDataFolder({ dataDir }: Settings): void {
  try {
    mkdirSync(dataDir, { recursive: true, mode: 0o700 });
  } catch (error) {
    throw new SettingsError([`data-dir: ${dataDir} cannot be made: ${(error as Error).message}`]);
  }
}

/** Deletes all that is stored in the data folder, and nothing else there. @throws StoreRefused while a node uses it */
export function cleanStore(settings: Settings): void {
  const file = dataFile(settings);
  if (!existsSync(file)) return;
  const lock = new FileLock(file);
  try {
    for (const part of [file, `${file}-wal`, `${file}-shm`]) rmSync(part, { force: true });
  } finally {
    lock.release();
  }
}

/** Where all is kept without CouchDB, and the journal in any case. */
export function dataFile({ dataDir }: Settings): string {
  return join(dataDir, 'whisklet.db');
}
