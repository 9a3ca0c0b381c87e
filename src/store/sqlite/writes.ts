import type { Database } from 'bun:sqlite';
import type { Subject } from '../../model/identity.ts';
import { shownAs } from '../page.ts';
import { Conflict } from '../store.ts';
import type { EntityWrite, RecordBatch } from './messages.ts';
import type { Head } from './rows.ts';
import type { WorkWrites } from './work.ts';

/** What a row and its entries in five indexes take besides the texts, in bytes; measured with texts of 400 bytes. */
const ROW_BYTES = 250;
/** One step of pruning deletes at most this much: about 10 ms of the writer's time. */
const PRUNE_ROWS = 500;
const PRUNE_BYTES = 8 * 1024 * 1024;

const INSERT_RECORD = `INSERT INTO activation (seq, id, namespace, shown_as, started, bytes, name, version, subject, ended,
    duration, cause, status, size, annotations, result, logs)
  VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO NOTHING`;

/**
 * The statements that write. The caller keeps the transaction. A `Conflict` is thrown before anything is changed,
 * so the transaction may go on after it.
 */
export class Writes {
  readonly #database: Database;
  readonly #work: WorkWrites;

  constructor(database: Database, work: WorkWrites) {
    this.#database = database;
    this.#work = work;
  }

  putEntity(write: EntityWrite): string {
    const { id, collection, root, path, updated, document } = write;
    const rev = this.#nextRev('entity', 'id', id, write.rev);
    const isPublic = write.isPublic ? 1 : 0;
    this.#run(
      `INSERT INTO entity (id, rev, collection, root, path, updated, public, document) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)
       ON CONFLICT (id) DO UPDATE SET rev = ?2, collection = ?3, root = ?4, path = ?5, updated = ?6, public = ?7, document = ?8`,
      [id, rev, collection, root, path, updated, isPublic, document],
    );
    if (!write.hasCode) this.#run('DELETE FROM code WHERE id = ?', [id]);
    else if (write.code !== undefined)
      this.#run('INSERT OR REPLACE INTO code (id, code) VALUES (?, ?)', [id, write.code]);
    return rev;
  }

  deleteEntity(id: string, rev: string): void {
    this.#nextRev('entity', 'id', id, rev);
    this.#run('DELETE FROM entity WHERE id = ?', [id]);
    this.#run('DELETE FROM code WHERE id = ?', [id]);
  }

  /**
   * With its record, work that was accepted is done: the entry goes in the same transaction.
   *
   * @returns the bytes that it added; a record whose id is there already adds none
   */
  putRecords([, firstSeq, heads, ...results]: RecordBatch): number {
    const insert = this.#database.query(INSERT_RECORD);
    let added = 0;
    (JSON.parse(heads) as Head[]).forEach((head, index) => {
      const [id, namespace, name, version, subject, start, end, duration, cause, status, size] = head;
      const annotations = JSON.stringify(head[11]);
      const logs = JSON.stringify(head[12]);
      const result = results[index] ?? 'null';
      const bytes =
        ROW_BYTES +
        Buffer.byteLength(annotations) +
        Buffer.byteLength(result) +
        Buffer.byteLength(logs) +
        name.length * 2;
      const filter = shownAs({ name, annotations: head[11] });
      const { changes } = insert.run(
        firstSeq + index,
        id,
        namespace,
        filter,
        start,
        bytes,
        name,
        version,
        subject,
        end,
        duration,
        cause,
        status,
        size,
        annotations,
        result,
        logs,
      );
      if (changes > 0) added += bytes;
      this.#work.remove(id);
    });
    return added;
  }

  putSubject(document: string, rev: string | undefined): string {
    const { subject, namespaces, blocked } = JSON.parse(document) as Subject;
    const next = this.#nextRev('subject', 'name', subject, rev);
    this.#run('INSERT OR REPLACE INTO subject (name, rev, blocked, document) VALUES (?, ?, ?, ?)', [
      subject,
      next,
      blocked ? 1 : 0,
      document,
    ]);
    this.#run('DELETE FROM subject_namespace WHERE subject = ?', [subject]);
    for (const { name, uuid } of namespaces)
      this.#run('INSERT INTO subject_namespace (subject, namespace, uuid) VALUES (?, ?, ?)', [subject, name, uuid]);
    return next;
  }

  deleteSubject(subject: string, rev: string): void {
    this.#nextRev('subject', 'name', subject, rev);
    this.#run('DELETE FROM subject WHERE name = ?', [subject]);
    this.#run('DELETE FROM subject_namespace WHERE subject = ?', [subject]);
  }

  setLimits(namespace: string, document: string | undefined): void {
    if (document === undefined) this.#run('DELETE FROM user_limits WHERE namespace = ?', [namespace]);
    else this.#run('INSERT OR REPLACE INTO user_limits (namespace, document) VALUES (?, ?)', [namespace, document]);
  }

  /** The bytes of all records: walks an index of them, 25 ms for a million. */
  recordBytes(): number {
    return this.#database.query<{ n: number | null }, []>('SELECT sum(bytes) AS n FROM activation').get()?.n ?? 0;
  }

  /** One step of pruning. @param total the bytes of all records @returns what it deleted; no rows when nothing is left to do */
  pruneStep(olderThan: number, maxBytes: number, total: number): { rows: number; bytes: number } {
    const oldest = this.#database
      .query<{ started: number; bytes: number }, [number]>(
        'SELECT started, bytes FROM activation ORDER BY started, bytes, seq LIMIT ?',
      )
      .all(PRUNE_ROWS);
    let rows = 0;
    let bytes = 0;
    for (const record of oldest) {
      if (record.started >= olderThan && total - bytes <= maxBytes) break;
      if (rows > 0 && bytes + record.bytes > PRUNE_BYTES) break;
      rows++;
      bytes += record.bytes;
    }
    if (rows > 0)
      this.#run(
        'DELETE FROM activation WHERE seq IN (SELECT seq FROM activation ORDER BY started, bytes, seq LIMIT ?)',
        [rows],
      );
    return { rows, bytes };
  }

  /** The revision after `rev`. @throws Conflict unless `rev` is that of the row (undefined: there is no row) */
  #nextRev(table: 'entity' | 'subject', key: 'id' | 'name', id: string, rev: string | undefined): string {
    const sql = `SELECT rev FROM ${table} WHERE ${key} = ?`;
    const current = this.#database.query<{ rev: string }, [string]>(sql).get(id)?.rev;
    if (current !== rev) throw new Conflict(conflictText(id, rev, current));
    const generation = Number.parseInt(current ?? '0', 10) + 1;
    return `${generation}-${crypto.randomUUID().replaceAll('-', '')}`;
  }

  #run(sql: string, values: (string | number)[]): void {
    this.#database.query(sql).run(...values);
  }
}

function conflictText(id: string, rev: string | undefined, current: string | undefined): string {
  if (rev === undefined) return `${id} exists already.`;
  return current === undefined ? `${id} is gone.` : `${id} was changed by somebody else.`;
}
