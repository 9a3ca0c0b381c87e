import type { Action, Collection, Entity, Stored } from '../model/entities.ts';
import type { Identity } from '../model/identity.ts';
import type { Json } from '../model/json.ts';
import { effectiveLimits, limitsProblem, type SystemLimits } from '../model/limits.ts';
import type { Manifest } from '../model/manifest.ts';
import { messages } from '../model/messages.ts';
import { entityId, pathOf, type QualifiedName } from '../model/names.ts';
import { refuse } from '../model/refusal.ts';
import { Conflict, type EntityQuery, type EntityStore, StoreUnavailable } from '../store/store.ts';
import { type ActionPut, readActionPut } from './action-put.ts';
import { amendAnnotations, mergeAnnotations, withoutAnnotations } from './annotations.ts';
import { BoundParameters, mergeParameters } from './parameters.ts';
import { FIRST_VERSION, nextVersion } from './version.ts';

export interface EntitiesOptions {
  readonly store: CachedEntityStore;
  readonly manifest: Manifest;
  readonly limits: SystemLimits;
  /** Told after an action was changed or deleted, before the caller hears of it. */
  readonly onActionChanged: (id: string, current: Resolved | undefined) => void;
  readonly now: () => number;
}

/** The store with its cache: `peek` answers at once, from memory. */
export interface CachedEntityStore extends EntityStore {
  peek(id: string): Stored | undefined;
}

/** An action ready to be invoked. */
export interface Resolved {
  readonly id: string;
  readonly action: Action;
  readonly rev: string;
  readonly parameters: BoundParameters;
}

/** Actions, packages, triggers and rules: create, read, change, delete, list, resolve. */
export class Entities {
  readonly #options: EntitiesOptions;
  /** What was computed of an action, for as long as the cache holds that very document. */
  readonly #resolved = new WeakMap<Stored, Resolved>();

  constructor(options: EntitiesOptions) {
    this.#options = options;
  }

  /** The action, ready to be invoked, at once when it is cached. */
  resolve(name: QualifiedName): Resolved | Promise<Resolved> {
    const id = entityId(name);
    const cached = this.#options.store.peek(id);
    return cached ? this.#resolvedOf(id, cached) : this.#load(id).then((stored) => this.#resolvedOf(id, stored));
  }

  async getAction(name: QualifiedName): Promise<Stored<Action>> {
    return asAction(await this.#load(entityId(name)));
  }

  /** The action's code, or undefined where it has none. */
  code({ entity, rev }: Stored<Action>): Promise<string | undefined> {
    return this.#options.store.code(entityId(nameOf(entity)), rev);
  }

  /** Creates the action, or with `overwrite` changes it; answers it as it is now. */
  async putAction(
    identity: Identity,
    name: QualifiedName,
    body: Json,
    overwrite: boolean,
  ): Promise<{ action: Action; code: string | undefined }> {
    const { store, manifest, limits } = this.#options;
    const allowed = effectiveLimits(limits, identity.limits);
    const put = readActionPut(body, { namespace: identity.namespace, manifest, limits: allowed });
    const problem = put.limits && limitsProblem(put.limits, allowed);
    if (problem) throw refuse(400, messages.requirement(problem));
    const { allowedKinds } = identity.limits;
    if (put.exec && allowedKinds && !allowedKinds.includes(put.exec.kind)) {
      throw refuse(403, messages.notAuthorizedToKind(put.exec.kind));
    }
    const id = entityId(name);
    const old = await store.get(id);
    if (old && !overwrite) {
      if (old.entity.entityType !== 'action') throw refuse(409, messages.conformance);
      throw refuse(409, messages.alreadyExists);
    }
    const action = old ? this.#updated(asAction(old).entity, put) : this.#created(name, put);
    const rev = await writing(store.put(action, old?.rev, put.exec ? (put.code ?? '') : undefined));
    const code = put.exec ? put.code : await store.code(id, rev);
    const stored = { entity: action, rev };
    this.#options.onActionChanged(id, this.#resolvedOf(id, store.peek(id) ?? stored));
    return { action, code };
  }

  async deleteAction(name: QualifiedName): Promise<{ action: Action; code: string | undefined }> {
    const { store } = this.#options;
    const id = entityId(name);
    const { entity: action, rev } = asAction(await this.#load(id));
    const code = await store.code(id, rev);
    await writing(store.delete(id, rev));
    this.#options.onActionChanged(id, undefined);
    return { action, code };
  }

  async list(query: EntityQuery): Promise<Entity[]> {
    return (await this.#options.store.list(query)).map(({ entity }) => entity);
  }

  count(collection: Collection, path: string, skip: number): Promise<number> {
    return this.#options.store.count({ collection, path, skip });
  }

  #created(name: QualifiedName, put: ActionPut): Action {
    if (!put.exec) throw refuse(400, messages.execUndefined);
    const { timeout, memory, logs, concurrency } = this.#options.limits;
    const std = { timeout: timeout.std, memory: memory.std, logs: logs.std, concurrency: concurrency.std };
    return {
      entityType: 'action',
      namespace: pathOf(name),
      name: name.name,
      exec: put.exec,
      parameters: put.parameters ?? [],
      limits: { ...std, ...put.limits },
      version: put.version ?? FIRST_VERSION,
      publish: put.publish ?? false,
      annotations: amendAnnotations(put.annotations ?? [], put.exec, true),
      updated: this.#options.now(),
    };
  }

  #updated(action: Action, put: ActionPut): Action {
    const exec = put.exec ?? action.exec;
    const kept = withoutAnnotations(action.annotations, put.delAnnotations ?? []);
    const wasSequence = action.exec.kind === 'sequence';
    return {
      ...action,
      exec,
      parameters: put.parameters ?? (put.exec && wasSequence ? [] : action.parameters),
      limits: { ...action.limits, ...put.limits },
      version: put.version ?? nextVersion(action.version),
      publish: put.publish ?? action.publish,
      annotations: amendAnnotations(mergeAnnotations(kept, put.annotations ?? []), exec, false),
      updated: this.#options.now(),
    };
  }

  #resolvedOf(id: string, stored: Stored): Resolved {
    const known = this.#resolved.get(stored);
    if (known) return known;
    const { entity: action, rev } = asAction(stored);
    const parameters = new BoundParameters(mergeParameters([], action.parameters), action.annotations);
    const resolved = { id, action, rev, parameters };
    this.#resolved.set(stored, resolved);
    return resolved;
  }

  async #load(id: string): Promise<Stored> {
    const stored = await this.#options.store.get(id);
    if (!stored) throw refuse(404, messages.resourceDoesNotExist);
    return stored;
  }
}

/** Where an entity is, read back from its document. */
export function nameOf(entity: Entity): QualifiedName {
  const [namespace, inner] = entity.namespace.split('/') as [string, string | undefined];
  return inner === undefined ? { namespace, name: entity.name } : { namespace, package: inner, name: entity.name };
}

function asAction(stored: Stored): Stored<Action> {
  if (stored.entity.entityType !== 'action') throw refuse(409, messages.conformance);
  return { entity: stored.entity, rev: stored.rev };
}

/** What a failed write means to the caller. */
async function writing<T>(write: Promise<T>): Promise<T> {
  try {
    return await write;
  } catch (error) {
    if (error instanceof Conflict) throw refuse(409, messages.conflict);
    if (error instanceof StoreUnavailable) throw refuse(503, messages.storeAway);
    throw error;
  }
}
