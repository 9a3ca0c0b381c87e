import type { Job } from '../model/job.ts';
import type { RuntimeSpec } from '../model/manifest.ts';
import type { Outcome } from '../model/outcome.ts';
import { isGivenUp, startsNeeded } from './choose.ts';
import { type Line, Lines, type Waiter } from './line.ts';
import { runtimeKey, type Stock } from './stock.ts';

export interface TurnsOptions {
  readonly stock: Stock;
  /** Containers that may be starting at once. */
  readonly parallelStarts: number;
  /** How long an action with containers at work lets others keep theirs: those that serve, and those that just did. */
  readonly patienceMs: number;
  /** Gives the job to a container, if there is one for it now. */
  readonly serve: (job: Job, key: string, runtime: RuntimeSpec) => Promise<Outcome> | undefined;
  /** True when so many megabytes are free; else whoever is idle for so long, and can be evicted for them, goes. */
  readonly claimMemory: (megabytes: number, idleMs: number) => boolean;
  readonly start: (runtime: RuntimeSpec, memory: number) => void;
}

/** Whose turn it is: those who wait are given, line by line, what there is, and what they lack is started. */
export class Turns {
  readonly lines = new Lines();
  readonly #options: TurnsOptions;
  #later: ReturnType<typeof setTimeout> | undefined;

  constructor(options: TurnsOptions) {
    this.#options = options;
  }

  /** Gives every line what it needs, in turn; nobody overtakes one for whom there is no memory. */
  take(): void {
    const { stock, serve } = this.#options;
    /** Starting containers, by runtime, that no older line counts on. */
    const uncounted = new Map<string, number>();
    for (const line of this.lines.byTurn(stock.held)) {
      while (line.first) {
        const outcome = serve(line.first.job, line.key, line.runtime);
        if (outcome === undefined) break;
        const { resolve, reject } = this.lines.leave(line);
        outcome.then(resolve, reject);
      }
      if (line.length > 0 && !this.#startFor(line, uncounted)) return;
    }
  }

  /** Whether a container of this line, which has no job now, goes to another line, for which none is on its way. */
  isGivenUp(own: Line): boolean {
    if (!this.lines.hasOtherThan(own.key)) return false;
    const { stock, patienceMs } = this.#options;
    // The container itself is at rest, and not counted.
    const { held } = stock;
    const next = this.lines.byTurn(held).find((line) => line !== own);
    if (!next || stock.starting(next.runtime) > 0) return false;
    return isGivenUp(own.standing(held), next.standing(held), performance.now(), patienceMs);
  }

  /** Who has waited longest for a container of this runtime gives up its place. */
  leaveLongest(runtime: RuntimeSpec): Waiter | undefined {
    const key = runtimeKey(runtime);
    const line = this.lines.byAge().find((each) => runtimeKey(each.runtime) === key);
    return line && this.lines.leave(line);
  }

  /** Starts what the line needs beyond what is on its way to it. False when there is no memory for it. */
  #startFor(line: Line, uncounted: Map<string, number>): boolean {
    const { stock, parallelStarts, claimMemory, start } = this.#options;
    // One that is there lacks memory, or it would serve: that is coming free, or cannot be had. Its own would be no gain.
    if (stock.stemCells(line.runtime).length > 0) return false;
    const { memory, concurrency } = line.action.limits;
    const key = runtimeKey(line.runtime);
    const needed = startsNeeded(line.length, stock.initializing(line.key), concurrency);
    const onTheWay = uncounted.get(key) ?? stock.starting(line.runtime);
    uncounted.set(key, Math.max(0, onTheWay - needed));
    for (let n = onTheWay; n < needed; n++) {
      if (stock.startingAtAll >= parallelStarts) return true;
      const idleMs = this.#courtesyOf(line);
      if (claimMemory(memory, idleMs)) start(line.runtime, memory);
      else return idleMs > 0 && this.#lookLater();
    }
    return true;
  }

  /**
   * How long a container must be idle to be evicted for this line. Where calls are short, containers are at rest at any
   * moment: to evict these for a line that moves on would cost a cold start for each call of both.
   */
  #courtesyOf({ key, since }: Line): number {
    const { stock, patienceMs } = this.#options;
    return stock.isAtWork(key) && performance.now() - since < patienceMs ? patienceMs : 0;
  }

  /** By then those who wait now have waited for long enough. */
  #lookLater(): true {
    this.#later ??= setTimeout(() => {
      this.#later = undefined;
      this.take();
    }, this.#options.patienceMs);
    return true;
  }
}
