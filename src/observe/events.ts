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
  readonly answered = new Channel<{ readonly method: string; readonly status: number; readonly ms: number }>();
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
