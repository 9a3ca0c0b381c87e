import { Database, SQLiteError } from 'bun:sqlite';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { held, translate } from './faults.ts';

/**
 * Sees to it that one node at a time uses a data file.
 *
 * The lock is one of the operating system's, on the empty file `<file>-lock`: it is gone the moment its process is,
 * however that ends. SQLite takes and keeps it, because its locks are the same on every system and hold between two
 * stores of one process too. The file stays empty, so there is nothing in it that could be damaged. Who holds it stands
 * in `<file>-holder`, for the words of the refusal only.
 */
export class FileLock {
  readonly #database: Database;
  readonly #holderFile: string;

  /** @throws StoreRefused when another node has it: says which one */
  constructor(file: string) {
    this.#holderFile = `${file}-holder`;
    try {
      this.#database = new Database(`${file}-lock`);
    } catch (error) {
      throw translate(error, `${file}-lock`);
    }
    try {
      this.#database.run('BEGIN EXCLUSIVE');
    } catch (error) {
      this.#database.close();
      const busy = error instanceof SQLiteError && error.code?.startsWith('SQLITE_BUSY');
      throw busy ? held(file, this.#readHolder()) : translate(error, `${file}-lock`);
    }
    this.#writeHolder();
  }

  release(): void {
    rmSync(this.#holderFile, { force: true });
    this.#database.close();
  }

  #readHolder(): string | undefined {
    try {
      return readFileSync(this.#holderFile, 'utf8').trim() || undefined;
    } catch {
      return undefined;
    }
  }

  #writeHolder(): void {
    try {
      writeFileSync(this.#holderFile, `process ${process.pid} on ${hostname()} (since ${new Date().toISOString()})\n`, {
        mode: 0o600,
      });
    } catch {
      // A full disk must not keep a node from starting; the lock itself needs no room.
    }
  }
}
