import type { Manifest, RuntimeSpec } from '../model/manifest.ts';
import type { StemCell } from '../model/stem-cells.ts';
import { stemCellsToStart } from './choose.ts';
import type { Container } from './container.ts';
import { Demand } from './demand.ts';
import { Pauses } from './pauses.ts';
import { runtimeKey, type Stock } from './stock.ts';

export interface StemCellsOptions {
  readonly stock: Stock;
  readonly manifest: Manifest;
  /** Megabytes that nobody has or waits for; less than none where more are waited for than there are. */
  readonly memoryFree: () => number;
  /** Containers that may be starting at once. */
  readonly parallelStarts: number;
  /** Resolves when it is there, or could not be had. */
  readonly start: (runtime: RuntimeSpec, memory: number) => Promise<void>;
}

/** Keeps as many stem cells of each runtime as the manifest wants, for what was asked for lately. */
export class StemCells {
  readonly #options: StemCellsOptions;
  readonly #pauses = new Pauses();
  readonly #demand = new Demand(performance.now());

  constructor(options: StemCellsOptions) {
    this.#options = options;
  }

  /** How many are wanted of this runtime. */
  wanted(runtime: RuntimeSpec): number {
    const key = runtimeKey(runtime);
    return this.#cellsOf(key).reduce((sum, cell) => sum + this.#demand.wanted(key, cell), 0);
  }

  #cellsOf(key: string): StemCell[] {
    return this.#options.manifest.kinds.filter((kind) => runtimeKey(kind) === key).flatMap((kind) => kind.stemCells);
  }

  /** A container of this runtime was given its action. */
  started(runtime: RuntimeSpec): void {
    this.#demand.started(runtimeKey(runtime));
  }

  /** Those that are more than are wanted, and were not for as long as they may be kept then. @param now milliseconds of `performance.now()` */
  expired(now: number): Container[] {
    this.#demand.tick(now);
    const gone: Container[] = [];
    for (const cells of this.#options.stock.stemCellsByRuntime()) {
      const { runtime } = cells[0] as Container;
      const ttlMs = Math.max(
        ...this.#cellsOf(runtimeKey(runtime)).map(({ reactive }) => reactive?.ttlMs ?? Number.POSITIVE_INFINITY),
      );
      const surplus = Math.max(0, cells.length - this.wanted(runtime));
      gone.push(...cells.slice(0, surplus).filter(({ lastUsed }) => now - lastUsed >= ttlMs));
    }
    return gone;
  }

  /** Starts missing ones where memory is free; never at the cost of anybody who has it or waits for it, nor over and over what does not start. */
  async replenish(): Promise<void> {
    const { manifest, stock, memoryFree, parallelStarts, start } = this.#options;
    const started: Promise<void>[] = [];
    const now = performance.now();
    for (const kind of manifest.kinds) {
      if (!this.#pauses.isOver(runtimeKey(kind), now)) continue;
      for (const cell of kind.stemCells) {
        const { memory } = cell;
        const count = this.#demand.wanted(runtimeKey(kind), cell);
        const have = stock.stemCells(kind).length + stock.starting(kind);
        const mayStart = parallelStarts - stock.startingAtAll;
        const missing = Math.min(mayStart, stemCellsToStart(count, have, memory, memoryFree()));
        for (let n = 0; n < missing; n++) started.push(start(kind, memory));
      }
    }
    await Promise.all(started);
  }

  /** One of this runtime did not start, or ended by itself. */
  failed(runtime: RuntimeSpec): void {
    this.#pauses.failed(runtimeKey(runtime), performance.now());
  }
}
