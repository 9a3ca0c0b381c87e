import type { Manifest, RuntimeSpec } from '../model/manifest.ts';
import type { Events } from '../observe/events.ts';
import type { Protocol } from '../protocol/protocol.ts';
import type { Sandbox } from '../sandbox/sandbox.ts';
import { expired, makeRoom } from './choose.ts';
import { Container } from './container.ts';
import { type EndReason, endReasons } from './states.ts';
import { StemCells } from './stem-cells.ts';
import type { Stock } from './stock.ts';

export interface ContainersOptions {
  readonly sandbox: Sandbox;
  readonly protocols: { readonly stdio: Protocol; readonly http: Protocol };
  readonly manifest: Manifest;
  readonly events: Events;
  /** Where they are listed. */
  readonly stock: Stock;
  /** Megabytes for all containers together. */
  readonly poolMemory: number;
  /** Megabytes that those who wait for containers need. */
  readonly memoryWanted: () => number;
  /** Idle containers are closed after this long. */
  readonly keepAliveMs: number;
  /** Idle containers are frozen after this long; undefined never freezes. */
  readonly pauseAfterMs: number | undefined;
  readonly readyMs: number;
  /** Containers that may be starting at once. */
  readonly parallelStarts: number;
  /** A stem cell that was taken is replaced so much later: a start takes the processor from the first call beside it. */
  readonly refillAfterMs: number;
  /** Whether stem cells are kept. */
  readonly stemCells: boolean;
  readonly resultBytes: number;
  /** Environment of every container. */
  readonly env: Readonly<Record<string, string>>;
  /** It has its action, and room for more. */
  readonly onRoom: (container: Container) => void;
  /** There is a stem cell or memory that was not there before, or a container will not have the room that was counted on. */
  readonly onChange: () => void;
  /** One could not be had: who waits for it is to hear why. */
  readonly onFailed: (runtime: RuntimeSpec, error: unknown) => void;
}

/** The pool's containers come and go: started within the memory budget, in advance or for who waits; frozen, closed and evicted when idle. */
export class Containers {
  readonly ends = Object.fromEntries(endReasons.map((reason) => [reason, 0])) as Record<EndReason, number>;
  readonly #options: ContainersOptions;
  readonly #stemCells: StemCells;
  #named = 0;
  #refill: ReturnType<typeof setTimeout> | undefined;
  #isStopping = false;

  constructor(options: ContainersOptions) {
    this.#options = options;
    const { stock, manifest, parallelStarts, poolMemory, memoryWanted } = options;
    this.#stemCells = new StemCells({
      ...{ stock, manifest, parallelStarts },
      memoryFree: () => poolMemory - stock.memoryUsed - memoryWanted(),
      start: (runtime, memory) => this.start(runtime, memory, false),
    });
  }

  /** Resolves when it is a stem cell, or could not be had. @param wasWanted a job waits for it */
  async start(runtime: RuntimeSpec, memory: number, wasWanted: boolean): Promise<void> {
    const { sandbox, protocols, stock, events, env, readyMs, resultBytes, onFailed } = this.#options;
    const container = new Container(`${runtime.kind.replace(':', '')}-${++this.#named}`, {
      ...{ sandbox, events, runtime, memory, wasWanted, env, readyMs, resultBytes },
      protocol: protocols[runtime.protocol],
      onPrewarmed: (prewarmed) => this.#prewarmed(prewarmed),
      onInitialized: (initialized) => this.#initialized(initialized),
      onClosing: (closing, reason) => this.#lost(closing, reason),
      onGone: (gone) => this.#gone(gone),
    });
    stock.add(container);
    try {
      await container.start();
    } catch (error) {
      const { message } = error as Error;
      // One that we ended ourselves, because the node stops, has nothing wrong with it.
      if (container.state === 'starting') {
        events.warn('invoker', `container ${container.id} (${runtime.kind}) did not start: ${message}`);
      }
      void container.close('unusable', message);
      onFailed(runtime, error);
    }
  }

  /** A stem cell becomes an action: it is replaced in a moment. */
  taken(cell: Container): void {
    const { stock, refillAfterMs } = this.#options;
    stock.unlist(cell);
    this.#stemCells.started(cell.runtime);
    this.#refill ??= setTimeout(() => {
      this.#refill = undefined;
      void this.replenish();
    }, refillAfterMs);
  }

  /**
   * True when so many megabytes are free. If not, it evicts those idle for so long, but not `keep`: their memory is free when they are
   * gone, not when they are told to go, and then the lines are looked at again.
   */
  claimMemory(need: number, idleMs: number, keep?: Container): boolean {
    const { stock, poolMemory } = this.#options;
    const free = poolMemory - stock.memoryUsed;
    if (need <= free) return true;
    const evictable = stock.evictable(keep, performance.now() - idleMs, (runtime) => this.#stemCellsWanted(runtime));
    for (const victim of makeRoom(need, free + stock.memoryComingFree, evictable) ?? []) {
      void victim.close('evicted', 'another action needs its memory');
    }
    return false;
  }

  /** Fills up with stem cells. Resolves when they are there, or could not be had. */
  async replenish(): Promise<void> {
    if (!this.#isStopping && this.#options.stemCells) await this.#stemCells.replenish();
  }

  /** Called once in a while: closes what was idle too long, freezes what is idle, fills up stem cells. @param now of `performance.now()` */
  tend(now: number): void {
    const { stock, keepAliveMs, pauseAfterMs } = this.#options;
    for (const container of [...expired(stock.idle, now, keepAliveMs), ...this.#stemCells.expired(now)]) {
      void container.close('idle');
    }
    if (pauseAfterMs !== undefined) {
      const ready = stock.idle.filter(({ state }) => state === 'ready');
      for (const container of expired(ready, now, pauseAfterMs)) void this.#pause(container);
    }
    void this.replenish();
  }

  /** Starts nothing in advance from now on. */
  stop(): void {
    this.#isStopping = true;
    clearTimeout(this.#refill);
  }

  /** Ends every container, whatever it does. */
  async close(): Promise<void> {
    this.stop();
    await Promise.all([...this.#options.stock].map((container) => container.close('stopping')));
  }

  #prewarmed(container: Container): void {
    const { stock, onChange } = this.#options;
    stock.addStemCell(container);
    onChange();
  }

  /** Those who counted on its room may need another: its first call may be a long one. */
  #initialized(container: Container): void {
    const { onRoom, onChange } = this.#options;
    if (container.hasRoom) onRoom(container);
    else onChange();
  }

  /** It takes no more jobs. */
  #lost(container: Container, reason: EndReason): void {
    this.ends[reason]++;
    const wasStemCell = container.key === undefined;
    if (wasStemCell && (reason === 'unusable' || reason === 'died')) this.#stemCells.failed(container.runtime);
    this.#options.stock.unlist(container);
  }

  /** Nothing of it is left: its memory is free. */
  #gone(container: Container): void {
    const { stock, onChange } = this.#options;
    stock.remove(container);
    onChange();
    void this.replenish();
  }

  async #pause(container: Container): Promise<void> {
    const { stock, onChange } = this.#options;
    stock.unlist(container);
    await container.pause();
    if (container.state !== 'paused') return;
    stock.list(container);
    // Who came while it could not be had may be waiting for it.
    onChange();
  }

  /** Those beyond it are the first to be evicted. */
  #stemCellsWanted(runtime: RuntimeSpec): number {
    return this.#options.stemCells ? this.#stemCells.wanted(runtime) : 0;
  }
}
