import { Packr } from 'msgpackr';
import type { JobTrace } from '../model/job.ts';
import type { ResultSizes } from '../model/limits.ts';
import { type Outcome, type Status, statuses } from '../model/outcome.ts';
import type { FireWork, InvocationWork, Work } from '../model/work.ts';

/**
 * The messages between nodes: MessagePack maps with a `type` and a version `v`. What a node cannot read it skips, so a field
 * may be added at any time; another version may be written only when every member's heartbeat says that it reads it.
 */
export const WIRE_VERSION = 1;

export type Message =
  | RunMessage
  | WorkMessage
  | OutcomeMessage
  | ReturnedMessage
  | BeatMessage
  | LeftMessage
  | EndedMessage;

/** One process of a node: after a restart it is another one. */
export interface Origin {
  readonly node: string;
  readonly boot: string;
}

/** `edge-1#5f3a19c2`. */
export function ownerOf({ node, boot }: Origin): string {
  return `${node}#${boot}`;
}

/** The other way round. */
export function originOf(owner: string): Origin {
  const at = owner.lastIndexOf('#');
  return { node: owner.slice(0, at), boot: owner.slice(at + 1) };
}

/** A job whose caller waits, on `from`: its outcome goes there. */
export interface RunMessage {
  readonly type: 'run';
  readonly from: Origin;
  readonly activationId: string;
  readonly transactionId: string;
  readonly namespace: string;
  readonly action: {
    readonly id: string;
    readonly rev: string;
    /** Of the parameters that the job was resolved with; bindings add to them. */
    readonly initEnv: Readonly<Record<string, string>>;
  };
  readonly args: string;
  /** Whose key the action gets: the key itself is looked up by the node that runs it. */
  readonly keyOf?: string;
  readonly resultSizes?: ResultSizes;
  readonly trace?: JobTrace;
  /** How long it had been waiting when it was sent, in milliseconds: clocks of two nodes do not agree. */
  readonly waitedMs: number;
}

export interface WorkMessage {
  readonly type: 'work';
  readonly work: Work;
}

export interface OutcomeMessage {
  readonly type: 'outcome';
  readonly from: Origin;
  readonly activationId: string;
  readonly outcome: Outcome;
  /** How long ago it ended when it was sent, in milliseconds. */
  readonly endedMsAgo: number;
}

/** The job was not run: its caller seemed to be dead, or something was away that it needs. Who still waits for it runs it. */
export interface ReturnedMessage {
  readonly type: 'returned';
  readonly from: Origin;
  readonly activationId: string;
}

/** Says that a node is there, and what it can do. */
export interface BeatMessage {
  readonly type: 'beat';
  readonly from: Origin;
  /** The greatest version of messages that it reads. */
  readonly reads: number;
  readonly address: string;
  readonly version: string;
  readonly state: 'up' | 'draining';
  readonly kinds: readonly string[];
  /** Megabytes of the pool, and those of them that nothing runs in. */
  readonly memoryTotal: number;
  readonly memoryFree: number;
  /** Jobs that wait for a container. */
  readonly waiting: number;
  /** Of work, that it owns. */
  readonly partitions: readonly number[];
  /** What it has begun of partitions that it owns no longer: `partition/offset`. */
  readonly holding: readonly string[];
}

/** It has ended, with nothing under way. */
export interface LeftMessage {
  readonly type: 'left';
  readonly from: Origin;
}

/** What it had begun of a partition that it owns no longer is done. */
export interface EndedMessage {
  readonly type: 'ended';
  readonly from: Origin;
  readonly partition: number;
  readonly offset: number;
}

const packr = new Packr({ useRecords: false });

export function encode(message: Message): Uint8Array {
  return packr.pack({ v: WIRE_VERSION, ...message });
}

/** The message, or why it is none. Never throws. */
export function decode(bytes: Uint8Array): Message | { readonly problem: string } {
  let value: unknown;
  try {
    value = packr.unpack(bytes);
  } catch {
    return { problem: 'it is not MessagePack' };
  }
  if (!isRecord(value)) return { problem: 'it is no map' };
  const { v, type } = value;
  if (v !== WIRE_VERSION)
    return { problem: `its version is ${JSON.stringify(v)}, and this node reads ${WIRE_VERSION}` };
  const check = typeof type === 'string' && Object.hasOwn(checks, type) ? checks[type as Message['type']] : undefined;
  if (!check) return { problem: `its type ${JSON.stringify(type)} is unknown` };
  return check(value) ? (value as unknown as Message) : { problem: `it is no proper '${type}'` };
}

type Check = (value: unknown) => boolean;

const isText: Check = (value) => typeof value === 'string';
const isName: Check = (value) => typeof value === 'string' && value !== '' && value.length <= 1_024;
const isAmount: Check = (value) => typeof value === 'number' && Number.isFinite(value) && value >= 0;
const isNumber: Check = (value) => typeof value === 'number' && Number.isFinite(value);
const isCount: Check = (value) => Number.isSafeInteger(value) && (value as number) >= 0;
const isFlag: Check = (value) => typeof value === 'boolean';
const one =
  (...choices: readonly unknown[]): Check =>
  (value) =>
    choices.includes(value);
const optional =
  (check: Check): Check =>
  (value) =>
    value === undefined || value === null || check(value);
const list =
  (check: Check): Check =>
  (value) =>
    Array.isArray(value) && value.every(check);
const record =
  (check: Check): Check =>
  (value) =>
    isRecord(value) && Object.values(value).every(check);
/** One check for each field of T; fields that nobody knows are let through. */
const shape =
  <T>(fields: { readonly [K in keyof Required<T>]: Check }): Check =>
  (value) =>
    isRecord(value) && Object.entries<Check>(fields).every(([name, check]) => check(value[name]));

const isOrigin = shape<Origin>({ node: isName, boot: isName });
const isTrace = shape<JobTrace>({ traceparent: isText, tracestate: optional(isText) });
const asked = {
  activationId: isName,
  transactionId: isText,
  subject: isName,
  namespace: isName,
  uuid: isName,
  acceptedAt: isAmount,
  trace: optional(isTrace),
};
const isInvocation = shape<InvocationWork>({
  ...asked,
  type: one('invocation'),
  action: isName,
  version: isText,
  args: isText,
});
const isFire = shape<FireWork>({
  ...asked,
  type: one('fire'),
  trigger: shape<FireWork['trigger']>({
    name: isName,
    version: isText,
    rules: record(
      shape<FireWork['trigger']['rules'][string]>({
        action: shape<{ path: string; name: string }>({ path: isName, name: isName }),
        status: one('active', 'inactive'),
      }),
    ),
  }),
  payload: isText,
  event: isText,
});

const checks: Readonly<Record<Message['type'], Check>> = {
  run: shape<RunMessage>({
    type: isText,
    from: isOrigin,
    activationId: isName,
    transactionId: isText,
    namespace: isName,
    action: shape<RunMessage['action']>({ id: isName, rev: isText, initEnv: record(isText) }),
    args: isText,
    keyOf: optional(isName),
    resultSizes: optional(shape<ResultSizes>({ maxPayloadSize: optional(isText), truncationSize: optional(isText) })),
    trace: optional(isTrace),
    waitedMs: isAmount,
  }),
  work: shape<WorkMessage>({ type: isText, work: (value) => isInvocation(value) || isFire(value) }),
  outcome: shape<OutcomeMessage>({
    type: isText,
    from: isOrigin,
    activationId: isName,
    endedMsAgo: isAmount,
    outcome: shape<Outcome>({
      response: shape<Outcome['response']>({
        status: one(...(statuses as readonly Status[])),
        result: isText,
        size: optional(isCount),
      }),
      logs: list(isText),
      start: isAmount,
      end: isAmount,
      waitMs: isNumber,
      initMs: optional(isNumber),
      timedOut: isFlag,
    }),
  }),
  returned: shape<ReturnedMessage>({ type: isText, from: isOrigin, activationId: isName }),
  beat: shape<BeatMessage>({
    type: isText,
    from: isOrigin,
    reads: isCount,
    address: isText,
    version: isText,
    state: one('up', 'draining'),
    kinds: list(isText),
    memoryTotal: isAmount,
    memoryFree: isAmount,
    waiting: isCount,
    partitions: list(isCount),
    holding: list(isText),
  }),
  left: shape<LeftMessage>({ type: isText, from: isOrigin }),
  ended: shape<EndedMessage>({ type: isText, from: isOrigin, partition: isCount, offset: isCount }),
};

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
