import { cellsFor, type StemCell } from '../model/stem-cells.ts';

/** How far back it is looked. */
const MINUTE_MS = 60_000;

/**
 * How many stem cells are wanted of each runtime: what the manifest says, or, where it has `reactive`, as many as the new containers of the
 * minute before ask for. OpenWhisk counts cold starts alone; but who found a stem cell would not have without it, so these count, too. Pure.
 */
export class Demand {
  #since: number;
  /** Containers that were given an action, by runtime: in this minute, and in the one before; undefined in the first. */
  #now = new Map<string, number>();
  #before: ReadonlyMap<string, number> | undefined;

  /** @param now milliseconds of `performance.now()` */
  constructor(now: number) {
    this.#since = now;
  }

  /** A container of this runtime was given its action. */
  started(runtime: string): void {
    this.#now.set(runtime, (this.#now.get(runtime) ?? 0) + 1);
  }

  wanted(runtime: string, { count, reactive }: StemCell): number {
    if (!reactive) return count;
    return this.#before ? cellsFor(reactive, this.#before.get(runtime) ?? 0) : count;
  }

  tick(now: number): void {
    const minutes = Math.floor((now - this.#since) / MINUTE_MS);
    if (minutes < 1) return;
    this.#before = minutes === 1 ? this.#now : new Map();
    this.#now = new Map();
    this.#since += minutes * MINUTE_MS;
  }
}
