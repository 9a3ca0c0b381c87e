import { closeSync, mkdirSync, openSync } from 'node:fs';
import { dirname } from 'node:path';
import { type Activation, type ActivationSummary, summarize } from '../model/activation.ts';
import type { Entity, Stored } from '../model/entities.ts';
import type { Subject } from '../model/identity.ts';
import type { UserLimits } from '../model/limits.ts';
import type { Events } from '../observe/events.ts';
import type { Journal } from './journal.ts';
import { mergePage, windowFor } from './page.ts';
import { type Read, readFrom, unreachable } from './sqlite/faults.ts';
import { openForReading } from './sqlite/file.ts';
import { SqliteJournal } from './sqlite/journal.ts';
import { WriterLink } from './sqlite/link.ts';
import { FileLock } from './sqlite/lock.ts';
import { RecordQueue } from './sqlite/queue.ts';
import { Reads } from './sqlite/reads.ts';
import { entityColumns } from './sqlite/rows.ts';
import { WorkReads } from './sqlite/work.ts';
import type {
  ActivationQuery,
  ActivationStore,
  EntityQuery,
  EntityStore,
  Retention,
  Store,
  StoredSubject,
  SubjectStore,
} from './store.ts';

/**
 * The engine of one host: one SQLite file in WAL mode, synced at every commit.
 *
 *     serving thread ── reads by key or by page of an index ──► read-only connection ─┐
 *          └── writes ──► link ──► writer thread (group commit) ──► connection ───────┴─► file
 *
 * Nothing on the serving thread writes or syncs. Records of activations wait in a queue that lists look into too, so
 * they are seen from the moment they are put.
 */
export interface SqliteOptions {
  /** The data file; its folder is made when it is not there. `-wal`, `-shm`, `-lock` and `-holder` lie beside it. */
  readonly file: string;
  readonly events: Events;
  /** Records are gathered for this long before they are sent to be written, in milliseconds. */
  readonly gatherMs?: number;
  /** Approximate bytes of records that may wait in memory while they cannot be written. */
  readonly maxWaitingBytes?: number;
  /** The data file does not grow beyond this many bytes (its log comes on top). */
  readonly maxFileBytes?: number;
}

/**
 * What a record costs is mostly what its transaction costs: in larger ones it costs half. A node that is killed loses the records of
 * this time, but not what it has accepted without waiting: that stays in the journal until its record is stored.
 */
const GATHER_MS = 20;
const WAITING_BYTES = 64 * 1024 * 1024;
/** From here on a page is read by the writer: skipping 5000 entries of an index takes about 0.2 ms. */
const DEEP = 5000;

/** The store with the journal of what the node has accepted, in one file: a record and the entry that it ends are one write. */
export interface SqliteStore extends Store {
  readonly journal: Journal;
}

/** @throws StoreRefused when the file cannot be used: damaged, foreign, of a newer version, or in use by another node */
export function openSqliteStore(options: SqliteOptions): Promise<SqliteStore> {
  return open(options, true);
}

/** The journal alone, for a node whose store is another engine. @throws StoreRefused as `openSqliteStore` does */
export async function openSqliteJournal(options: SqliteOptions): Promise<Pick<SqliteStore, 'journal' | 'close'>> {
  return open(options, false);
}

async function open(options: SqliteOptions, endsWithRecord: boolean): Promise<SqliteStore> {
  const { file, events, maxFileBytes } = options;
  makeFile(file);
  const lock = new FileLock(file);
  const link = new WriterLink((why) =>
    events.error('store', `${why.replace(/\.$/, '')}. Nothing is stored until this node is started again.`),
  );
  try {
    const lastSeq = Number(await link.ask({ kind: 'open', file, maxFileBytes }));
    const database = openForReading(file);
    const read = readFrom(new Reads(database), file);
    const queue = new RecordQueue({
      send: (firstSeq, heads, results) => link.putRecords(firstSeq, heads, results),
      events,
      lastSeq,
      gatherMs: options.gatherMs ?? GATHER_MS,
      maxBytes: options.maxWaitingBytes ?? WAITING_BYTES,
    });
    const close = async () => {
      await queue.close();
      // The last connection to close tidies up the log, and only the writer's may.
      database.close();
      try {
        await link.ask({ kind: 'close' });
      } finally {
        link.end();
        lock.release();
      }
    };
    let closed: Promise<void> | undefined;
    return {
      entities: new SqliteEntities(read, link),
      activations: new SqliteActivations(read, link, queue),
      subjects: new SqliteSubjects(read, link),
      journal: new SqliteJournal(new WorkReads(database), link, { file, endsWithRecord }),
      close: () => {
        closed ??= close();
        return closed;
      },
    };
  } catch (error) {
    link.end();
    lock.release();
    throw error;
  }
}

/** Only the node's own user may read it: there are keys in it. */
function makeFile(file: string): void {
  try {
    mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
    closeSync(openSync(file, 'a', 0o600));
  } catch (error) {
    throw unreachable(file, error);
  }
}

class SqliteEntities implements EntityStore {
  readonly #read: Read<Reads>;
  readonly #link: WriterLink;

  constructor(read: Read<Reads>, link: WriterLink) {
    this.#read = read;
    this.#link = link;
  }

  async get(id: string): Promise<Stored | undefined> {
    return this.#read((reads) => reads.entity(id));
  }

  async put(entity: Entity, rev?: string, code?: string): Promise<string> {
    const document = JSON.stringify(entity);
    const answer = await this.#link.ask({ kind: 'putEntity', ...entityColumns(entity), rev, code, document });
    return String(answer);
  }

  async delete(id: string, rev: string): Promise<void> {
    await this.#link.ask({ kind: 'deleteEntity', id, rev });
  }

  async code(id: string, rev: string): Promise<string | undefined> {
    return this.#read((reads) => reads.code(id, rev));
  }

  async list(query: EntityQuery): Promise<Stored[]> {
    return this.#read((reads) => reads.entities(query));
  }

  async count(query: Omit<EntityQuery, 'limit'>): Promise<number> {
    return this.#read((reads) => reads.countEntities(query));
  }
}

class SqliteActivations implements ActivationStore {
  readonly #read: Read<Reads>;
  readonly #link: WriterLink;
  readonly #queue: RecordQueue;

  constructor(read: Read<Reads>, link: WriterLink, queue: RecordQueue) {
    this.#read = read;
    this.#link = link;
    this.#queue = queue;
  }

  put(activation: Activation): Promise<void> {
    return this.#queue.put(activation);
  }

  async get(namespace: string, activationId: string): Promise<Activation | undefined> {
    const waiting = this.#queue.get(activationId);
    if (waiting !== undefined) return waiting.namespace === namespace ? waiting : undefined;
    return this.#read((reads) => reads.activation(namespace, activationId));
  }

  list(query: ActivationQuery): Promise<Activation[]> {
    return this.#page<Activation>(
      query,
      (each) => each,
      (reads, window, seq) => reads.activations(window, seq),
      true,
    );
  }

  summaries(query: ActivationQuery): Promise<ActivationSummary[]> {
    return this.#page<ActivationSummary>(query, summarize, (reads, window, seq) => reads.summaries(window, seq), false);
  }

  async count(query: Omit<ActivationQuery, 'limit'>): Promise<number> {
    const { skip, ...rest } = query;
    const waiting = this.#queue.matching(query).length;
    const stored = Number(await this.#link.ask({ kind: 'count', query: rest, upToSeq: this.#queue.seq }));
    return Math.max(0, stored + waiting - skip);
  }

  async prune({ olderThan, maxBytes }: Retention): Promise<number> {
    const deleted = Number(await this.#link.ask({ kind: 'prune', olderThan, maxBytes }));
    if (deleted > 0) this.#queue.retry();
    return deleted;
  }

  async #page<T extends Activation | ActivationSummary>(
    query: ActivationQuery,
    shape: (waiting: Activation) => T,
    stored: (reads: Reads, window: ActivationQuery, upToSeq: number) => T[],
    whole: boolean,
  ): Promise<T[]> {
    const { skip, limit = Number.MAX_SAFE_INTEGER } = query;
    const waiting = this.#queue.matching(query).map(shape);
    const upToSeq = this.#queue.seq;
    const { offset, limit: rows } = windowFor(waiting.length, skip, limit);
    const window = { ...query, skip: offset, limit: rows };
    const found =
      offset < DEEP
        ? this.#read((reads) => stored(reads, window, upToSeq))
        : ((await this.#link.ask({ kind: 'page', query: window, upToSeq, whole })) as T[]);
    if (waiting.length === 0) return found;
    // A record that was put a second time waits although it is stored.
    const others = found.filter((each) => this.#queue.get(each.activationId) === undefined);
    return mergePage(waiting, others, skip, limit);
  }
}

class SqliteSubjects implements SubjectStore {
  readonly #read: Read<Reads>;
  readonly #link: WriterLink;

  constructor(read: Read<Reads>, link: WriterLink) {
    this.#read = read;
    this.#link = link;
  }

  async get(subject: string): Promise<StoredSubject | undefined> {
    return this.#read((reads) => reads.subject(subject));
  }

  async put(subject: Subject, rev?: string): Promise<string> {
    return String(await this.#link.ask({ kind: 'putSubject', document: JSON.stringify(subject), rev }));
  }

  async delete(subject: string, rev: string): Promise<void> {
    await this.#link.ask({ kind: 'deleteSubject', subject, rev });
  }

  async find(by: { readonly uuid: string } | { readonly namespace: string }): Promise<StoredSubject[]> {
    return this.#read((reads) =>
      'uuid' in by ? reads.subjectsBy('uuid', by.uuid) : reads.subjectsBy('namespace', by.namespace),
    );
  }

  async list(): Promise<StoredSubject[]> {
    return this.#read((reads) => reads.subjects());
  }

  async limits(namespace: string): Promise<UserLimits | undefined> {
    return this.#read((reads) => reads.limits(namespace));
  }

  async setLimits(namespace: string, limits: UserLimits | undefined): Promise<void> {
    const document = limits === undefined ? undefined : JSON.stringify(limits);
    await this.#link.ask({ kind: 'setLimits', namespace, document });
  }
}
