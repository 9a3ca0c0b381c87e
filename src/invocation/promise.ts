import { createHash } from 'node:crypto';
import type { Resolved } from '../entities/resolved.ts';
import type { Trigger } from '../model/entities.ts';
import type { Identity } from '../model/identity.ts';
import type { JsonText, Payload } from '../model/json.ts';
import { displayName, parseName, type QualifiedName } from '../model/names.ts';
import type { FireWork, InvocationWork, Work } from '../model/work.ts';
import type { Trace } from '../observe/trace.ts';
import { newActivationId } from './activation-id.ts';
import type { Begun } from './live.ts';
import { workTrace } from './traced.ts';

/** How accepted work comes to be, and what it stands for. Pure, but for new ids. */

/** What is promised to be done. */
export interface Asked {
  readonly identity: Identity;
  readonly transactionId: string;
  /** As it was asked for; behind a binding, the binding's. */
  readonly name: QualifiedName;
  readonly resolved: Resolved;
  /** Merged. */
  readonly args: JsonText;
  readonly trace?: Trace | undefined;
}

export function invocationWork(asked: Asked, activationId: string, acceptedAt: number): InvocationWork {
  const { identity, transactionId, name, resolved, args, trace } = asked;
  const { subject, namespace, uuid } = identity;
  return {
    ...{ type: 'invocation', activationId, transactionId, subject, namespace, uuid, acceptedAt },
    ...{ action: displayName(name), version: resolved.action.version, args },
    ...(trace && { trace: workTrace(trace) }),
  };
}

export function fireWork(
  { identity, transactionId, trace }: Pick<Asked, 'identity' | 'transactionId' | 'trace'>,
  { name, version, rules = {} }: Trigger,
  payload: JsonText,
  event: Payload,
  acceptedAt: number,
): FireWork {
  const { subject, namespace, uuid } = identity;
  return {
    ...{ type: 'fire', activationId: newActivationId(), transactionId, subject, namespace, uuid, acceptedAt },
    ...{ trigger: { name, version, rules }, payload, event: event.text },
    ...(trace && { trace: workTrace(trace) }),
  };
}

/** Of what a rule of a fire begins: the same whenever that fire is done again, so that it is not begun as another one. */
export function ruleActivationId(fireId: string, rule: string): string {
  const hash = createHash('sha256').update(`${fireId} ${rule}`).digest('hex');
  // The time of the fire in front, as all ids have one.
  return fireId.slice(0, 12) + hash.slice(0, 20);
}

/** The same work as a new activation: a record that was written stays. */
export function anew(work: Work, acceptedAt: number): Work {
  return { ...work, activationId: newActivationId(), acceptedAt };
}

/** What is known of it before it is begun. */
export function begunOf(work: Work): Begun {
  const { activationId, namespace, subject, acceptedAt: start } = work;
  const common = { activationId, namespace, subject, start };
  if (work.type === 'fire') return { ...common, name: work.trigger.name, version: work.trigger.version };
  const { name } = nameOf(work);
  return { ...common, name, version: work.version, path: work.action.slice(1) };
}

export function nameOf({ action }: InvocationWork): QualifiedName {
  return parseName(action, '') as QualifiedName;
}
