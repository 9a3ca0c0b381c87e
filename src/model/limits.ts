import { messages } from './messages.ts';
import { parseSize } from './units.ts';

export const MB = 1024 * 1024;

/** The limits of one action, as in its document. */
export interface ActionLimits {
  /** Milliseconds for init and run together. */
  readonly timeout: number;
  /** Megabytes of memory of its container. */
  readonly memory: number;
  /** Megabytes of log that are kept of one activation; 0 keeps none. */
  readonly logs: number;
  /** Calls at once in one container. */
  readonly concurrency: number;
}

interface Range {
  readonly min: number;
  readonly std: number;
  readonly max: number;
}

/** What the node allows at all; a namespace may be given less (`UserLimits`). */
export interface SystemLimits {
  readonly timeout: Range;
  readonly memory: Range;
  readonly logs: Range;
  readonly concurrency: Range;
  /** Bytes of the parameters of an action, a package or a trigger. */
  readonly parameterBytes: number;
  /** Bytes of the payload of one call. */
  readonly payloadBytes: number;
  /** Bytes of the result of one activation; more is cut and becomes an application error. */
  readonly resultBytes: number;
  /** Bytes of an action's code. */
  readonly codeBytes: number;
  readonly invocationsPerMinute: number;
  readonly concurrentInvocations: number;
  readonly firesPerMinute: number;
  readonly sequenceLength: number;
}

/** OpenWhisk's defaults (reference.conf), but for rates and concurrency: a machine of one's own has no reason to be mean. */
export const systemLimits: SystemLimits = {
  timeout: { min: 100, std: 60_000, max: 300_000 },
  memory: { min: 128, std: 256, max: 512 },
  logs: { min: 0, std: 10, max: 10 },
  concurrency: { min: 1, std: 1, max: 500 },
  parameterBytes: MB,
  payloadBytes: MB,
  resultBytes: MB,
  codeBytes: 48 * MB,
  invocationsPerMinute: 1_000_000,
  concurrentInvocations: 1_000,
  firesPerMinute: 1_000_000,
  sequenceLength: 50,
};

/** What one namespace may do, where it differs from the system (openwhisk.md LIM-16). */
export interface UserLimits {
  readonly invocationsPerMinute?: number;
  readonly concurrentInvocations?: number;
  readonly firesPerMinute?: number;
  readonly allowedKinds?: readonly string[];
  readonly storeActivations?: boolean;
  readonly minActionMemory?: number;
  readonly maxActionMemory?: number;
  readonly minActionLogs?: number;
  readonly maxActionLogs?: number;
  readonly minActionTimeout?: number;
  readonly maxActionTimeout?: number;
  readonly minActionConcurrency?: number;
  readonly maxActionConcurrency?: number;
  readonly maxParameterSize?: string;
  readonly maxPayloadSize?: string;
  readonly truncationSize?: string;
}

/** The system's ranges narrowed by a namespace's own, never widened (Identity.scala, `UserLimits`). */
export function effectiveLimits(system: SystemLimits, user: UserLimits): SystemLimits {
  const narrow = (range: Range, min: number | undefined, max: number | undefined): Range => ({
    ...range,
    min: Math.max(range.min, min ?? range.min),
    max: Math.min(range.max, max ?? range.max),
  });
  return {
    ...system,
    timeout: narrow(system.timeout, user.minActionTimeout, user.maxActionTimeout),
    memory: narrow(system.memory, user.minActionMemory, user.maxActionMemory),
    logs: narrow(system.logs, user.minActionLogs, user.maxActionLogs),
    concurrency: narrow(system.concurrency, user.minActionConcurrency, user.maxActionConcurrency),
    parameterBytes: lesserSize(system.parameterBytes, user.maxParameterSize),
    payloadBytes: lesserSize(system.payloadBytes, user.maxPayloadSize),
    invocationsPerMinute: user.invocationsPerMinute ?? system.invocationsPerMinute,
    concurrentInvocations: user.concurrentInvocations ?? system.concurrentInvocations,
    firesPerMinute: user.firesPerMinute ?? system.firesPerMinute,
  };
}

/** Bytes: the system's, or what a namespace's own limit says (`512 KB`) where that is less. */
export function lesserSize(system: number, own: string | undefined): number {
  const bytes = own === undefined ? undefined : parseSize(own);
  return bytes === undefined ? system : Math.min(system, bytes);
}

/** Bytes that the JSON of an entity may take beside its code. Little of it counts: `{"key":"a","value":1},` is a parameter of two bytes. */
export function entityJsonBytes({ parameterBytes }: SystemLimits): number {
  return parameterBytes * 24 + 64 * 1024;
}

/** What a result may be, in bytes: a longer one is an application error that shows `kept` of it. */
export interface ResultLimits {
  readonly max: number;
  readonly kept: number;
}

/** The node's, or less where the namespace is given less: what it may send as a payload it may get as a result (ContainerProxy). */
export function resultLimits(systemBytes: number, own: ResultSizes | undefined): ResultLimits {
  if (own === undefined) return { max: systemBytes, kept: systemBytes };
  return {
    max: lesserSize(systemBytes, own.maxPayloadSize),
    kept: lesserSize(systemBytes, own.truncationSize),
  };
}

/** A namespace's own sizes of results, when it has some. */
export function resultSizes({ maxPayloadSize, truncationSize }: UserLimits): ResultSizes | undefined {
  return (maxPayloadSize ?? truncationSize) === undefined ? undefined : { maxPayloadSize, truncationSize };
}

export interface ResultSizes {
  readonly maxPayloadSize?: string | undefined;
  readonly truncationSize?: string | undefined;
}

/** The sentence that refuses these limits, or undefined when they are within the ranges. */
export function limitsProblem(limits: Partial<ActionLimits>, allowed: SystemLimits): string | undefined {
  const { timeout, memory, logs, concurrency } = limits;
  if (timeout !== undefined) {
    if (timeout < allowed.timeout.min) return messages.durationBelow('duration', timeout, allowed.timeout.min);
    if (timeout > allowed.timeout.max) return messages.durationAbove('duration', timeout, allowed.timeout.max);
  }
  if (memory !== undefined) {
    if (memory < allowed.memory.min) return messages.sizeBelow('memory', memory, allowed.memory.min);
    if (memory > allowed.memory.max) return messages.sizeAbove('memory', memory, allowed.memory.max);
  }
  if (logs !== undefined) {
    if (logs < allowed.logs.min) return messages.sizeBelow('log', logs, allowed.logs.min);
    if (logs > allowed.logs.max) return messages.sizeAbove('log', logs, allowed.logs.max);
  }
  if (concurrency !== undefined) {
    if (concurrency < allowed.concurrency.min) return messages.concurrencyBelow(concurrency, allowed.concurrency.min);
    if (concurrency > allowed.concurrency.max) return messages.concurrencyAbove(concurrency, allowed.concurrency.max);
  }
  return undefined;
}
