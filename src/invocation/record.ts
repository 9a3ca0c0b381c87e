import type { Resolved } from '../entities/resolved.ts';
import type { Activation } from '../model/activation.ts';
import { type Annotation, limitsJson } from '../model/entities.ts';
import type { Json, JsonText } from '../model/json.ts';
import { entityId } from '../model/names.ts';
import type { Outcome, Response } from '../model/outcome.ts';
import type { FireWork, Work } from '../model/work.ts';
import type { Caller } from './caller.ts';
import { nameOf } from './promise.ts';
import type { Tally } from './tally.ts';

/** Activation records as OpenWhisk makes them. Annotations stand in the order in which its clients get them. */

/** Of one run (ContainerProxy.constructWhiskActivation). */
export function activationOf(
  { id, action, binding }: Resolved,
  outcome: Outcome,
  activationId: string,
  { identity: { namespace, subject }, cause }: Caller,
): Activation {
  const annotations: Annotation[] = [];
  if (cause !== undefined) annotations.push(CAUSED_BY);
  if (binding !== undefined) annotations.push({ key: 'binding', value: binding });
  annotations.push(
    { key: 'path', value: id },
    { key: 'waitTime', value: outcome.waitMs },
    { key: 'kind', value: action.exec.kind },
    { key: 'timeout', value: outcome.timedOut },
    { key: 'limits', value: limitsJson(action.limits) },
  );
  if (outcome.initMs !== undefined) annotations.push({ key: 'initTime', value: outcome.initMs });
  return {
    activationId,
    namespace,
    subject,
    ...(cause === undefined ? undefined : { cause }),
    name: action.name,
    version: action.version,
    start: outcome.start,
    end: outcome.end,
    duration: outcome.end - outcome.start,
    response: outcome.response,
    logs: outcome.logs,
    annotations,
  };
}

/** Compositions are sequences to those who read records. */
const CAUSED_BY: Annotation = { key: 'causedBy', value: 'sequence' };

/** What is to be recorded of a sequence or composition that has ended. */
export interface Ended {
  readonly activationId: string;
  readonly caller: Caller;
  readonly resolved: Resolved;
  readonly tally: Tally;
  readonly response: Response;
  /** Milliseconds since the epoch. */
  readonly start: number;
  readonly end: number;
}

/**
 * Of a sequence or a composition: its logs are the ids of its parts, its duration is the sum of theirs, its memory
 * that of the largest (SequenceActions.makeSequenceActivation, PrimitiveActions.completeActivation).
 */
export function compositeActivation({ caller, resolved, tally, ...ended }: Ended): Activation {
  const { action, id, binding } = resolved;
  const { identity, cause } = caller;
  const { memory } = tally;
  const annotations: readonly (Annotation | false)[] = [
    cause !== undefined && CAUSED_BY,
    binding !== undefined && { key: 'binding', value: binding },
    { key: 'topmost', value: cause === undefined },
    { key: 'path', value: id },
    // It needs no container, so it waits for none.
    { key: 'waitTime', value: 0 },
    resolved.form === 'conductor' && { key: 'conductor', value: true },
    { key: 'kind', value: 'sequence' },
    memory !== undefined && { key: 'limits', value: limitsJson({ ...action.limits, memory, concurrency: 1 }) },
  ];
  return {
    activationId: ended.activationId,
    namespace: identity.namespace,
    subject: identity.subject,
    ...(cause === undefined ? undefined : { cause }),
    name: action.name,
    version: action.version,
    start: ended.start,
    end: ended.end,
    duration: tally.durationMs,
    response: ended.response,
    logs: tally.parts,
    annotations: annotations.filter((each) => each !== false),
  };
}

/** Of a fire: its logs say what became of each rule. It has no end and no duration (Triggers.scala). */
export function fireActivation(
  { activationId, namespace, subject, trigger, payload, acceptedAt }: FireWork,
  logs: readonly string[],
  response: Response = { status: 'success', result: payload },
): Activation {
  const { name, version } = trigger;
  const asked = { activationId, namespace, subject, name, version };
  return { ...asked, start: acceptedAt, end: 0, response, logs, annotations: [] };
}

/** Of accepted work that cannot be done, or is given up. */
export function undoneActivation(work: Work, response: Response, at: number): Activation {
  if (work.type === 'fire') return fireActivation(work, [], response);
  const { activationId, namespace, subject, version, acceptedAt } = work;
  const name = nameOf(work);
  return {
    ...{ activationId, namespace, subject, name: name.name, version },
    ...{ start: at, end: at, duration: 0, response, logs: [] },
    annotations: [
      { key: 'path', value: entityId(name) },
      { key: 'waitTime', value: Math.max(0, at - acceptedAt) },
      { key: 'timeout', value: false },
    ],
  };
}

/** One line of a fire's logs: the activation of the rule's action, or why there is none (RuleActivationResult). */
export function ruleResult(
  rule: string,
  action: string,
  result: { readonly activationId: string } | { readonly statusCode: 1 | 3; readonly error: string },
): JsonText {
  const line: Json =
    'error' in result
      ? { statusCode: result.statusCode, success: false, rule, error: result.error, action }
      : { statusCode: 0, success: true, activationId: result.activationId, rule, action };
  return JSON.stringify(line);
}
