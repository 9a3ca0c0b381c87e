import type { Package, Parameter, Stored } from '../model/entities.ts';
import { messages } from '../model/messages.ts';
import { refuse } from '../model/refusal.ts';
import type { EntityAccess } from './access.ts';
import { mergeParameters } from './parameters.ts';

/** A package, followed to its provider when it is a binding. */
export interface BoundPackage {
  readonly own: Stored<Package>;
  /** The document behind a binding. */
  readonly bound: Stored<Package> | undefined;
  /** Where the actions are. */
  readonly provider: { readonly namespace: string; readonly package: string };
  /** Of the provider, then of the binding. */
  readonly parameters: readonly Parameter[];
  /** `guest/bound`, when it is a binding. */
  readonly binding: string | undefined;
}

/** What a binding points to, or undefined for a package of its own. */
export function targetOf({ binding }: Package): { readonly namespace: string; readonly name: string } | undefined {
  return 'name' in binding && binding.name !== undefined ? (binding as { namespace: string; name: string }) : undefined;
}

/** @throws Refusal 404 when it or its provider is not there, 422 for a binding of itself */
export async function bindPackage(access: EntityAccess, namespace: string, name: string): Promise<BoundPackage> {
  const own = await access.load('package', { namespace, name });
  const target = targetOf(own.entity);
  if (!target) {
    const { parameters } = own.entity;
    return { own, bound: undefined, provider: { namespace, package: name }, parameters, binding: undefined };
  }
  if (target.namespace === namespace && target.name === name) {
    throw refuse(422, messages.packageBindingCircular(`${namespace}/${name}`));
  }
  const bound = await access.load('package', target);
  return {
    own,
    bound,
    provider: { namespace: target.namespace, package: target.name },
    parameters: mergeParameters(bound.entity.parameters, own.entity.parameters),
    binding: `${namespace}/${name}`,
  };
}

/** True while the documents that it was put together of are still what memory has. */
export function peekPackage(access: EntityAccess, { own, bound }: BoundPackage): boolean {
  const isCurrent = (stored: Stored<Package>) =>
    access.peek('package', `${stored.entity.namespace}/${stored.entity.name}`) === stored;
  return isCurrent(own) && (bound === undefined || isCurrent(bound));
}
