import type { Exec } from './entities.ts';
import type { JsonText } from './json.ts';
import type { ActionLimits, ResultSizes } from './limits.ts';
import type { Outcome } from './outcome.ts';
import type { RunSteps } from './steps.ts';

/** The action that a job runs, at one revision, with what a container needs to become it. */
export interface JobAction {
  /** `guest/tools/hello`. */
  readonly id: string;
  readonly rev: string;
  readonly name: string;
  readonly version: string;
  readonly exec: Exec;
  readonly limits: ActionLimits;
  /** Parameters marked `init`, already text: the environment at init. */
  readonly initEnv: Readonly<Record<string, string>>;
  /** Fetches the code: text, or base64 when `exec.binary`. Called only when a container must be initialized. */
  readonly code: () => Promise<string | undefined>;
}

/** One run to be done. */
export interface Job {
  readonly activationId: string;
  readonly transactionId: string;
  /** The namespace that invokes, for which the container is kept apart from all others. */
  readonly namespace: string;
  readonly action: JobAction;
  /** The merged arguments: a JSON object, or an array in sequences. */
  readonly args: JsonText;
  /** `uuid:key` when the action is to have the caller's key. */
  readonly apiKey?: string;
  /** Where the namespace's results may be less than the node's. */
  readonly resultSizes?: ResultSizes;
  /** When it was accepted, in milliseconds since the epoch. */
  readonly acceptedAt: number;
  /** Filled while it runs on this node. */
  readonly steps?: RunSteps;
  /** Of a call that is part of a trace: what the action is told. */
  readonly trace?: JobTrace;
  /** Told of its progress, when it runs on this node. */
  readonly watcher?: JobWatcher;
}

/** A context of W3C's Trace Context, as those who are called next get it. */
export interface JobTrace {
  readonly traceparent: string;
  readonly tracestate?: string;
}

/** Hears of jobs while they run. Must not throw. */
export interface JobWatcher {
  /** A container has it. */
  started(activationId: string): void;
  /** It printed a line, formatted as in the record. */
  logged(activationId: string, line: string): void;
}

/**
 * Runs a job to its end: waits for room, never throws for what the action does. Rejects with a `Refusal` 503 when the job was
 * not begun and will not be, because the node stops or something is away that it needs.
 */
export type Run = (job: Job) => Promise<Outcome>;

/** Runs a job if there is room now; `undefined`, at once, when there is none. */
export type Offer = (job: Job) => Promise<Outcome> | undefined;
