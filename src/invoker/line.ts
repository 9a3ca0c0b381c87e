import type { Job, JobAction } from '../model/job.ts';
import type { RuntimeSpec } from '../model/manifest.ts';
import type { Outcome } from '../model/outcome.ts';
import { compareTurns, type Waiting } from './choose.ts';

export interface Waiter {
  readonly job: Job;
  /** Milliseconds of `performance.now()`. */
  readonly since: number;
  readonly resolve: (outcome: Outcome) => void;
  readonly reject: (refusal: unknown) => void;
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

  /** Whose jobs they are; a line that is listed has one. */
  get namespace(): string {
    return this.first?.job.namespace ?? '';
  }

  /** Since when its first one waits. */
  get since(): number {
    return this.first?.since ?? Number.POSITIVE_INFINITY;
  }

  /** What decides about its turn. @param held megabytes that work for each namespace now */
  standing(held: ReadonlyMap<string, number>): Waiting {
    return { since: this.since, held: held.get(this.namespace) ?? 0 };
  }

  join(job: Job): Promise<Outcome> {
    const { promise, resolve, reject } = Promise.withResolvers<Outcome>();
    this.#waiters.push({ job, since: performance.now(), resolve, reject });
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
}

/** All lines that somebody stands in. */
export class Lines {
  readonly #lines = new Map<string, Line>();

  get(key: string): Line | undefined {
    return this.#lines.get(key);
  }

  get isEmpty(): boolean {
    return this.#lines.size === 0;
  }

  /** Jobs that wait. */
  get waiting(): number {
    let sum = 0;
    for (const { length } of this.#lines.values()) sum += length;
    return sum;
  }

  /** Megabytes that they would have if all ran. */
  get memory(): number {
    let sum = 0;
    for (const { length, action } of this.#lines.values()) sum += length * action.limits.memory;
    return sum;
  }

  /** The line of this key, begun if there is none. */
  open(key: string, runtime: RuntimeSpec, action: JobAction): Line {
    let line = this.#lines.get(key);
    if (!line) {
      line = new Line(key, runtime, action);
      this.#lines.set(key, line);
    }
    return line;
  }

  /** Takes the first of a line; a line that nobody stands in is forgotten. */
  leave(line: Line): Waiter {
    const waiter = line.leave();
    if (line.length === 0) this.#lines.delete(line.key);
    return waiter;
  }

  /** Takes all of the lines that `which` accepts, in order. */
  leaveAll(which: (line: Line) => boolean): Waiter[] {
    const left: Waiter[] = [];
    for (const line of this.byAge().filter(which)) {
      while (line.length > 0) left.push(this.leave(line));
    }
    return left;
  }

  /** True when somebody stands in another line than that of this key. */
  hasOtherThan(key: string): boolean {
    return this.#lines.size > (this.#lines.has(key) ? 1 : 0);
  }

  /** The line whose turn it is comes first. @param held megabytes that work for each namespace now */
  byTurn(held: ReadonlyMap<string, number>): Line[] {
    return [...this.#lines.values()]
      .map((line) => ({ line, standing: line.standing(held) }))
      .sort((a, b) => compareTurns(a.standing, b.standing))
      .map(({ line }) => line);
  }

  /** The line whose first one waits longest comes first. */
  byAge(): Line[] {
    return [...this.#lines.values()].sort((a, b) => a.since - b.since);
  }
}
