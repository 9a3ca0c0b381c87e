import type { Events } from '../observe/events.ts';
import { CouchActivations } from './couchdb/activations.ts';
import { type Change, ChangesFeed } from './couchdb/changes.ts';
import { CouchClient, CouchError, type CouchOptions } from './couchdb/client.ts';
import { type DatabaseNames, databaseRoles, designDocuments } from './couchdb/designs.ts';
import { CouchEntities } from './couchdb/entities.ts';
import { compact } from './couchdb/retention.ts';
import { setUp } from './couchdb/setup.ts';
import { CouchSubjects } from './couchdb/subjects.ts';
import {
  type ChangeListener,
  type SharedStore,
  type Store,
  StoreRefused,
  StoreUnavailable,
  type Trust,
} from './store.ts';

/**
 * The engine that several nodes share: a CouchDB with OpenWhisk's databases, documents and views, so that a node can be pointed
 * at the database of an existing OpenWhisk, and OpenWhisk can read what we write.
 *
 *     entities, subjects ── a request each ─────────────────► CouchDB
 *     records ──► waiting ── _bulk_docs, one at a time ────►    │
 *     caches  ◄── feeds of `whisks` and `subjects` ◄────────────┘  (_changes, continuous)
 *
 * - Databases and design documents that are missing are made when it is opened.
 * - Every request has a deadline. Away: reads and writes of entities and subjects are rejected with `StoreUnavailable`, records
 *   wait, and the feeds go on where they broke off.
 * - `prune` leaves databases alone that Whisklet did not make, unless it is told otherwise.
 */
export interface CouchStoreOptions extends CouchOptions {
  readonly names: DatabaseNames;
  readonly events: Events;
  /** Whose records `prune` may delete: those of databases that Whisklet made, all, or none. */
  readonly prune?: 'own' | 'all' | 'none';
  /** Records are gathered for this long before they are sent, in milliseconds. */
  readonly gatherMs?: number;
  /** Approximate bytes of records that may wait in memory while they cannot be written. */
  readonly maxWaitingBytes?: number;
  /** How long to wait for a server that is not there yet, in milliseconds. */
  readonly waitMs?: number;
  /** How often a feed's connection proves that it is alive, in milliseconds. */
  readonly heartbeatMs?: number;
}

const GATHER_MS = 10;
const WAITING_BYTES = 64 * 1024 * 1024;
const HEARTBEAT_MS = 2000;
/** While changes are not told although the server is there, what is remembered of subjects is read again so often. */
const UNTOLD_MS = 2000;
const AGAIN_MS = 1000;

/** @throws StoreRefused when the server refuses us, or is not there: a node does not begin without its store */
export async function openCouchStore(options: CouchStoreOptions): Promise<Store> {
  const { names, events, prune = 'own' } = options;
  const client = new CouchClient(options);
  try {
    const { made, isOwn } = await patiently(() => setUp(client, names), options);
    client.accepted();
    if (made.length > 0) events.info('store', `Made in CouchDB: ${made.join(', ')}`);
    const activations = new CouchActivations({
      ...{ client, events, timeoutMs: options.timeoutMs, db: names.activations },
      gatherMs: options.gatherMs ?? GATHER_MS,
      maxWaitingBytes: options.maxWaitingBytes ?? WAITING_BYTES,
      mayPrune: prune === 'all' || (prune === 'own' && isOwn),
    });
    const shared = await Shared.open(client, { isOwn, waiting: () => activations.waiting }, options);
    const close = async () => {
      await activations.close();
      await shared.close();
      client.close();
    };
    let closed: Promise<void> | undefined;
    return {
      ...{ activations, shared },
      entities: new CouchEntities(client, names.whisks, (why) => events.warn('store', why)),
      subjects: new CouchSubjects(client, names.subjects),
      close: () => {
        closed ??= close();
        return closed;
      },
    };
  } catch (error) {
    client.close();
    throw toRefused(error, client.address);
  }
}

/** Tries until the server is there, or the time is over. */
async function patiently<T>(attempt: () => Promise<T>, { waitMs = 0, events }: CouchStoreOptions): Promise<T> {
  const deadline = performance.now() + waitMs;
  for (let tries = 1; ; tries++) {
    try {
      return await attempt();
    } catch (error) {
      if (!(error instanceof StoreUnavailable) || performance.now() + AGAIN_MS > deadline) throw error;
      if (tries === 1) events.warn('store', `${error.message} It is waited for.`);
      await Bun.sleep(AGAIN_MS);
    }
  }
}

/** What an operator must hear of a server that is not as it must be. */
export function toRefused(error: unknown, address: string): unknown {
  if (error instanceof StoreUnavailable) return new StoreRefused(error.message);
  if (!(error instanceof CouchError)) return error;
  const isKey = error.status === 401 || error.status === 403;
  return new StoreRefused(
    `CouchDB at ${address} refuses us: ${error.message} (${error.status}).${isKey ? ' Check --couchdb-user and the password.' : ''}`,
  );
}

const SILENT: ChangeListener = {
  onEntity: () => undefined,
  onSubjects: () => undefined,
  onLost: () => undefined,
  onTrust: () => undefined,
};

interface SharedFacts {
  readonly isOwn: boolean;
  readonly waiting: () => number;
}

/** What is shared with other nodes: the feeds of both databases, heard as one. */
class Shared implements SharedStore {
  readonly #client: CouchClient;
  readonly #names: DatabaseNames;
  readonly #feeds: ChangesFeed[] = [];
  readonly #facts: SharedFacts;
  #listener = SILENT;
  /** Of entities, as the listener is told of it. */
  #trust: Trust = 'told';
  #untold: ReturnType<typeof setInterval> | undefined;

  private constructor(client: CouchClient, facts: SharedFacts, names: DatabaseNames) {
    this.#client = client;
    this.#facts = facts;
    this.#names = names;
  }

  static async open(client: CouchClient, facts: SharedFacts, options: CouchStoreOptions): Promise<Shared> {
    const shared = new Shared(client, facts, options.names);
    try {
      for (const role of ['whisks', 'subjects'] as const) shared.#feeds.push(await shared.#feed(role, options));
      return shared;
    } catch (error) {
      await shared.close();
      throw error;
    }
  }

  get away(): string | undefined {
    return this.#client.away;
  }

  get waiting(): number {
    return this.#facts.waiting();
  }

  get isOwn(): boolean {
    return this.#facts.isOwn;
  }

  follow(listener: ChangeListener): void {
    this.#listener = listener;
    if (this.#trust !== 'told') listener.onTrust(this.#trust);
  }

  async compact(): Promise<void> {
    for (const role of databaseRoles) {
      const views = designDocuments[role].filter(({ views }) => views !== undefined);
      const designs = views.map(({ _id }) => _id.slice('_design/'.length));
      await compact(this.#client, this.#names[role], designs);
    }
  }

  async close(): Promise<void> {
    await Promise.all(this.#feeds.map((feed) => feed.close()));
    clearInterval(this.#untold);
  }

  #feed(role: 'whisks' | 'subjects', options: CouchStoreOptions): Promise<ChangesFeed> {
    const onChange = ({ id, rev }: Change) => {
      if (id.startsWith('_design/')) return;
      if (role === 'whisks') this.#listener.onEntity(id, rev);
      else this.#listener.onSubjects();
    };
    return ChangesFeed.open({
      ...{ client: this.#client, db: options.names[role], events: options.events, onChange },
      heartbeatMs: options.heartbeatMs ?? HEARTBEAT_MS,
      onLost: () => this.#listener.onLost(),
      onTrust: (trust) => this.#enter(role, trust),
    });
  }

  #enter(role: 'whisks' | 'subjects', trust: Trust): void {
    if (role === 'whisks') {
      this.#trust = trust;
      this.#listener.onTrust(trust);
    } else {
      clearInterval(this.#untold);
      if (trust === 'untold') this.#untold = setInterval(() => this.#listener.onSubjects(), UNTOLD_MS);
    }
  }
}
