import type { Span } from './trace.ts';

/**
 * What happened in the node. Rooms publish here and do not know who listens; `metrics.ts` and `log.ts` do.
 * One instance a node, made by `node.ts`: two nodes in one process (as in tests) hear nothing of each other.
 */
export class Channel<T> {
  readonly #listeners: ((event: T) => void)[] = [];

  subscribe(listener: (event: T) => void): void {
    this.#listeners.push(listener);
  }

  publish(event: T): void {
    for (const listener of this.#listeners) listener(event);
  }
}

/** How a container came to serve a job, in OpenWhisk's words. */
export type StartKind = 'cold' | 'prewarmed' | 'warm';

export interface ContainerMoved {
  readonly id: string;
  readonly kind: string;
  /** Megabytes. */
  readonly memory: number;
  readonly from: string | undefined;
  readonly to: string;
  readonly why: string;
}

/** When the steps of a run ended, in milliseconds of `performance.now()`; 0 where it did not come to that. */
export interface StepsTaken {
  readonly accepted: number;
  readonly given: number;
  readonly initialized: number;
  readonly ended: number;
}

export interface Answered {
  readonly method: string;
  readonly status: number;
  readonly ms: number;
  /** Of a call: until its caller was known, and from then until what it calls was found, merged and accepted. */
  readonly authMs?: number;
  readonly resolveMs?: number;
}

export interface ActivationEnded {
  readonly activationId: string;
  readonly namespace: string;
  readonly action: string;
  readonly kind: string;
  readonly memory: number;
  readonly status: string;
  readonly start: StartKind | undefined;
  readonly waitMs: number;
  readonly initMs: number | undefined;
  readonly durationMs: number;
  readonly resultBytes: number;
  /** Of what ran here. */
  readonly steps?: StepsTaken | undefined;
}

export interface Said {
  readonly level: 'debug' | 'info' | 'warn' | 'error';
  readonly transactionId?: string;
  /** The part that speaks: `invoker`, `store`. */
  readonly from: string;
  readonly text: string;
}

export class Events {
  readonly containerMoved = new Channel<ContainerMoved>();
  readonly activationEnded = new Channel<ActivationEnded>();
  readonly evicted = new Channel<{ readonly id: string; readonly why: string }>();
  readonly answered = new Channel<Answered>();
  /** A record is durable, so many milliseconds after it was given to the store. */
  readonly stored = new Channel<{ readonly ms: number }>();
  /** A part of a traced call has ended. */
  readonly spanEnded = new Channel<Span>();
  /** Spans left for the collector, or were given up. */
  readonly exported = new Channel<{ readonly sent: number; readonly dropped: number }>();
  readonly said = new Channel<Said>();

  debug(from: string, text: string): void {
    this.said.publish({ level: 'debug', from, text });
  }
  info(from: string, text: string): void {
    this.said.publish({ level: 'info', from, text });
  }
  warn(from: string, text: string): void {
    this.said.publish({ level: 'warn', from, text });
  }
  error(from: string, text: string): void {
    this.said.publish({ level: 'error', from, text });
  }
}
