import type { Entity, Stored } from '../model/entities.ts';
import type { EntityQuery, EntityStore } from './store.ts';

export interface CacheOptions {
  /** Entities that are kept at most. */
  readonly maxEntities?: number;
  /** Approximate bytes that they may take together. */
  readonly maxBytes?: number;
}

const MAX_ENTITIES = 10_000;
const MAX_BYTES = 64 * 1024 * 1024;

interface Kept {
  readonly stored: Stored;
  readonly bytes: number;
}

/**
 * The cache in front of an entity store: reads of known entities are answered from memory, at once by `peek`. Own writes go through
 * it and are seen by the next read; what others write is told by `invalidate`. What is not there is not remembered.
 * The entity that was used longest ago makes room. Code is not kept: containers ask for it once.
 */
export class CachedEntities implements EntityStore {
  readonly #store: EntityStore;
  readonly #maxEntities: number;
  readonly #maxBytes: number;
  /** In the order of their last use. */
  readonly #kept = new Map<string, Kept>();
  /** Loads under way; one that was invalidated meanwhile is no longer here, and its answer is not kept. */
  readonly #loading = new Map<string, Promise<Stored | undefined>>();
  #bytes = 0;

  constructor(store: EntityStore, options: CacheOptions = {}) {
    this.#store = store;
    this.#maxEntities = options.maxEntities ?? MAX_ENTITIES;
    this.#maxBytes = options.maxBytes ?? MAX_BYTES;
  }

  /** The entity if it is in memory. */
  peek(id: string): Stored | undefined {
    const kept = this.#kept.get(id);
    if (!kept) return undefined;
    this.#kept.delete(id);
    this.#kept.set(id, kept);
    return kept.stored;
  }

  async get(id: string): Promise<Stored | undefined> {
    return this.peek(id) ?? this.#loading.get(id) ?? this.#load(id);
  }

  async put(entity: Entity, rev?: string, code?: string): Promise<string> {
    const id = `${entity.namespace}/${entity.name}`;
    try {
      const next = await this.#store.put(entity, rev, code);
      this.invalidate(id);
      this.#keep(id, { entity, rev: next });
      return next;
    } catch (error) {
      // A conflict means that what is kept is stale.
      this.invalidate(id);
      throw error;
    }
  }

  async delete(id: string, rev: string): Promise<void> {
    try {
      await this.#store.delete(id, rev);
    } finally {
      this.invalidate(id);
    }
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

  /** Somebody changed or deleted it. */
  invalidate(id: string): void {
    this.#loading.delete(id);
    const kept = this.#kept.get(id);
    if (!kept) return;
    this.#kept.delete(id);
    this.#bytes -= kept.bytes;
  }

  #load(id: string): Promise<Stored | undefined> {
    const loading = this.#store.get(id).then(
      (stored) => {
        if (this.#loading.get(id) === loading) {
          this.#loading.delete(id);
          if (stored) this.#keep(id, stored);
        }
        return stored;
      },
      (error) => {
        if (this.#loading.get(id) === loading) this.#loading.delete(id);
        throw error;
      },
    );
    this.#loading.set(id, loading);
    return loading;
  }

  #keep(id: string, stored: Stored): void {
    const bytes = JSON.stringify(stored.entity).length * 2;
    this.#kept.set(id, { stored, bytes });
    this.#bytes += bytes;
    for (const [oldest, kept] of this.#kept) {
      if (this.#kept.size <= this.#maxEntities && this.#bytes <= this.#maxBytes) break;
      this.#kept.delete(oldest);
      this.#bytes -= kept.bytes;
    }
  }
}
