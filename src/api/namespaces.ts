import { effectiveLimits, type SystemLimits } from '../model/limits.ts';
import { messages } from '../model/messages.ts';
import { refuse } from '../model/refusal.ts';
import { answer, type Call } from './call.ts';
import { namespaceOf } from './path.ts';

/** `GET /namespaces`: the one namespace of the key (Namespaces.scala). */
export function listNamespaces(call: Call): Response {
  return answer(call, 200, JSON.stringify([call.identity.namespace]));
}

/** `GET /namespaces/{ns}/limits`: what really holds, filled in everywhere (Limits.scala). */
export function namespaceLimits(call: Call, ns: string, system: SystemLimits): Response {
  if (namespaceOf(call, ns) !== call.identity.namespace) throw refuse(403, messages.notAuthorizedTo(ns));
  const own = call.identity.limits;
  const limits = effectiveLimits(system, own);
  return answer(
    call,
    200,
    JSON.stringify({
      ...(own.allowedKinds === undefined ? {} : { allowedKinds: own.allowedKinds }),
      concurrentInvocations: limits.concurrentInvocations,
      firesPerMinute: limits.firesPerMinute,
      invocationsPerMinute: limits.invocationsPerMinute,
      maxActionConcurrency: limits.concurrency.max,
      maxActionInstances: limits.concurrentInvocations,
      maxActionLogs: limits.logs.max,
      maxActionMemory: limits.memory.max,
      maxActionTimeout: limits.timeout.max,
      maxParameterSize: `${limits.parameterBytes} B`,
      minActionConcurrency: limits.concurrency.min,
      minActionLogs: limits.logs.min,
      minActionMemory: limits.memory.min,
      minActionTimeout: limits.timeout.min,
      ...(own.storeActivations === undefined ? {} : { storeActivations: own.storeActivations }),
    }),
  );
}
