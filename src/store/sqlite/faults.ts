import { SQLiteError } from 'bun:sqlite';
import { StoreRefused, StoreUnavailable } from '../store.ts';

/** SQLite's codes that mean "not now": room, the disk, rights, or somebody else in the way. */
const AWAY = [
  'SQLITE_FULL',
  'SQLITE_IOERR',
  'SQLITE_READONLY',
  'SQLITE_CANTOPEN',
  'SQLITE_PERM',
  'SQLITE_NOMEM',
  'SQLITE_BUSY',
  'SQLITE_LOCKED',
];
const BROKEN = ['SQLITE_CORRUPT', 'SQLITE_NOTADB'];

/**
 * Turns an error of SQLite into one of the contract: `StoreUnavailable` when it cannot write now, `StoreRefused`
 * when the file is damaged. Anything else comes back as it is: a fault of ours.
 */
export function translate(error: unknown, file: string): unknown {
  if (!(error instanceof SQLiteError)) return error;
  const is = (codes: readonly string[]) => codes.some((code) => error.code?.startsWith(code));
  if (is(['SQLITE_FULL'])) return new StoreUnavailable(`There is no room to write to ${file}: ${error.message}.`);
  if (is(AWAY)) return new StoreUnavailable(`${file} cannot be written now: ${error.message}.`);
  if (is(BROKEN)) return damaged(file, error.message);
  return error;
}

/** Asks for something that is read from the file. @throws what `translate` makes of SQLite's errors */
export type Read<R> = <T>(ask: (reads: R) => T) => T;

export function readFrom<R>(reads: R, file: string): Read<R> {
  return (ask) => {
    try {
      return ask(reads);
    } catch (error) {
      throw translate(error, file);
    }
  };
}

export function damaged(file: string, how: string): StoreRefused {
  return new StoreRefused(
    `${file} is damaged or is no database (${how}). Nothing was changed in it. Put a backup in its place, or move it away to start with an empty store.`,
  );
}

export function foreign(file: string): StoreRefused {
  return new StoreRefused(
    `${file} is a database of another program. Nothing was changed in it. Choose another data folder.`,
  );
}

export function tooNew(file: string, version: number, known: number): StoreRefused {
  return new StoreRefused(
    `${file} was written by a newer Whisklet (schema ${version}, this one knows up to ${known}). Nothing was changed in it. ` +
      'Start that version again, or choose another data folder.',
  );
}

export function held(file: string, holder: string | undefined): StoreRefused {
  return new StoreRefused(
    `${file} is in use by ${holder ?? 'another process'}. Stop that node first, or give this one a data folder of its own.`,
  );
}

export function unreachable(file: string, error: unknown): StoreRefused {
  const text = error instanceof Error ? error.message : String(error);
  return new StoreRefused(
    `${file} cannot be opened for writing (${text}). Choose a data folder that this user may write to.`,
  );
}
