import type { Job, JobAction } from '../model/job.ts';
import type { RuntimeSpec } from '../model/manifest.ts';
import type { Outcome } from '../model/outcome.ts';

export interface Waiter {
  readonly job: Job;
  /** Milliseconds since the epoch. */
  readonly since: number;
  readonly resolve: (outcome: Outcome) => void;
}

/** The jobs of one action, namespace and revision that wait for a container, in order of arrival. */
export class Line {
  readonly key: string;
  readonly runtime: RuntimeSpec;
  readonly action: JobAction;
  #waiters: Waiter[] = [];
  /** Taken from the front; a shift of 10,000 waiters each time would be quadratic. */
  #head = 0;

  constructor(key: string, runtime: RuntimeSpec, action: JobAction) {
    this.key = key;
    this.runtime = runtime;
    this.action = action;
  }

  get length(): number {
    return this.#waiters.length - this.#head;
  }

  get first(): Waiter | undefined {
    return this.#waiters[this.#head];
  }

  /** Since when its first one waits. */
  get since(): number {
    return this.first?.since ?? Number.POSITIVE_INFINITY;
  }

  join(job: Job): Promise<Outcome> {
    const { promise, resolve } = Promise.withResolvers<Outcome>();
    this.#waiters.push({ job, since: Date.now(), resolve });
    return promise;
  }

  /** The first one; there must be one. */
  leave(): Waiter {
    const waiter = this.#waiters[this.#head] as Waiter;
    this.#head++;
    if (this.#head > 1024 && this.#head * 2 > this.#waiters.length) {
      this.#waiters = this.#waiters.slice(this.#head);
      this.#head = 0;
    }
    return waiter;
  }

  leaveAll(): Waiter[] {
    const all = this.#waiters.slice(this.#head);
    this.#waiters = [];
    this.#head = 0;
    return all;
  }
}
