import type { Entitlement, Resource, Right } from '../auth/entitlement.ts';
import type { Collection } from '../model/entities.ts';
import { messages } from '../model/messages.ts';
import { checkName, DEFAULT_NAMESPACE, ENTITY_NAME_MAX, isName, type QualifiedName } from '../model/names.ts';
import { malformed } from '../model/refusal.ts';
import type { Call } from './call.ts';

/** The namespace that a path names; `_` is the caller's own. Refuses with 400 what cannot be one. */
export function namespaceOf({ identity: { namespace } }: Call, named: string): string {
  if (named === DEFAULT_NAMESPACE || named === namespace) return namespace;
  if (named.split('/').every(isName)) return named;
  const isTooLong = named.length > ENTITY_NAME_MAX;
  throw malformed(
    isTooLong ? messages.nameTooLong('Namespace', named.length, ENTITY_NAME_MAX) : messages.namespaceIllegal,
  );
}

/** One part of a path: an encoded slash in it does not begin another part. */
export function segment(part: string): string {
  if (part.includes('/')) throw malformed(messages.nameIllegal);
  return part;
}

/** As OpenWhisk spells it. */
const SEGMENT = 'Name segement';

/** `name` or `package/name` in a path, checked before anything else is asked. */
export function nameOf(call: Call, ns: string, path: string): QualifiedName {
  const namespace = namespaceOf(call, ns);
  const [first, second] = path.split('/').map((part) => checkName(part, SEGMENT)) as [string, string | undefined];
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
