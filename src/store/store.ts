import type { Activation, ActivationSummary } from '../model/activation.ts';
import type { Collection, Entity, Stored } from '../model/entities.ts';
import type { Subject } from '../model/identity.ts';
import type { UserLimits } from '../model/limits.ts';
import { Unavailable } from '../model/refusal.ts';

/**
 * The store is what survives: entities with their code, activation records, subjects with their limits.
 * `sqlite.ts` is the engine of one host; `couchdb.ts` is the one that several hosts share, with OpenWhisk's databases
 * and views.
 *
 * - Ids are OpenWhisk's document ids: `guest/hello`, `guest/tools/hello`; records `guest/<activation id>`.
 * - A revision is `N-` and 32 hex digits. Writing with a stale one, or creating what exists, throws `Conflict`.
 * - A write that resolved is durable. A store that cannot write now throws `StoreUnavailable`, which says whether nothing was
 *   changed. So do reads of a store that is away.
 *
 * Every engine runs `test/contract/store.ts`.
 */
export interface Store {
  readonly entities: EntityStore;
  readonly activations: ActivationStore;
  readonly subjects: SubjectStore;
  /** Only of an engine that several nodes share. */
  readonly shared?: SharedStore;
  /** Writes what is waiting, then lets go of the files or connections. */
  close(): Promise<void>;
}

/** A store on other hosts, which others write too and which may be away. */
export interface SharedStore {
  /** Why it cannot be used now, as a sentence for the operator; undefined while it can. */
  readonly away: string | undefined;
  /** How many records wait in memory to be written. */
  readonly waiting: number;
  /** False when somebody else made it, such as OpenWhisk: what is in there may be theirs. */
  readonly isOwn: boolean;
  /** Tells from now on what is changed by anybody. Called once. */
  follow(listener: ChangeListener): void;
  /** Gives back the room of what was deleted. */
  compact(): Promise<void>;
}

export interface ChangeListener {
  /** @param rev the document's revision after the change */
  onEntity(id: string, rev: string): void;
  /** Some subject or some namespace's limits. */
  onSubjects(): void;
  /** Changes were missed, and nobody knows which. */
  onLost(): void;
  /** Whether changes are told now, and what to think of what is remembered: see `Trust`. */
  onTrust(trust: Trust): void;
}

/**
 * `told`: every change is told within a second, so what is remembered holds. `untold`: it may be wrong, and can be read again.
 * `away`: it may be wrong, and there is nothing better.
 */
export type Trust = 'told' | 'untold' | 'away';

/** An action's code travels beside its document: text, or base64 when `exec.binary`. */
export interface EntityStore {
  get(id: string): Promise<Stored | undefined>;
  /**
   * Creates (no `rev`) or replaces (the `rev` that was read), and answers the new revision.
   * @param code stored with the action; undefined keeps the code that is there, but a sequence has none
   */
  put(entity: Entity, rev?: string, code?: string): Promise<string>;
  delete(id: string, rev: string): Promise<void>;
  /** The code of the action as of this revision; undefined when the action or that revision is gone, or has no code. */
  code(id: string, rev: string): Promise<string | undefined>;
  /** Newest `updated` first. */
  list(query: EntityQuery): Promise<Stored[]>;
  count(query: Omit<EntityQuery, 'limit'>): Promise<number>;
}

export interface EntityQuery {
  readonly collection: Collection;
  /** `guest` takes all of the namespace, packaged actions too; `guest/tools` takes one package's. */
  readonly path: string;
  readonly skip: number;
  /** At most this many; absent takes all. */
  readonly limit?: number;
  /** Only packages that are published, and no bindings: what others may see. */
  readonly publicOnly?: boolean;
}

export interface ActivationStore {
  /**
   * Takes a record to be written; resolves when it is durable. Writes are gathered and done off the serving
   * thread. From the moment of the call, `get` and `list` show the record. The same id twice is written once: ids are
   * unique over all namespaces, and the first record stays. While it cannot be written it waits in memory; it is
   * rejected with `StoreUnavailable` only when it was given up, because too much waits or the store closes.
   */
  put(activation: Activation): Promise<void>;
  get(namespace: string, activationId: string): Promise<Activation | undefined>;
  /** Newest `start` first, whole records. */
  list(query: ActivationQuery): Promise<Activation[]>;
  /** Newest `start` first, without results and logs. */
  summaries(query: ActivationQuery): Promise<ActivationSummary[]>;
  count(query: Omit<ActivationQuery, 'limit'>): Promise<number>;
  /** Deletes the oldest records beyond the age or the size; answers how many. */
  prune(keep: Retention): Promise<number>;
}

export interface ActivationQuery {
  readonly namespace: string;
  /** `hello`, or `tools/hello` for an action in a package or through a binding. */
  readonly name?: string;
  /** Milliseconds since the epoch, both inclusive, of `start`. */
  readonly since?: number;
  readonly upto?: number;
  readonly skip: number;
  readonly limit?: number;
}

export interface Retention {
  /** Records that started before this, in milliseconds since the epoch, go. */
  readonly olderThan?: number;
  /** The oldest go until the rest takes no more than this. */
  readonly maxBytes?: number;
}

export interface SubjectStore {
  get(subject: string): Promise<StoredSubject | undefined>;
  put(subject: Subject, rev?: string): Promise<string>;
  delete(subject: string, rev: string): Promise<void>;
  /** Those whose key this is, or who have this namespace; without the blocked ones (the view `identities`). */
  find(by: { readonly uuid: string } | { readonly namespace: string }): Promise<StoredSubject[]>;
  /** All, in order of their names. */
  list(): Promise<StoredSubject[]>;
  limits(namespace: string): Promise<UserLimits | undefined>;
  /** `undefined` deletes them. */
  setLimits(namespace: string, limits: UserLimits | undefined): Promise<void>;
}

export interface StoredSubject {
  readonly subject: Subject;
  readonly rev: string;
}

/** Somebody else wrote first: the revision is stale, or the thing to be created exists. */
export class Conflict extends Error {
  override readonly name = 'Conflict';
}

/** The store cannot be used now: it is away, or the disk is full, so that only reads work. */
export class StoreUnavailable extends Unavailable {
  override readonly name = 'StoreUnavailable';
  /** True when a write was sent and not answered: it may have been done. Otherwise nothing was changed. */
  readonly isUncertain: boolean;

  constructor(sentence?: string, isUncertain = false) {
    super(sentence);
    this.isUncertain = isUncertain;
  }
}

/** The data cannot be used as it is: corrupt, written by a newer version, or held by another node. Says what to do. */
export class StoreRefused extends Error {
  override readonly name = 'StoreRefused';
}
