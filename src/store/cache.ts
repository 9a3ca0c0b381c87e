import type { Entity, Stored } from '../model/entities.ts';
import { Conflict, type EntityQuery, type EntityStore, StoreUnavailable, type Trust } from './store.ts';

/** How much is kept: whichever is reached first. */
export interface CacheBounds {
  readonly entries: number;
  /** Of the documents as JSON, about a third of what they take in memory. */
  readonly bytes: number;
}

interface Entry {
  readonly stored: Stored;
  readonly bytes: number;
  /** When it was read or written, by the cache's clock. */
  readonly at: number;
  /** Asked for since the entry was last at the end of the line. */
  isUsed: boolean;
}

interface Write {
  readonly told: (string | undefined)[];
  writers: number;
}

const DEFAULTS: CacheBounds = { entries: 10_000, bytes: 32 * 1024 * 1024 };
/** While changes are not told, what is older than this is read again before it is given. */
const UNTOLD_MS = 1000;

/**
 * The entities that are in use, in memory, in front of a store. What is not there is read, once however many ask at
 * the same time; what does not exist is not remembered. Own writes are seen at once. Writes of other nodes are seen
 * when `invalidate` tells of them; while nobody can tell (`trust`), after a second at the latest, and not at all while the store
 * is away: then what is kept is all there is.
 *
 * When it is full, entries go in the order of arrival, but those that were asked for go round once more.
 * Lists, counts and code are not kept: they are not on the way of a warm call.
 */
export class CachedEntities implements EntityStore {
  readonly #store: EntityStore;
  readonly #bounds: CacheBounds;
  readonly #entries = new Map<string, Entry>();
  /** Reads under way whose answer may still be kept: a write or an invalidation takes them out. */
  readonly #loads = new Map<string, Promise<Stored | undefined>>();
  /** Of entities that are being written: the revisions that were told of meanwhile, undefined for an unknown one. */
  readonly #writes = new Map<string, Write>();
  readonly #now: () => number;
  #bytes = 0;
  #trust: Trust = 'told';

  /** @param now milliseconds of any clock that goes forward */
  constructor(store: EntityStore, bounds: Partial<CacheBounds> = {}, now: () => number = () => performance.now()) {
    this.#store = store;
    this.#bounds = { ...DEFAULTS, ...bounds };
    this.#now = now;
  }

  /** The entity if it is in memory, at once. */
  peek(id: string): Stored | undefined {
    const entry = this.#entries.get(id);
    if (entry === undefined || (this.#trust === 'untold' && this.#now() - entry.at > UNTOLD_MS)) return undefined;
    entry.isUsed = true;
    return entry.stored;
  }

  /** Whether the entity is in memory, or on its way there. */
  knows(id: string): boolean {
    return this.#entries.has(id) || this.#loads.has(id);
  }

  async get(id: string): Promise<Stored | undefined> {
    return this.peek(id) ?? this.#loads.get(id) ?? this.#load(id);
  }

  async put(entity: Entity, rev?: string, code?: string): Promise<string> {
    const id = `${entity.namespace}/${entity.name}`;
    const { write, end } = this.#beginWrite(id);
    try {
      const next = await this.#writing(id, this.#store.put(entity, rev, code));
      // Somebody else may have written after us, and it is not known what: the next reader reads.
      if (write.told.every((told) => told === next)) this.#keep(id, { entity, rev: next });
      return next;
    } finally {
      end();
    }
  }

  async delete(id: string, rev: string): Promise<void> {
    await this.#writing(id, this.#store.delete(id, rev));
  }

  code(id: string, rev: string): Promise<string | undefined> {
    return this.#store.code(id, rev);
  }

  list(query: EntityQuery): Promise<Stored[]> {
    return this.#store.list(query);
  }

  count(query: Omit<EntityQuery, 'limit'>): Promise<number> {
    return this.#store.count(query);
  }

  /**
   * Forgets an entity that somebody has changed; without an id, all of them.
   *
   * @param rev the revision that it has since then: one that is kept already, or is older than what is kept, says nothing new
   */
  invalidate(id?: string, rev?: string): void {
    if (id === undefined) {
      for (const write of this.#writes.values()) write.told.push(undefined);
      this.#entries.clear();
      this.#loads.clear();
      this.#bytes = 0;
      return;
    }
    this.#writes.get(id)?.told.push(rev);
    const kept = this.#entries.get(id)?.stored.rev;
    if (rev !== undefined && kept !== undefined && (kept === rev || generation(kept) > generation(rev))) return;
    this.#forget(id);
  }

  /** From now on, whether changes are told. */
  trust(trust: Trust): void {
    this.#trust = trust;
  }

  #load(id: string): Promise<Stored | undefined> {
    const load = this.#store.get(id).then(
      (stored) => {
        if (!this.#endLoad(id, load)) return stored;
        if (stored === undefined) this.#forget(id);
        else this.#keep(id, stored);
        return stored;
      },
      (error: unknown) => {
        const kept = this.#entries.get(id);
        if (!this.#endLoad(id, load) || kept === undefined || !(error instanceof StoreUnavailable)) throw error;
        return kept.stored;
      },
    );
    this.#loads.set(id, load);
    return load;
  }

  /** True when nothing was written meanwhile, so that what was read is still so. */
  #endLoad(id: string, load: Promise<Stored | undefined>): boolean {
    return this.#loads.get(id) === load && this.#loads.delete(id);
  }

  /** A write makes what is kept wrong; a conflict tells that it was wrong already. Other failures changed nothing. */
  async #writing<T>(id: string, write: Promise<T>): Promise<T> {
    try {
      const written = await write;
      this.#forget(id);
      return written;
    } catch (error) {
      if (error instanceof Conflict) this.#forget(id);
      throw error;
    }
  }

  #beginWrite(id: string): { readonly write: Write; end(): void } {
    const write = this.#writes.get(id) ?? { told: [], writers: 0 };
    write.writers++;
    this.#writes.set(id, write);
    const end = () => {
      write.writers--;
      if (write.writers === 0) this.#writes.delete(id);
    };
    return { write, end };
  }

  #keep(id: string, stored: Stored): void {
    this.#forget(id);
    const bytes = JSON.stringify(stored.entity).length;
    if (bytes > this.#bounds.bytes) return;
    this.#entries.set(id, { stored, bytes, at: this.#now(), isUsed: false });
    this.#bytes += bytes;
    this.#makeRoom();
  }

  #makeRoom(): void {
    for (const [id, entry] of this.#entries) {
      if (this.#entries.size <= this.#bounds.entries && this.#bytes <= this.#bounds.bytes) return;
      this.#entries.delete(id);
      if (entry.isUsed) {
        entry.isUsed = false;
        this.#entries.set(id, entry);
      } else this.#bytes -= entry.bytes;
    }
  }

  #forget(id: string): void {
    this.#loads.delete(id);
    const entry = this.#entries.get(id);
    if (entry === undefined) return;
    this.#entries.delete(id);
    this.#bytes -= entry.bytes;
  }
}

/** `3` of `3-…`: it grows with each change of a document. */
function generation(rev: string): number {
  return Number.parseInt(rev, 10);
}
