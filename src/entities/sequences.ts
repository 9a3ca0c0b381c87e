import { messages } from '../model/messages.ts';
import { entityId, parseName, type QualifiedName } from '../model/names.ts';
import { Refusal, refuse } from '../model/refusal.ts';
import type { EntityAccess } from './access.ts';
import { bindPackage } from './bound-package.ts';

/**
 * Refuses a sequence that is empty, too long, refers to itself or to what is not there. Sequences in it count with all of
 * their own components (Actions.checkSequenceActionLimits).
 *
 * @param own the sequence that is being written
 * @param components `/ns/pkg/name`
 */
export async function checkSequence(
  access: EntityAccess,
  own: QualifiedName,
  components: readonly string[],
  maxLength: number,
): Promise<void> {
  if (components.length > maxLength) throw refuse(400, messages.sequenceTooLong);
  if (components.length === 0) throw refuse(400, messages.sequenceEmpty);
  try {
    const ownId = entityId(await providerOf(access, own));
    if ((await countActions(access, ownId, components, maxLength)) > maxLength) {
      throw refuse(400, messages.sequenceTooLong);
    }
  } catch (error) {
    if (error instanceof Refusal && error.status === 404) throw refuse(400, messages.sequenceComponentNotFound);
    throw error;
  }
}

/** How many plain actions these are; gives up as soon as they are too many. */
async function countActions(
  access: EntityAccess,
  ownId: string,
  components: readonly string[],
  maxLength: number,
): Promise<number> {
  let count = 0;
  for (const component of components) {
    const name = await providerOf(access, parseName(component, '') as QualifiedName);
    if (entityId(name) === ownId) throw refuse(400, messages.sequenceCyclic);
    const { exec } = (await access.load('action', name)).entity;
    count += 'components' in exec ? await countActions(access, ownId, exec.components, maxLength - count) : 1;
    if (count > maxLength) throw refuse(400, messages.sequenceTooLong);
  }
  return count;
}

/** Where the action really is, behind a binding. */
async function providerOf(access: EntityAccess, name: QualifiedName): Promise<QualifiedName> {
  if (name.package === undefined) return name;
  const { provider } = await bindPackage(access, name.namespace, name.package);
  return { ...provider, name: name.name };
}
