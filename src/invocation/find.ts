import type { Entitlement } from '../auth/entitlement.ts';
import type { Entities } from '../entities/entities.ts';
import type { Resolved } from '../entities/resolved.ts';
import type { Identity } from '../model/identity.ts';
import type { QualifiedName } from '../model/names.ts';

export interface FindOptions {
  readonly entities: Entities;
  readonly entitlement: Entitlement;
}

/** @throws Refusal 403 and its like when the caller may not invoke it; mostly, it is not looked up for that */
export async function checkMayInvoke(
  { entitlement }: Pick<FindOptions, 'entitlement'>,
  identity: Identity,
  name: QualifiedName,
): Promise<void> {
  await entitlement.check(identity, 'ACTIVATE', { ...name, collection: 'actions' });
}

/** The action, if the caller may invoke it. @throws Refusal 403, 404, 409 */
export async function findPermitted(options: FindOptions, identity: Identity, name: QualifiedName): Promise<Resolved> {
  await checkMayInvoke(options, identity, name);
  return options.entities.resolve(name);
}
