import type { Entity, EntityType, Stored } from '../model/entities.ts';
import { messages } from '../model/messages.ts';
import { entityId, type QualifiedName } from '../model/names.ts';
import { refuse, refuseForNow } from '../model/refusal.ts';
import { Conflict, type EntityQuery, type EntityStore, StoreUnavailable } from '../store/store.ts';

/** The store with its cache: `peek` answers at once, from memory. */
export interface CachedEntityStore extends EntityStore {
  peek(id: string): Stored | undefined;
}

export type EntityOf<T extends EntityType> = Extract<Entity, { entityType: T }>;

/** The store in the words of the API: what is not there is 404, what is something else 409, a lost race 409, a store that is away 503. */
export class EntityAccess {
  readonly #store: CachedEntityStore;

  constructor(store: CachedEntityStore) {
    this.#store = store;
  }

  /** The entity if it is in memory and of this type. */
  peek<T extends EntityType>(type: T, id: string): Stored<EntityOf<T>> | undefined {
    const stored = this.#store.peek(id);
    return stored && isOf(type, stored) ? stored : undefined;
  }

  /** @throws Refusal 409 when there is something of another type by this name */
  async find<T extends EntityType>(type: T, id: string): Promise<Stored<EntityOf<T>> | undefined> {
    const stored = await this.#store.get(id);
    if (stored === undefined || isOf(type, stored)) return stored;
    throw refuse(409, messages.conformance);
  }

  /** Whatever has this id. */
  findAny(id: string): Promise<Stored | undefined> {
    return this.#store.get(id);
  }

  /** @throws Refusal 404 when it is not there, 409 when it is of another type */
  async load<T extends EntityType>(type: T, name: QualifiedName): Promise<Stored<EntityOf<T>>> {
    const stored = await this.find(type, entityId(name));
    if (!stored) throw refuse(404, messages.resourceDoesNotExist);
    return stored;
  }

  /** What a PUT begins with: the entity that is there, if it may be overwritten. */
  async findForPut<T extends EntityType>(
    type: T,
    name: QualifiedName,
    overwrite: boolean,
  ): Promise<Stored<EntityOf<T>> | undefined> {
    const old = await this.find(type, entityId(name));
    if (old && !overwrite) throw refuse(409, messages.alreadyExists);
    return old;
  }

  put(entity: Entity, rev?: string, code?: string): Promise<string> {
    return writing(this.#store.put(entity, rev, code));
  }

  delete(id: string, rev: string): Promise<void> {
    return writing(this.#store.delete(id, rev));
  }

  code(id: string, rev: string): Promise<string | undefined> {
    return this.#store.code(id, rev);
  }

  async list<T extends EntityType>(_type: T, query: EntityQuery & { collection: `${T}s` }): Promise<EntityOf<T>[]> {
    return (await this.#store.list(query)).map(({ entity }) => entity as EntityOf<T>);
  }

  count(query: Omit<EntityQuery, 'limit'>): Promise<number> {
    return this.#store.count(query);
  }
}

function isOf<T extends EntityType>(type: T, stored: Stored): stored is Stored<EntityOf<T>> {
  return stored.entity.entityType === type;
}

async function writing<T>(write: Promise<T>): Promise<T> {
  try {
    return await write;
  } catch (error) {
    if (error instanceof Conflict) throw refuse(409, messages.conflict);
    if (error instanceof StoreUnavailable)
      throw refuseForNow(error.isUncertain ? messages.storeUncertain : messages.storeAway, error);
    throw error;
  }
}
