import type { Entitlement, Resource, Right } from '../auth/entitlement.ts';
import type { Collection } from '../model/entities.ts';
import { checkName, DEFAULT_NAMESPACE, type QualifiedName } from '../model/names.ts';
import type { Call } from './call.ts';

/** The namespace that a path names; `_` is the caller's own. */
export function namespaceOf(call: Call, named: string): string {
  return named === DEFAULT_NAMESPACE ? call.identity.namespace : named;
}

/** `name` or `package/name` in a path, checked before anything else is asked. */
export function nameOf(call: Call, ns: string, path: string): QualifiedName {
  const [first, second] = path.split('/').map((part) => checkName(part, 'segment')) as [string, string | undefined];
  const namespace = namespaceOf(call, ns);
  return second === undefined ? { namespace, name: first } : { namespace, package: first, name: second };
}

/** Whether the caller may; at once where no package must be looked at. */
export function entitled(
  entitlement: Entitlement,
  { identity }: Call,
  right: Right,
  collection: Collection | 'activations',
  resource: Omit<Resource, 'collection'>,
): undefined | Promise<void> {
  return entitlement.check(identity, right, { ...resource, collection });
}
