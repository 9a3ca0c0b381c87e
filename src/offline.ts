import { existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { Admin } from './admin/admin.ts';
import { type AdminAnswer, type AdminCommand, type DeadLetterCommand, isOfDeadLetters } from './admin/command.ts';
import { runDeadLetters } from './admin/dead-letters.ts';
import type { Settings } from './config.ts';
import { couchOptions } from './couchdb-options.ts';
import { isExposed, lookAtHost } from './host.ts';
import { anew } from './invocation/promise.ts';
import type { Work } from './model/work.ts';
import { Events } from './observe/events.ts';
import type { Journal } from './store/journal.ts';
import { openSqliteJournal, openSqliteStore } from './store/sqlite.ts';
import { FileLock } from './store/sqlite-lock.ts';
import type { Store } from './store/store.ts';

/** The store that the settings ask for, and the journal, which lies in the data folder in any case. */
export type OpenStore = Store & { readonly journal: Journal };

/** CouchDB's engine is loaded where there is one: it takes memory. @throws StoreRefused, SettingsError */
export async function openStore(settings: Settings, events: Events): Promise<OpenStore> {
  const file = dataFile(settings);
  const couch = await couchOptions(settings, events);
  if (couch === undefined) return openSqliteStore({ file, events });
  const own = await openSqliteJournal({ file, events });
  try {
    const { openCouchStore } = await import('./store/couchdb.ts');
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

/** Carries out an operator's command while no node runs; the data folder is held meanwhile. @throws StoreRefused */
export async function carryOutHere(settings: Settings, command: AdminCommand): Promise<AdminAnswer> {
  if (isOfDeadLetters(command)) return withJournal(settings, command);
  const store = await openStore(settings, new Events());
  try {
    const refuseWellKnownKeys = isExposed(settings.host ?? [], lookAtHost().bridge);
    const { subjects, journal } = store;
    const { deadLetters } = journal;
    const replay = (dead: Work) => addTo(journal, dead);
    const admin = new Admin({ subjects, deadLetters, replay, refuseWellKnownKeys, onChange: () => undefined });
    return await admin.run(command);
  } finally {
    await store.close();
  }
}

/** The journal alone: a CouchDB need not be there. */
async function withJournal(settings: Settings, command: DeadLetterCommand): Promise<AdminAnswer> {
  const { journal, close } = await openSqliteJournal({ file: dataFile(settings), events: new Events() });
  try {
    const replay = (dead: Work) => addTo(journal, dead);
    return await runDeadLetters({ deadLetters: journal.deadLetters, replay }, command);
  } finally {
    await close();
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
