import type { Job, Offer, Run } from '../model/job.ts';
import type { Outcome } from '../model/outcome.ts';
import type { Work } from '../model/work.ts';
import type { Entry } from './entry.ts';
import type { RunMessage } from './wire.ts';

export interface QueueOptions {
  /** Runs it here when there is room, or can be made at once. */
  readonly offer: Offer;
  /** Runs it here, however long it waits. */
  readonly run: Run;
  /** Whether the pool has room for one more that was accepted. @param begun how many of them it does not know of yet */
  readonly hasRoom: (begun: number) => boolean;
  /** A job runs. */
  readonly onRun: (entry: Entry, asked: RunMessage, running: Promise<Outcome>) => void;
  /** Accepted work is to be begun. */
  readonly onWork: (entry: Entry, work: Work) => void;
  /** Milliseconds of a clock that only goes forward. */
  readonly now: () => number;
}

interface WaitingRun {
  readonly entry: Entry;
  readonly asked: RunMessage;
  readonly job: Job;
  readonly since: number;
}

interface WaitingWork {
  readonly entry: Entry;
  readonly work: Work;
}

/** A job that finds no room for so long joins the line of those who wait for a container. */
const PATIENCE_MS = 200;
/** Jobs that may find no room until the others are not asked for. */
const REFUSALS = 8;
/** What was begun so long ago is in the pool, or will never be. */
const STARTING_MS = 250;

/** What is ready to be begun here, until there is room for it. */
export class Queue {
  readonly #options: QueueOptions;
  #runs: WaitingRun[] = [];
  #works: WaitingWork[] = [];
  /** Accepted work that the pool may not know of yet: since when, by its id. */
  readonly #starting = new Map<string, number>();

  constructor(options: QueueOptions) {
    this.#options = options;
  }

  /** How many wait. */
  get length(): number {
    return this.#runs.length + this.#works.length;
  }

  /** Jobs and work that the pool does not know of yet. */
  get backlog(): number {
    return this.length + this.#starting.size;
  }

  addRun(entry: Entry, asked: RunMessage, job: Job): void {
    this.#runs.push({ entry, asked, job, since: this.#options.now() });
  }

  addWork(entry: Entry, work: Work): void {
    this.#works.push({ entry, work });
  }

  /** The pool has the work, or it has ended. */
  reached(activationId: string): void {
    this.#starting.delete(activationId);
  }

  drop(isLost: (entry: Entry) => boolean): void {
    this.#runs = this.#runs.filter(({ entry }) => !isLost(entry));
    this.#works = this.#works.filter(({ entry }) => !isLost(entry));
  }

  tick(now: number): void {
    for (const [id, since] of this.#starting) if (now - since > STARTING_MS) this.#starting.delete(id);
  }

  /** Begins what there is room for. */
  pump(): void {
    if (this.#runs.length > 0) this.#pumpRuns();
    this.#pumpWorks();
  }

  #pumpRuns(): void {
    const { offer, run, onRun, now } = this.#options;
    let refusals = 0;
    this.#runs = this.#runs.filter(({ entry, asked, job, since }) => {
      if (refusals >= REFUSALS) return true;
      const running = offer(job) ?? (now() - since > PATIENCE_MS ? run(job) : undefined);
      if (running) onRun(entry, asked, running);
      else refusals++;
      return running === undefined;
    });
  }

  #pumpWorks(): void {
    const { hasRoom, onWork, now } = this.#options;
    while (this.#works.length > 0 && hasRoom(this.#starting.size)) {
      const { entry, work } = this.#works.shift() as WaitingWork;
      this.#starting.set(work.activationId, now());
      onWork(entry, work);
    }
  }
}
