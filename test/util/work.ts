import type { FireWork, InvocationWork, WorkHead } from '../../src/model/work.ts';
import type { DeadLetter, DeadLetterHead } from '../../src/store/journal.ts';
import { newActivationId } from './documents.ts';

/** Accepted work for tests, told only what matters there. */

const asked = () => ({
  activationId: newActivationId(),
  transactionId: 'tid',
  subject: 'guest-subject',
  namespace: 'guest',
  uuid: 'uuid-of-guest',
  acceptedAt: 1_700_000_000_000,
});

export function anInvocation(fields: Partial<InvocationWork> = {}): InvocationWork {
  return { ...asked(), type: 'invocation', action: '/guest/hello', version: '0.0.1', args: '{"a":1}', ...fields };
}

export function aFire(fields: Partial<FireWork> = {}): FireWork {
  const rules = { 'guest/every': { action: { path: 'guest', name: 'hello' }, status: 'active' } } as const;
  const trigger = { name: 'tick', version: '0.0.2', rules };
  return { ...asked(), type: 'fire', trigger, payload: '{"p":1}', event: '{"t":2,"p":1}', ...fields };
}

/** A dead letter as lists have it: without what the work was given. */
export function headOf({ work, ...letter }: DeadLetter): DeadLetterHead {
  const head = Object.entries(work).filter(([field]) => !['args', 'event', 'payload'].includes(field));
  return { ...letter, work: Object.fromEntries(head) as unknown as WorkHead };
}
