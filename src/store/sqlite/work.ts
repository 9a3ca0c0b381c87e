import type { Database } from 'bun:sqlite';
import type { Work, WorkHead } from '../../model/work.ts';
import type { DeadLetter, DeadLetterHead, JournalEntry } from '../journal.ts';

/**
 * The tables of accepted work (schema.ts): their rows, and the statements that read and write them. Arguments and payloads
 * stay the text that they came as, beside a head of JSON.
 */

/** As the serving thread hands it to the writer. */
export type WorkRow = readonly [id: string, head: string, args: string, payload: string | null];

interface StoredWork {
  readonly head: string;
  readonly args: string;
  readonly payload: string | null;
}

type EntryRow = StoredWork & { readonly position: number; readonly tries: number };
type DeadRow = StoredWork & { readonly buried: number; readonly tries: number; readonly why: string };

export function toWorkRow(work: Work): WorkRow {
  if (work.type === 'invocation') {
    const { args, ...head } = work;
    return [work.activationId, JSON.stringify(head), args, null];
  }
  const { event, payload, ...head } = work;
  return [work.activationId, JSON.stringify(head), event, payload];
}

function toWork({ head, args, payload }: StoredWork): Work {
  const work = JSON.parse(head) as WorkHead;
  return work.type === 'invocation' ? { ...work, args } : { ...work, event: args, payload: payload ?? '{}' };
}

function toEntry({ position, tries, ...row }: EntryRow): JournalEntry {
  return { position, work: toWork(row), tries };
}

function toDeadLetter({ buried, tries, why, ...row }: DeadRow): DeadLetter {
  return { work: toWork(row), tries, why, buriedAt: buried };
}

function toDeadLetterHead({ buried, tries, why, head }: Omit<DeadRow, 'args' | 'payload'>): DeadLetterHead {
  return { work: JSON.parse(head) as WorkHead, tries, why, buriedAt: buried };
}

export class WorkReads {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  lastPosition(): number {
    return this.#database.query<{ n: number | null }, []>('SELECT max(position) AS n FROM work').get()?.n ?? 0;
  }

  find(id: string): JournalEntry | undefined {
    const sql = 'SELECT position, tries, head, args, payload FROM work WHERE id = ?';
    const row = this.#database.query<EntryRow, [string]>(sql).get(id);
    return row === null ? undefined : toEntry(row);
  }

  /** In the order of their positions, both bounds of which are told: after the first, up to the last. */
  page(after: number, upTo: number, limit: number): JournalEntry[] {
    const sql =
      'SELECT position, tries, head, args, payload FROM work WHERE position > ? AND position <= ? ORDER BY position LIMIT ?';
    return this.#database.query<EntryRow, [number, number, number]>(sql).all(after, upTo, limit).map(toEntry);
  }

  dead(): DeadLetterHead[] {
    const sql = 'SELECT buried, tries, why, head FROM dead_letter ORDER BY buried DESC, id DESC';
    return this.#database.query<Omit<DeadRow, 'args' | 'payload'>, []>(sql).all().map(toDeadLetterHead);
  }

  findDead(id: string): DeadLetter | undefined {
    const sql = 'SELECT buried, tries, why, head, args, payload FROM dead_letter WHERE id = ?';
    const row = this.#database.query<DeadRow, [string]>(sql).get(id);
    return row === null ? undefined : toDeadLetter(row);
  }

  size(): { pending: number; dead: number } {
    const sql = 'SELECT (SELECT count(*) FROM work) AS pending, (SELECT count(*) FROM dead_letter) AS dead';
    return this.#database.query<{ pending: number; dead: number }, []>(sql).get() ?? { pending: 0, dead: 0 };
  }
}

/** The caller keeps the transaction. */
export class WorkWrites {
  readonly #database: Database;
  /** Of the entry that was added last: a position is never given twice while the file is open. */
  #position: number;

  constructor(database: Database) {
    this.#database = database;
    this.#position = new WorkReads(database).lastPosition();
  }

  /** What is there already, or has its record, stays as it is. */
  add(works: readonly WorkRow[], tries: number): void {
    const insert = this.#database.query(
      `INSERT INTO work (position, id, tries, head, args, payload) SELECT ?1, ?2, ?3, ?4, ?5, ?6
       WHERE NOT EXISTS (SELECT 1 FROM activation WHERE id = ?2) ON CONFLICT (id) DO NOTHING`,
    );
    for (const [id, head, args, payload] of works) insert.run(++this.#position, id, tries, head, args, payload);
  }

  tried(id: string, tries: number): void {
    this.#database.query('UPDATE work SET tries = ? WHERE id = ?').run(tries, id);
  }

  remove(id: string): void {
    this.#database.query('DELETE FROM work WHERE id = ?').run(id);
  }

  bury([id, head, args, payload]: WorkRow, tries: number, why: string, buried: number): void {
    this.#database
      .query(
        'INSERT OR REPLACE INTO dead_letter (id, buried, tries, why, head, args, payload) VALUES (?, ?, ?, ?, ?, ?, ?)',
      )
      .run(id, buried, tries, why, head, args, payload);
  }

  removeDead(id: string): number {
    return this.#database.query('DELETE FROM dead_letter WHERE id = ?').run(id).changes;
  }
}
