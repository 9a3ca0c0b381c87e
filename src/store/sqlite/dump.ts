import type { Database } from 'bun:sqlite';
import { existsSync } from 'node:fs';
import type { Subject } from '../../model/identity.ts';
import type { UserLimits } from '../../model/limits.ts';
import type { DumpOptions, Item } from '../dump.ts';
import { StoreRefused } from '../store.ts';
import { translate } from './faults.ts';
import { openForReading } from './file.ts';
import { type ActivationRow, activationColumns, type DocumentRow, toActivation, toStored } from './rows.ts';
import { WorkReads } from './work.ts';

/**
 * All that a data file keeps, as it is at one moment: also while a node runs on it, which goes on writing meanwhile.
 *
 * @throws StoreRefused when there is none, or it is damaged
 */
export async function* dumpSqlite(file: string, { withRecords }: DumpOptions): AsyncGenerator<Item> {
  if (!existsSync(file)) throw new StoreRefused(`There is no data file ${file}.`);
  const database = openForReading(file);
  try {
    // The first read of a transaction says what all of them see.
    database.run('BEGIN');
    yield* items(database, withRecords);
  } catch (error) {
    throw translate(error, file);
  } finally {
    database.close();
  }
}

function* items(database: Database, withRecords: boolean): Generator<Item> {
  type Text = { readonly document: string };
  for (const { document } of database.query<Text, []>('SELECT document FROM subject ORDER BY name').iterate()) {
    yield { type: 'subject', subject: JSON.parse(document) as Subject };
  }
  const limits = database.query<Text & { readonly namespace: string }, []>(
    'SELECT namespace, document FROM user_limits ORDER BY namespace',
  );
  for (const { namespace, document } of limits.iterate()) {
    yield { type: 'limits', namespace, limits: JSON.parse(document) as UserLimits };
  }
  const entities = database.query<DocumentRow & { readonly code: string | null }, []>(
    'SELECT rev, document, code FROM entity LEFT JOIN code USING (id) ORDER BY row',
  );
  for (const { code, ...row } of entities.iterate()) {
    yield { type: 'entity', entity: toStored(row).entity, ...(code === null ? {} : { code }) };
  }
  if (!withRecords) return;
  const records = database.query<ActivationRow, []>(`SELECT ${activationColumns} FROM activation ORDER BY seq`);
  for (const row of records.iterate()) yield { type: 'activation', activation: toActivation(row) };
}

/** Accepted work in a data file: no dump has it, because only the node of this folder may do it. @throws StoreRefused */
export function undoneWork(file: string): { readonly pending: number; readonly dead: number } {
  try {
    using database = openForReading(file);
    const table = database.query("SELECT 1 FROM sqlite_schema WHERE name = 'work'").get();
    // A file of an earlier version has no journal.
    return table === null ? { pending: 0, dead: 0 } : new WorkReads(database).size();
  } catch (error) {
    throw translate(error, file);
  }
}

/** What is wrong with a data file, each with what to do; empty when all is well. */
export function inspectSqlite(file: string): string[] {
  if (!existsSync(file))
    return [`There is no data file ${file}: whisklet db init makes it, and so does the first start.`];
  try {
    using database = openForReading(file);
    const found = database.query<{ readonly quick_check: string }, []>('PRAGMA quick_check').all();
    const problems = found.map((each) => each.quick_check).filter((each) => each !== 'ok');
    return problems.map(
      (problem) => `${file} is damaged: ${problem}. Export what can be read, and import it into a new folder.`,
    );
  } catch (error) {
    return [(translate(error, file) as Error).message];
  }
}
