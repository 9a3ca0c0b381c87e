import type { Manifest, RuntimeSpec } from '../model/manifest.ts';
import { stemCellsToStart } from './choose.ts';
import { Pauses } from './pauses.ts';
import { runtimeKey, type Stock } from './stock.ts';

export interface StemCellsOptions {
  readonly stock: Stock;
  readonly manifest: Manifest;
  /** Megabytes for all containers together. */
  readonly poolMemory: number;
  /** Containers that may be starting at once. */
  readonly parallelStarts: number;
  /** Resolves when it is there, or could not be had. */
  readonly start: (runtime: RuntimeSpec, memory: number) => Promise<void>;
}

/** Keeps as many stem cells of each runtime as the manifest wants. */
export class StemCells {
  readonly #options: StemCellsOptions;
  readonly #pauses = new Pauses();

  constructor(options: StemCellsOptions) {
    this.#options = options;
  }

  /** How many the manifest wants of this runtime. */
  wanted(runtime: RuntimeSpec): number {
    const key = runtimeKey(runtime);
    const kinds = this.#options.manifest.kinds.filter((kind) => runtimeKey(kind) === key);
    return kinds.flatMap((kind) => kind.stemCells).reduce((sum, { count }) => sum + count, 0);
  }

  /** Starts missing ones where memory is free; never at the cost of anybody, nor over and over what does not start. */
  async replenish(): Promise<void> {
    const { manifest, stock, poolMemory, parallelStarts, start } = this.#options;
    const started: Promise<void>[] = [];
    const now = performance.now();
    for (const kind of manifest.kinds) {
      if (!this.#pauses.isOver(runtimeKey(kind), now)) continue;
      for (const { count, memory } of kind.stemCells) {
        const have = stock.stemCells(kind).length + stock.starting(kind);
        const free = poolMemory - stock.memoryUsed;
        const mayStart = parallelStarts - stock.startingAtAll;
        const missing = Math.min(mayStart, stemCellsToStart(count, have, memory, free));
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
