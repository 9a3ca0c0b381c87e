import type { Database } from 'bun:sqlite';
import type { Activation, ActivationSummary } from '../../model/activation.ts';
import type { Stored } from '../../model/entities.ts';
import type { UserLimits } from '../../model/limits.ts';
import type { ActivationQuery, EntityQuery, StoredSubject } from '../store.ts';
import {
  type ActivationRow,
  activationColumns,
  type DocumentRow,
  type SummaryRow,
  summaryColumns,
  toActivation,
  toStored,
  toStoredSubject,
  toSummary,
} from './rows.ts';

/** SQLite's word for "no limit". */
const ALL = -1;
const ALWAYS = Number.MAX_SAFE_INTEGER;

/**
 * The statements that read. Each is prepared once and kept by its text. Records are read up to a number in
 * the order of writing: those after it are still held as waiting by the serving thread (queue.ts), and so
 * a list counts each record once whenever the writer commits.
 */
export class Reads {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  entity(id: string): Stored | undefined {
    const row = this.#database.query<DocumentRow, [string]>('SELECT rev, document FROM entity WHERE id = ?').get(id);
    return row === null ? undefined : toStored(row);
  }

  code(id: string, rev: string): string | undefined {
    const sql = 'SELECT code FROM code JOIN entity USING (id) WHERE id = ? AND rev = ?';
    return this.#database.query<{ code: string }, [string, string]>(sql).get(id, rev)?.code;
  }

  entities(query: EntityQuery): Stored[] {
    const { collection, path, limit = ALL, skip } = query;
    return this.#database
      .query<DocumentRow, [string, string, number, number]>(entityListSql(query))
      .all(collection, path, limit, skip)
      .map(toStored);
  }

  countEntities(query: Omit<EntityQuery, 'limit'>): number {
    const sql = `SELECT count(*) AS n FROM entity WHERE ${entityCondition(query)}`;
    const n = this.#database.query<{ n: number }, [string, string]>(sql).get(query.collection, query.path)?.n ?? 0;
    return Math.max(0, n - query.skip);
  }

  activation(namespace: string, id: string): Activation | undefined {
    const sql = `SELECT ${activationColumns} FROM activation WHERE id = ? AND namespace = ?`;
    const row = this.#database.query<ActivationRow, [string, string]>(sql).get(id, namespace);
    return row === null ? undefined : toActivation(row);
  }

  activations(query: ActivationQuery, upToSeq: number): Activation[] {
    return this.#list<ActivationRow>(activationColumns, query, upToSeq).map(toActivation);
  }

  summaries(query: ActivationQuery, upToSeq: number): ActivationSummary[] {
    return this.#list<SummaryRow>(summaryColumns, query, upToSeq).map(toSummary);
  }

  countActivations(query: Omit<ActivationQuery, 'limit' | 'skip'>, upToSeq: number): number {
    const sql = `SELECT count(*) AS n FROM activation WHERE ${activationCondition(query)}`;
    return this.#database.query<{ n: number }, Bindings>(sql).get(...bindings(query, upToSeq))?.n ?? 0;
  }

  /** The highest number given to a record. */
  lastSeq(): number {
    return this.#database.query<{ seq: number | null }, []>('SELECT max(seq) AS seq FROM activation').get()?.seq ?? 0;
  }

  subject(name: string): StoredSubject | undefined {
    const sql = 'SELECT rev, document FROM subject WHERE name = ?';
    const row = this.#database.query<DocumentRow, [string]>(sql).get(name);
    return row === null ? undefined : toStoredSubject(row);
  }

  subjects(): StoredSubject[] {
    const sql = 'SELECT rev, document FROM subject ORDER BY name';
    return this.#database.query<DocumentRow, []>(sql).all().map(toStoredSubject);
  }

  subjectsBy(column: 'uuid' | 'namespace', value: string): StoredSubject[] {
    return this.#database.query<DocumentRow, [string]>(subjectSql(column)).all(value).map(toStoredSubject);
  }

  limits(namespace: string): UserLimits | undefined {
    const sql = 'SELECT document FROM user_limits WHERE namespace = ?';
    const row = this.#database.query<{ document: string }, [string]>(sql).get(namespace);
    return row === null ? undefined : (JSON.parse(row.document) as UserLimits);
  }

  #list<Row>(columns: string, query: ActivationQuery, upToSeq: number): Row[] {
    const { limit = ALL, skip } = query;
    return this.#database
      .query<Row, [...Bindings, number, number]>(activationListSql(columns, query))
      .all(...bindings(query, upToSeq), limit, skip);
  }
}

/** Parameters: collection, path, limit, offset. */
export function entityListSql(query: Pick<EntityQuery, 'path' | 'publicOnly'>): string {
  return `SELECT rev, document FROM entity WHERE ${entityCondition(query)} ORDER BY updated DESC, row DESC LIMIT ? OFFSET ?`;
}

function entityCondition({ path, publicOnly }: Pick<EntityQuery, 'path' | 'publicOnly'>): string {
  const column = path.includes('/') ? 'path' : 'root';
  return `collection = ? AND ${column} = ?${publicOnly ? ' AND public = 1' : ''}`;
}

/** Parameters: namespace, name if the query has one, since, up to, last number, limit, offset. */
export function activationListSql(columns: string, query: Pick<ActivationQuery, 'name'>): string {
  return `SELECT ${columns} FROM activation WHERE ${activationCondition(query)} ORDER BY started DESC, seq DESC LIMIT ? OFFSET ?`;
}

function activationCondition({ name }: Pick<ActivationQuery, 'name'>): string {
  return `namespace = ?${name === undefined ? '' : ' AND shown_as = ?'} AND started BETWEEN ? AND ? AND seq <= ?`;
}

type Bindings = (string | number)[];

function bindings(query: Omit<ActivationQuery, 'limit' | 'skip'>, upToSeq: number): Bindings {
  const { namespace, name, since = 0, upto = ALWAYS } = query;
  return name === undefined ? [namespace, since, upto, upToSeq] : [namespace, name, since, upto, upToSeq];
}

/** Parameter: the uuid or the namespace. A subject may have several namespaces, and still comes once. */
export function subjectSql(column: 'uuid' | 'namespace'): string {
  return `SELECT rev, document FROM subject WHERE blocked = 0
    AND name IN (SELECT subject FROM subject_namespace WHERE ${column} = ?) ORDER BY name`;
}
