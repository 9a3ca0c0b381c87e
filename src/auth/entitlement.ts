import type { Identity } from '../model/identity.ts';
import { messages } from '../model/messages.ts';
import { DEFAULT_NAMESPACE } from '../model/names.ts';
import { refuse } from '../model/refusal.ts';

/** The namespace that a path names, `_` being the caller's own. Pure. Throws 403 for one that is not the caller's. */
export function ownNamespace(identity: Identity, named: string): string {
  if (named === DEFAULT_NAMESPACE || named === identity.namespace) return identity.namespace;
  throw refuse(403, messages.notAuthorizedTo(named));
}
