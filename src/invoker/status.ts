import type { StartKind } from '../observe/events.ts';
import type { Container } from './container.ts';
import type { State } from './states.ts';

/** What the pool looks like now, and what it has done. Counted from the containers themselves: nobody keeps a second book. */
export class PoolStatus {
  /** Megabytes. */
  readonly memoryTotal: number;
  readonly starts: Record<StartKind, number> = { cold: 0, prewarmed: 0, warm: 0 };
  evictions = 0;
  readonly #containers: ReadonlySet<Container>;

  constructor(memoryTotal: number, containers: ReadonlySet<Container>) {
    this.memoryTotal = memoryTotal;
    this.#containers = containers;
  }

  count(start: StartKind): void {
    this.starts[start]++;
  }

  /** Megabytes held by containers, those that are being ended too. */
  get memoryUsed(): number {
    let sum = 0;
    for (const { memory } of this.#containers) sum += memory;
    return sum;
  }

  /** Jobs in hand. */
  get active(): number {
    let sum = 0;
    for (const { active } of this.#containers) sum += active;
    return sum;
  }

  /** How many containers of each kind are in each state. */
  get byKind(): Record<string, Partial<Record<State, number>>> {
    const kinds: Record<string, Partial<Record<State, number>>> = {};
    for (const { runtime, state } of this.#containers) {
      kinds[runtime.kind] ??= {};
      const counts = kinds[runtime.kind] as Partial<Record<State, number>>;
      counts[state] = (counts[state] ?? 0) + 1;
    }
    return kinds;
  }
}
