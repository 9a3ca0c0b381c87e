import { Database } from 'bun:sqlite';
import { existsSync, statSync } from 'node:fs';
import { damaged, foreign, tooNew, translate } from './faults.ts';
import { APPLICATION_ID, migrations, SCHEMA_VERSION } from './schema.ts';

// Bun keeps 20 prepared statements by default; there are more, and each thread uses all of its own.
Database.MAX_QUERY_CACHE_SIZE = 64;

/** Up to this size every page is looked at when the file is opened: 16 MB take about 12 ms. */
const CHECKED_BYTES = 16 * 1024 * 1024;

/**
 * Opens a data file for writing, makes it when it is not there, and brings an older one up to date.
 * All of that happens in one transaction: a node killed meanwhile leaves the file as it was.
 *
 * @param maxFileBytes the file does not grow beyond this; writes are refused then, as on a full disk
 * @throws StoreRefused for a file that is damaged, another program's, or of a newer version; it is left as it is
 */
export function openForWriting(file: string, maxFileBytes: number | undefined): Database {
  let database: Database | undefined;
  try {
    const isNew = !existsSync(file) || statSync(file).size === 0 || checkUntouched(file);
    database = new Database(file, { create: true, readwrite: true });
    database.run('PRAGMA busy_timeout = 5000');
    if (isNew) database.run('PRAGMA journal_mode = WAL');
    database.run('PRAGMA synchronous = FULL');
    database.run('PRAGMA journal_size_limit = 16777216');
    if (maxFileBytes !== undefined) limitSize(database, maxFileBytes);
    migrate(database);
    return database;
  } catch (error) {
    database?.close();
    throw translate(error, file);
  }
}

/** For the serving thread: the file was opened for writing before, so its log and its index of the log are there. */
export function openForReading(file: string): Database {
  const database = new Database(file, { readonly: true });
  database.run('PRAGMA busy_timeout = 1000');
  return database;
}

/** A connection that may write would already tidy up a log beside the file when it closes, so this one may not. */
function checkUntouched(file: string): boolean {
  const database = new Database(file, { readonly: true });
  try {
    return check(database, file);
  } finally {
    database.close();
  }
}

/** True for a file without anything in it. */
function check(database: Database, file: string): boolean {
  const application = number(database, 'application_id');
  const version = number(database, 'user_version');
  const tables = database.query<{ n: number }, []>('SELECT count(*) AS n FROM sqlite_schema').get()?.n ?? 0;
  if (application === 0 && version === 0 && tables === 0) return true;
  if (application !== APPLICATION_ID) throw foreign(file);
  if (version > SCHEMA_VERSION) throw tooNew(file, version, SCHEMA_VERSION);
  const bytes = number(database, 'page_count') * number(database, 'page_size');
  if (bytes <= CHECKED_BYTES) {
    const found = database.query<{ quick_check: string }, []>('PRAGMA quick_check(1)').get()?.quick_check;
    if (found !== 'ok') throw damaged(file, found ?? 'it cannot be checked');
  }
  return false;
}

function migrate(database: Database): void {
  const version = number(database, 'user_version');
  if (version === SCHEMA_VERSION) return;
  database.transaction(() => {
    for (const step of migrations.slice(version)) database.run(step);
    database.run(`PRAGMA application_id = ${APPLICATION_ID}`);
    database.run(`PRAGMA user_version = ${SCHEMA_VERSION}`);
  })();
}

function limitSize(database: Database, maxFileBytes: number): void {
  const pages = Math.max(1, Math.floor(maxFileBytes / number(database, 'page_size')));
  database.run(`PRAGMA max_page_count = ${pages}`);
}

function number(database: Database, pragma: string): number {
  const row = database.query<Record<string, number>, []>(`PRAGMA ${pragma}`).get();
  return row?.[pragma] ?? 0;
}
