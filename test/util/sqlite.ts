import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Events } from '../../src/observe/events.ts';
import { openSqliteStore, type SqliteOptions, type SqliteStore } from '../../src/store/sqlite.ts';
import type { Data } from '../contract/store.ts';

/** A data file in a folder of its own, both gone after `remove`. */
export function temporaryData(
  options: Partial<SqliteOptions> = {},
): Data & { readonly file: string; open(): Promise<SqliteStore> } {
  const folder = mkdtempSync(join(tmpdir(), 'whisklet-store-'));
  const file = join(folder, 'whisklet.db');
  return {
    file,
    open: () => openSqliteStore({ file, events: new Events(), ...options }),
    remove: async () => rmSync(folder, { recursive: true, force: true }),
  };
}
