import { messages } from './messages.ts';
import { malformed } from './refusal.ts';

/** OpenWhisk's EntityName: a word character, then word characters, blanks and `@.&-`, not ending in a blank. */
const ENTITY_NAME = /^(?:[\p{L}\p{M}\p{N}_]|[\p{L}\p{M}\p{N}_][\p{L}\p{M}\p{N}_@ .&-]{0,254}[\p{L}\p{M}\p{N}_@.&-])$/u;
export const ENTITY_NAME_MAX = 256;

/** The namespace that stands for the caller's own. */
export const DEFAULT_NAMESPACE = '_';
/** The package that stands for "no package" in web paths; nothing may be called so. */
export const DEFAULT_PACKAGE = 'default';

/** Where an entity is: a namespace, perhaps a package, and a name. */
export interface QualifiedName {
  readonly namespace: string;
  readonly package?: string;
  readonly name: string;
}

export function isName(text: string): boolean {
  return text.length <= ENTITY_NAME_MAX && ENTITY_NAME.test(text);
}

/** Refuses a name that OpenWhisk refuses, before anything else is looked at (EntityPath.scala). */
export function checkName(name: string, field = 'Name'): string {
  if (name.length > ENTITY_NAME_MAX) throw malformed(messages.nameTooLong(field, name.length, ENTITY_NAME_MAX));
  if (!ENTITY_NAME.test(name)) throw malformed(messages.nameIllegal);
  return name;
}

/** `guest/hello` or `guest/tools/hello`: the id of the entity's document, as in OpenWhisk's `whisks` database. */
export function entityId(name: QualifiedName): string {
  return `${pathOf(name)}/${name.name}`;
}

/** `guest` or `guest/tools`: the namespace field of the entity's document. */
export function pathOf(name: QualifiedName): string {
  return name.package === undefined ? name.namespace : `${name.namespace}/${name.package}`;
}

/** `/guest/tools/hello`: how the name is shown to people and to actions. */
export function displayName(name: QualifiedName): string {
  return `/${entityId(name)}`;
}

/**
 * Reads a name in the body of a rule or sequence, where the first part is a namespace, with a slash in front or without
 * (EntityPath.toFullyQualifiedEntityName): `/ns/name`, `ns/name`, `ns/pkg/name`. Undefined when it is none of these.
 */
export function parseFullName(text: string, own: string): QualifiedName | undefined {
  const parts = text.split('/').filter((part) => part !== '');
  return parts.length < 2 ? undefined : parseName(`/${parts.join('/')}`, own);
}

/**
 * Reads `/ns/name`, `/ns/pkg/name`, `ns/pkg/name`, `pkg/name` or `name`, as a conductor may name an action
 * (FullyQualifiedEntityName.resolveName); `_` and a missing namespace become `own`. Undefined when it is none of these.
 */
export function parseName(text: string, own: string): QualifiedName | undefined {
  const rooted = text.startsWith('/');
  const parts = (rooted ? text.slice(1) : text).split('/');
  if (parts.some((part) => !ENTITY_NAME.test(part))) return undefined;
  const resolve = (namespace: string) => (namespace === DEFAULT_NAMESPACE ? own : namespace);
  const [a, b, c] = parts;
  if (parts.length === 3) return { namespace: resolve(a as string), package: b as string, name: c as string };
  if (parts.length === 2) {
    return rooted
      ? { namespace: resolve(a as string), name: b as string }
      : { namespace: own, package: a as string, name: b as string };
  }
  if (parts.length === 1 && !rooted) return { namespace: own, name: a as string };
  return undefined;
}
