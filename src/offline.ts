import { existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { Admin } from './admin/admin.ts';
import type { Settings } from './config.ts';
import { couchOptions } from './couchdb-options.ts';
import { isExposed, lookAtHost } from './host.ts';
import { anew } from './invocation/promise.ts';
import type { Work } from './model/work.ts';
import { Events } from './observe/events.ts';
import { openCouchStore } from './store/couchdb.ts';
import type { Journal } from './store/journal.ts';
import { openSqliteJournal, openSqliteStore } from './store/sqlite.ts';
import { FileLock } from './store/sqlite-lock.ts';
import type { Store } from './store/store.ts';

/** The store that the settings ask for, and the journal, which lies in the data folder in any case. */
export type OpenStore = Store & { readonly journal: Journal };

/** @throws StoreRefused, SettingsError */
export async function openStore(settings: Settings, events: Events): Promise<OpenStore> {
  const file = dataFile(settings);
  const couch = await couchOptions(settings, events);
  if (couch === undefined) return openSqliteStore({ file, events });
  const own = await openSqliteJournal({ file, events });
  try {
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

/** Works on the subjects while no node runs; the data folder is held meanwhile. @throws StoreRefused */
export async function withAdmin<T>(settings: Settings, work: (admin: Admin) => Promise<T>): Promise<T> {
  const store = await openStore(settings, new Events());
  try {
    const refuseWellKnownKeys = isExposed(settings.host ?? [], lookAtHost().bridge);
    const { subjects, journal } = store;
    const { deadLetters } = journal;
    const replay = (dead: Work) => addTo(journal, dead);
    return await work(new Admin({ subjects, deadLetters, replay, refuseWellKnownKeys, onChange: () => undefined }));
  } finally {
    await store.close();
  }
}

/** The next start does it. */
async function addTo(journal: Journal, dead: Work): Promise<string> {
  const work = anew(dead, Date.now());
  await journal.add([work], 0);
  return work.activationId;
}

/** Where all is kept without CouchDB, and the journal in any case. */
export function dataFile({ dataDir }: Settings): string {
  return join(dataDir, 'whisklet.db');
}
