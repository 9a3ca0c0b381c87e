import type { Resolved } from '../entities/resolved.ts';
import type { Activation } from '../model/activation.ts';
import { type Annotation, limitsJson } from '../model/entities.ts';
import type { Outcome } from '../model/outcome.ts';

export interface RecordContext {
  readonly activationId: string;
  readonly namespace: string;
  readonly subject: string;
  readonly cause?: string;
}

/** The activation record of one run, annotated as OpenWhisk annotates it (ContainerProxy.constructWhiskActivation). */
export function activationOf({ id, action, binding }: Resolved, outcome: Outcome, context: RecordContext): Activation {
  const annotations: Annotation[] = [
    ...(binding === undefined ? [] : [{ key: 'binding', value: binding }]),
    { key: 'path', value: id },
    { key: 'waitTime', value: outcome.waitMs },
    { key: 'kind', value: action.exec.kind },
    { key: 'timeout', value: outcome.timedOut },
    { key: 'limits', value: limitsJson(action.limits) },
  ];
  if (outcome.initMs !== undefined) annotations.push({ key: 'initTime', value: outcome.initMs });
  return {
    ...context,
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
