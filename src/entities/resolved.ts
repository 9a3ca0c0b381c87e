import { type Action, isTruthy, type Parameter, type Stored } from '../model/entities.ts';
import { entityId, type QualifiedName } from '../model/names.ts';
import type { EntityAccess } from './access.ts';
import { type BoundPackage, bindPackage, peekPackage } from './bound-package.ts';
import { BoundParameters, mergeParameters } from './parameters.ts';

/** How an action is run: its code once, its components in a row, or its code again and again to say what comes next (ACT-05, ACT-06). */
export type Form = 'plain' | 'sequence' | 'conductor';

/** An action ready to be invoked. */
export interface Resolved {
  /** The document's id, behind a binding the provider's: `guest/tools/hello`. */
  readonly id: string;
  readonly action: Action;
  readonly rev: string;
  readonly form: Form;
  /** Through package, binding and action. */
  readonly parameters: BoundParameters;
  /** `guest/bound`: the binding that it was reached through. */
  readonly binding?: string;
}

interface Known {
  readonly stored: Stored<Action>;
  readonly bound: BoundPackage | undefined;
  readonly resolved: Resolved;
}

/** Names that are remembered at most: as many as entities are kept in memory. */
const MAX_KNOWN = 10_000;

/**
 * From a name to an action with all its parameters. What was put together is remembered for as long as the very documents that it
 * was made of are in memory, so that a warm call costs a few look-ups.
 */
export class Resolver {
  readonly #access: EntityAccess;
  readonly #known = new Map<string, Known>();

  constructor(access: EntityAccess) {
    this.#access = access;
  }

  /** At once when all of it is in memory. Refuses with 404 and 409. */
  resolve(name: QualifiedName): Resolved | Promise<Resolved> {
    return this.#peek(name) ?? this.#load(name);
  }

  #peek(name: QualifiedName): Resolved | undefined {
    const known = this.#known.get(entityId(name));
    if (!known) return undefined;
    const { stored, bound, resolved } = known;
    if (this.#access.peek('action', resolved.id) !== stored) return undefined;
    return bound === undefined || peekPackage(this.#access, bound) ? resolved : undefined;
  }

  async #load(name: QualifiedName): Promise<Resolved> {
    const bound =
      name.package === undefined ? undefined : await bindPackage(this.#access, name.namespace, name.package);
    const provider = bound ? { ...bound.provider, name: name.name } : name;
    const stored = await this.#access.load('action', provider);
    const parameters = mergeParameters(bound?.parameters ?? [], stored.entity.parameters);
    const resolved = resolvedOf(stored, parameters, bound?.binding);
    if (this.#known.size >= MAX_KNOWN) this.#known.clear();
    this.#known.set(entityId(name), { stored, bound, resolved });
    return resolved;
  }
}

/** @param parameters all of them, merged */
export function resolvedOf(
  { entity, rev }: Stored<Action>,
  parameters: readonly Parameter[],
  binding?: string,
): Resolved {
  const form = formOf(entity);
  const bound = new BoundParameters(parameters, entity.annotations, form === 'sequence');
  const resolved = { id: `${entity.namespace}/${entity.name}`, action: entity, rev, form, parameters: bound };
  return binding === undefined ? resolved : { ...resolved, binding };
}

/** The annotation `conductor` means nothing on a sequence. */
function formOf({ exec, annotations }: Action): Form {
  if ('components' in exec) return 'sequence';
  return isTruthy(annotations, 'conductor') ? 'conductor' : 'plain';
}
