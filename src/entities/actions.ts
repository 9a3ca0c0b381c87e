import type { Action, Exec, Parameter, Stored } from '../model/entities.ts';
import type { Identity } from '../model/identity.ts';
import type { Json } from '../model/json.ts';
import { effectiveLimits, limitsProblem, type SystemLimits } from '../model/limits.ts';
import type { Manifest } from '../model/manifest.ts';
import { messages } from '../model/messages.ts';
import { entityId, pathOf, type QualifiedName } from '../model/names.ts';
import { refuse } from '../model/refusal.ts';
import type { EntityAccess } from './access.ts';
import { type ActionPut, readActionPut } from './action-put.ts';
import { amendAnnotations, mergeAnnotations, withoutAnnotations } from './annotations.ts';
import { bindPackage, targetOf } from './bound-package.ts';
import { mergeParameters } from './parameters.ts';
import { type Resolved, resolvedOf } from './resolved.ts';
import { checkSequence } from './sequences.ts';
import { FIRST_VERSION, nextVersion } from './version.ts';

export interface ActionsOptions {
  readonly access: EntityAccess;
  readonly manifest: Manifest;
  readonly limits: SystemLimits;
  /** Told after an action was changed or deleted, before the caller hears of it. */
  readonly onActionChanged: (id: string, current: Resolved | undefined) => void;
  readonly now: () => number;
}

/** An action with its code, as a client gets it. */
export interface ActionWithCode {
  readonly action: Action;
  readonly code: string | undefined;
}

export class Actions {
  readonly #options: ActionsOptions;

  constructor(options: ActionsOptions) {
    this.#options = options;
  }

  /** The action with the parameters of its package and binding merged in. */
  async get(name: QualifiedName, withCode: boolean): Promise<ActionWithCode> {
    const { access } = this.#options;
    const bound = name.package === undefined ? undefined : await bindPackage(access, name.namespace, name.package);
    const stored = await access.load('action', bound ? { ...bound.provider, name: name.name } : name);
    const parameters = mergeParameters(bound?.parameters ?? [], stored.entity.parameters);
    return { action: { ...stored.entity, parameters }, code: withCode ? await this.code(stored) : undefined };
  }

  /** The code of this revision, or undefined where it has none. */
  code({ entity, rev }: Stored<Action>): Promise<string | undefined> {
    return this.#options.access.code(`${entity.namespace}/${entity.name}`, rev);
  }

  /** Reads the body of a PUT, and refuses what the caller may not have. What a sequence refers to is checked by the caller. */
  read(identity: Identity, body: Json): ActionPut {
    const { manifest, limits } = this.#options;
    const allowed = effectiveLimits(limits, identity.limits);
    const put = readActionPut(body, { namespace: identity.namespace, manifest, limits: allowed });
    const problem = put.limits && limitsProblem(put.limits, allowed);
    if (problem) throw refuse(400, messages.requirement(problem));
    const { allowedKinds = [] } = identity.limits;
    if (put.exec && allowedKinds.length > 0 && !allowedKinds.includes(put.exec.kind)) {
      throw refuse(403, messages.notAuthorizedToKind(put.exec.kind));
    }
    return put;
  }

  /** Kinds that are deprecated may be read and deleted. @throws Refusal 400 for one of these */
  checkSupported({ kind }: Exec): void {
    if (this.#options.manifest.resolve(kind)?.deprecated) throw refuse(400, messages.runtimeDeprecated(kind));
  }

  /** The sentence that refuses to run an action which is over the limits of its caller, since they were lowered (ContainerMessageConsumer). */
  limitsProblem({ limits: own }: Identity, { limits }: Action): string | undefined {
    const system = this.#options.limits;
    const problem = limitsProblem(limits, Object.keys(own).length === 0 ? system : effectiveLimits(system, own));
    return problem && messages.requirement(problem);
  }

  /** Creates the action, or with `overwrite` changes it; answers it as it is now. */
  async put(name: QualifiedName, put: ActionPut, overwrite: boolean): Promise<ActionWithCode> {
    const { access, limits, onActionChanged } = this.#options;
    await this.#checkPackage(name);
    const old = await access.findForPut('action', name, overwrite);
    if (put.exec && 'components' in put.exec) {
      await checkSequence(access, name, put.exec.components, limits.sequenceLength);
    }
    const action = old ? this.#updated(old.entity, put) : this.#created(name, put);
    this.checkSupported(action.exec);
    const hasCode = put.exec !== undefined && !('components' in put.exec);
    const rev = await access.put(action, old?.rev, hasCode ? put.code : undefined);
    const stored = { entity: action, rev };
    onActionChanged(entityId(name), resolvedOf(stored, action.parameters));
    return { action, code: put.exec ? put.code : await this.code(stored) };
  }

  async delete(name: QualifiedName): Promise<ActionWithCode> {
    const { access, onActionChanged } = this.#options;
    await this.#checkPackage(name);
    const stored = await access.load('action', name);
    const code = await this.code(stored);
    await access.delete(entityId(name), stored.rev);
    onActionChanged(entityId(name), undefined);
    return { action: stored.entity, code };
  }

  /** Somebody else has changed or deleted what has this id: tells what it is now, if it is an action. */
  async changedElsewhere(id: string): Promise<void> {
    const { access, onActionChanged } = this.#options;
    const stored = await access.findAny(id);
    if (stored === undefined) onActionChanged(id, undefined);
    else if (isAction(stored)) onActionChanged(id, resolvedOf(stored, stored.entity.parameters));
  }

  /** @param path a namespace, or a package: `guest/tools` */
  list(path: string, page: { readonly skip: number; readonly limit: number }): Promise<Action[]> {
    return this.#options.access.list('action', { collection: 'actions', path, ...page });
  }

  count(path: string, skip: number): Promise<number> {
    return this.#options.access.count({ collection: 'actions', path, skip });
  }

  /** An action is written where its package is, never through a binding (EP-18). */
  async #checkPackage({ namespace, package: inner }: QualifiedName): Promise<void> {
    if (inner === undefined) return;
    const { entity } = await this.#options.access.load('package', { namespace, name: inner });
    if (targetOf(entity)) throw refuse(400, messages.notAllowedOnBinding);
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
      parameters: 'components' in put.exec ? sequenceParameters(put.exec.components) : (put.parameters ?? []),
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
    return {
      ...action,
      exec,
      parameters: updatedParameters(action, put),
      limits: { ...action.limits, ...put.limits },
      version: put.version ?? nextVersion(action.version),
      publish: put.publish ?? action.publish,
      annotations: amendAnnotations(mergeAnnotations(kept, put.annotations ?? []), exec, false),
      updated: this.#options.now(),
    };
  }
}

function isAction(stored: Stored): stored is Stored<Action> {
  return stored.entity.entityType === 'action';
}

/** A sequence has one parameter, its components, whatever the client sends (PAR-15). */
function sequenceParameters(components: readonly string[]): Parameter[] {
  return [{ key: '_actions', value: [...components] }];
}

function updatedParameters(action: Action, put: ActionPut): readonly Parameter[] {
  const wasSequence = 'components' in action.exec;
  if (put.exec === undefined) return wasSequence ? action.parameters : (put.parameters ?? action.parameters);
  if ('components' in put.exec) return sequenceParameters(put.exec.components);
  return put.parameters ?? (wasSequence ? [] : action.parameters);
}
