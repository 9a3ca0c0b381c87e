import type { Job, JobAction } from '../model/job.ts';
import type { Manifest, RuntimeSpec } from '../model/manifest.ts';
import { messages } from '../model/messages.ts';
import { developerError, type Outcome, type Response, unserved, whiskError } from '../model/outcome.ts';
import { refuseForNow } from '../model/refusal.ts';
import type { Events, StartKind } from '../observe/events.ts';
import type { PoolView } from '../observe/metrics.ts';
import { type Protocol, RuntimeFault } from '../protocol/protocol.ts';
import { ProvisionError, type Sandbox } from '../sandbox/sandbox.ts';
import { Changes } from './changes.ts';
import { expired, makeRoom, pickStemCell } from './choose.ts';
import { Container, type Unrun } from './container.ts';
import { type EndReason, endReasons } from './states.ts';
import { StemCells } from './stem-cells.ts';
import { Stock } from './stock.ts';
import { Turns } from './turns.ts';

export interface InvokerOptions {
  readonly sandbox: Sandbox;
  readonly protocols: { readonly stdio: Protocol; readonly http: Protocol };
  readonly manifest: Manifest;
  readonly events: Events;
  /** Megabytes for all containers together. */
  readonly poolMemory: number;
  /** Idle containers are closed after this long. */
  readonly keepAliveMs: number;
  /** Idle containers are frozen after this long; undefined never freezes. */
  readonly pauseAfterMs: number | undefined;
  /** How long an action with containers at work lets others keep theirs: those that serve, and those that just did. */
  readonly patienceMs: number;
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
}

/**
 * The warm pool. A job is served, in this order, by
 *
 * 1. a warm container of its action, namespace and revision,
 * 2. a stem cell of its runtime, which becomes that action,
 * 3. a new container, if the memory budget has room or idle containers can be evicted for it,
 * 4. the first of these that comes free: jobs wait in a line per action; the line whose namespace has least at work is
 *    next, and among equals the one whose first job came first.
 *
 * Containers pull: a start is not tied to the job that caused it, so a job takes the warm container that comes free
 * while another one is still starting. Warm containers are never shared between namespaces.
 */
export class Invoker {
  readonly #options: InvokerOptions;
  readonly #stock = new Stock();
  readonly #turns: Turns;
  readonly #stemCells: StemCells;
  readonly #changes = new Changes();
  readonly #starts: Record<StartKind, number> = { cold: 0, prewarmed: 0, warm: 0 };
  readonly #keeper: ReturnType<typeof setInterval>;
  /** Resolved when no job is in hand or waiting, once the node stops. */
  readonly #drained = Promise.withResolvers<void>();
  readonly #ends = Object.fromEntries(endReasons.map((reason) => [reason, 0])) as Record<EndReason, number>;
  /** Jobs that had to wait. */
  #waits = 0;
  #named = 0;
  #refill: ReturnType<typeof setTimeout> | undefined;
  #closing = false;

  constructor(options: InvokerOptions) {
    this.#options = options;
    const { manifest, parallelStarts, patienceMs, poolMemory } = options;
    this.#stemCells = new StemCells({
      ...{ stock: this.#stock, manifest, parallelStarts, poolMemory },
      start: (runtime, memory) => this.#startContainer(runtime, memory, false),
    });
    this.#turns = new Turns({
      ...{ stock: this.#stock, parallelStarts, patienceMs },
      serve: (job, key, runtime) => this.#serve(job, key, runtime),
      claimMemory: (megabytes, idleMs) => this.#claimMemory(megabytes, idleMs),
      start: (runtime, memory) => void this.#startContainer(runtime, memory, true),
    });
    this.#keeper = setInterval(() => this.#tend(), Math.max(50, Math.min(1_000, options.keepAliveMs / 4)));
    this.#keeper.unref();
  }

  /** Fills up with stem cells. Resolves when they are there, or could not be had. */
  async start(): Promise<void> {
    await this.#replenish();
  }

  /** What the pool looks like now, and what it has done. */
  get status(): PoolView {
    const { memoryUsed, active, byKind } = this.#stock;
    const { waiting } = this.#turns.lines;
    return {
      ...{ memoryTotal: this.#options.poolMemory, memoryUsed, active, waiting, waits: this.#waits },
      ...{ starts: { ...this.#starts }, ends: { ...this.#ends }, byKind },
    };
  }

  /** How much there is to do. Megabytes are free when nothing runs in them, and nothing that waits will. */
  get load(): { readonly memoryTotal: number; readonly memoryFree: number; readonly waiting: number } {
    const memoryTotal = this.#options.poolMemory;
    const memoryFree = Math.max(0, memoryTotal - this.#stock.memoryBusy - this.#turns.lines.memory);
    return { memoryTotal, memoryFree, waiting: this.#turns.lines.waiting };
  }

  /** Runs the job if there is room now: a warm container, or a stem cell and the memory for it. Else `undefined`, at once. */
  offer(job: Job): Promise<Outcome> | undefined {
    if (this.#closing) return undefined;
    const key = keyOf(job);
    // Nobody overtakes those who wait for the same action.
    if (this.#turns.lines.get(key)) return undefined;
    return this.#serve(job, key, this.#runtimeOf(job));
  }

  /** Runs the job to its end, waiting for room as long as it takes. Rejects with `Refusal` 503 when the pool closes before it was begun. */
  run(job: Job): Promise<Outcome> {
    const now = this.offer(job);
    if (now !== undefined) return now;
    if (this.#closing) return Promise.reject(refuseForNow(messages.draining));
    const line = this.#turns.lines.open(keyOf(job), this.#runtimeOf(job), job.action);
    const outcome = line.join(job);
    this.#waits++;
    this.#turns.take();
    return outcome;
  }

  /**
   * The action was changed or deleted: what runs may end, nothing of it begins any more. Waiting jobs go over to
   * the new revision, or end when there is none.
   */
  retire(actionId: string, current: JobAction | undefined): void {
    for (const container of this.#stock) {
      if (container.actionId !== actionId || container.rev === current?.rev) continue;
      this.#stock.unlist(container);
      container.isRetired = true;
      if (container.active === 0) void container.close('changed');
      else container.recall();
    }
    this.#changes.note(actionId, current, performance.now());
    const waiters = this.#turns.lines.leaveAll(({ action }) => action.id === actionId && action.rev !== current?.rev);
    for (const { job, resolve, reject } of waiters) this.#runAs(current, job).then(resolve, reject);
  }

  /** Runs the job with what its action is now. */
  async #runAs(current: JobAction | undefined, job: Job): Promise<Outcome> {
    return current ? this.run({ ...job, action: current }) : notServed(job, whiskError(messages.actionRemoved));
  }

  /** Takes nothing new from now on. Resolves when running and waiting work has ended, or after `limitMs`. */
  async drain(limitMs: number): Promise<void> {
    this.#closing = true;
    if (this.#isIdle) return;
    const limit = setTimeout(this.#drained.resolve, limitMs);
    await this.#drained.promise;
    clearTimeout(limit);
  }

  /** Ends every container, whatever it does. What waits was not begun, and is refused. */
  async close(): Promise<void> {
    this.#closing = true;
    clearInterval(this.#keeper);
    clearTimeout(this.#refill);
    for (const { reject } of this.#turns.lines.leaveAll(() => true)) reject(refuseForNow(messages.draining));
    await Promise.all([...this.#stock].map((container) => container.close('stopping')));
  }

  get #isIdle(): boolean {
    return this.#turns.lines.isEmpty && this.#stock.active === 0;
  }

  #mayBeDrained(): void {
    if (this.#closing && this.#isIdle) this.#drained.resolve();
  }

  // --- serving -------------------------------------------------------------------------------------------------

  #serve(job: Job, key: string, runtime: RuntimeSpec): Promise<Outcome> | undefined {
    return this.#serveWarm(job, key) ?? this.#serveStemCell(job, key, runtime);
  }

  #serveWarm(job: Job, key: string): Promise<Outcome> | undefined {
    const container = this.#warm(key);
    if (!container) return undefined;
    const isPaused = container.state === 'paused';
    const outcome = isPaused ? container.wake(job) : container.serve(job);
    if (isPaused || !container.hasRoom) this.#stock.unlist(container);
    return this.#settle(container, job, 'warm', outcome);
  }

  #warm(key: string): Container | undefined {
    for (let container = this.#stock.warm(key); container; container = this.#stock.warm(key)) {
      if (container.state === 'paused') return container;
      if (this.#mayTake(container, key)) return container;
      if (container.hasRoom) return undefined;
      // Its runs have become longer since it was listed.
      this.#stock.unlist(container);
    }
    return undefined;
  }

  /** Nothing is sent ahead while others wait: a container that is never at rest is never given up for them. */
  #mayTake(container: Container, key: string): boolean {
    return container.hasRoom && !(container.isFull && this.#turns.lines.hasOtherThan(key));
  }

  #serveStemCell(job: Job, key: string, runtime: RuntimeSpec): Promise<Outcome> | undefined {
    const { memory } = job.action.limits;
    const cell = pickStemCell(this.#stock.stemCells(runtime), memory);
    if (!cell || !this.#claimMemory(memory - cell.memory, 0, cell)) return undefined;
    this.#stock.unlist(cell);
    this.#stemCells.started(cell.runtime);
    const outcome = this.#settle(cell, job, cell.wasWanted ? 'cold' : 'prewarmed', cell.become(job, key));
    this.#refill ??= setTimeout(() => this.#refillNow(), this.#options.refillAfterMs);
    return outcome;
  }

  async #settle(container: Container, job: Job, start: StartKind, running: Promise<Outcome | Unrun>): Promise<Outcome> {
    let outcome: Outcome | Unrun;
    try {
      outcome = await running;
    } catch (fault) {
      // It is ours, and nobody knows what the container does now.
      void container.close('unusable', String(fault));
      throw fault;
    }
    if (outcome === 'taken back') {
      this.#freed(container);
      return this.#again(job, container.isRetired ? 'action gone' : outcome);
    }
    if (typeof outcome === 'string') return this.#again(job, outcome);
    this.#starts[start]++;
    this.#freed(container);
    this.#mayBeDrained();
    this.#options.events.activationEnded.publish({
      activationId: job.activationId,
      namespace: job.namespace,
      action: job.action.id,
      kind: job.action.exec.kind,
      memory: job.action.limits.memory,
      status: outcome.response.status,
      start,
      waitMs: outcome.waitMs,
      initMs: outcome.initMs,
      durationMs: outcome.end - outcome.start,
      resultBytes: outcome.response.size ?? 0,
      steps: job.steps,
    });
    return outcome;
  }

  /** Nothing was run: another container does it, with what its action is now; or it is to be tried again. @throws Refusal 503 */
  async #again(job: Job, why: Unrun): Promise<Outcome> {
    this.#mayBeDrained();
    if (why === 'code away') throw refuseForNow(messages.storeUnreachable);
    return why === 'action gone' ? this.#runAs(await this.#changes.successorOf(job.action), job) : this.run(job);
  }

  /** A container has room: for the next of its line, or for somebody who waited longer for its memory, or it rests. */
  #freed(container: Container): void {
    if (container.state !== 'busy') return;
    if (container.isRetired) {
      if (container.active === 0) void container.close('changed');
      return;
    }
    const line = this.#turns.lines.get(container.key as string);
    if (line) {
      if (container.active === 0 && this.#turns.isGivenUp(line)) {
        void container.close('evicted', 'it was the turn of another action');
        return;
      }
      while (line.length > 0 && this.#mayTake(container, line.key)) {
        const { job, resolve, reject } = this.#turns.lines.leave(line);
        this.#settle(container, job, 'warm', container.serve(job)).then(resolve, reject);
      }
    }
    if (!container.hasRoom) return;
    if (container.active === 0) container.enter('ready', 'has no job');
    this.#stock.list(container);
    if (!this.#turns.lines.isEmpty) this.#turns.take();
  }

  // --- containers ------------------------------------------------------------------------------------------------

  async #startContainer(runtime: RuntimeSpec, memory: number, wasWanted: boolean): Promise<void> {
    const { sandbox, protocols, events, env, readyMs, resultBytes } = this.#options;
    const container = new Container(`${runtime.kind.replace(':', '')}-${++this.#named}`, {
      ...{ sandbox, events, runtime, memory, wasWanted, env, readyMs, resultBytes },
      protocol: protocols[runtime.protocol],
      onPrewarmed: (prewarmed) => this.#prewarmed(prewarmed),
      onInitialized: (initialized) => this.#initialized(initialized),
      onClosing: (closing, reason) => this.#lost(closing, reason),
      onGone: (gone) => this.#gone(gone),
    });
    this.#stock.add(container);
    try {
      await container.start();
    } catch (error) {
      const { message } = error as Error;
      // One that we ended ourselves, because the node stops, has nothing wrong with it.
      if (container.state === 'starting') {
        events.warn('invoker', `container ${container.id} (${runtime.kind}) did not start: ${message}`);
      }
      void container.close('unusable', message);
      // Who has waited longest for it hears why there is none.
      const waiter = this.#turns.leaveLongest(runtime);
      if (!waiter) return;
      waiter.resolve(notServed(waiter.job, whyUnserved(error)));
      this.#turns.take();
    }
  }

  #prewarmed(container: Container): void {
    this.#stock.addStemCell(container);
    this.#turns.take();
  }

  /** It may have room for more; if not, those who counted on it may need another: its first call may be a long one. */
  #initialized(container: Container): void {
    if (container.hasRoom) this.#freed(container);
    else if (!this.#turns.lines.isEmpty) this.#turns.take();
  }

  /** It takes no more jobs. */
  #lost(container: Container, reason: EndReason): void {
    this.#ends[reason]++;
    const wasStemCell = container.key === undefined;
    if (wasStemCell && (reason === 'unusable' || reason === 'died')) this.#stemCells.failed(container.runtime);
    this.#stock.unlist(container);
  }

  /** Nothing of it is left: its memory is free. */
  #gone(container: Container): void {
    this.#stock.remove(container);
    this.#turns.take();
    void this.#replenish();
  }

  /**
   * True when so many megabytes are free. If not, it evicts those idle for so long, but not `keep`: their memory is free when they are
   * gone, not when they are told to go, and then the lines are looked at again.
   */
  #claimMemory(need: number, idleMs: number, keep?: Container): boolean {
    const free = this.#options.poolMemory - this.#stock.memoryUsed;
    if (need <= free) return true;
    const evictable = this.#stock.evictable(keep, performance.now() - idleMs, (runtime) =>
      this.#stemCellsWanted(runtime),
    );
    for (const victim of makeRoom(need, free + this.#stock.memoryComingFree, evictable) ?? []) {
      void victim.close('evicted', 'another action needs its memory');
    }
    return false;
  }

  #refillNow(): void {
    this.#refill = undefined;
    void this.#replenish();
  }

  async #replenish(): Promise<void> {
    if (!this.#closing && this.#options.stemCells) await this.#stemCells.replenish();
  }

  /** Those beyond it are the first to be evicted. */
  #stemCellsWanted(runtime: RuntimeSpec): number {
    return this.#options.stemCells ? this.#stemCells.wanted(runtime) : 0;
  }

  /** Once in a while: closes what was idle too long, freezes what is idle, fills up stem cells. */
  #tend(): void {
    const now = performance.now();
    this.#changes.forget(now);
    const { keepAliveMs, pauseAfterMs } = this.#options;
    for (const container of [...expired(this.#stock.idle, now, keepAliveMs), ...this.#stemCells.expired(now)]) {
      void container.close('idle');
    }
    if (pauseAfterMs !== undefined) {
      const ready = this.#stock.idle.filter(({ state }) => state === 'ready');
      for (const container of expired(ready, now, pauseAfterMs)) void this.#pause(container);
    }
    void this.#replenish();
  }

  async #pause(container: Container): Promise<void> {
    this.#stock.unlist(container);
    await container.pause();
    if (container.state !== 'paused') return;
    this.#stock.list(container);
    // Who came while it could not be had may be waiting for it.
    if (!this.#turns.lines.isEmpty) this.#turns.take();
  }

  #runtimeOf(job: Job): RuntimeSpec {
    const { exec } = job.action;
    if ('image' in exec) return { kind: 'blackbox', protocol: 'http', image: exec.image };
    return this.#options.manifest.resolve(exec.kind) ?? { kind: exec.kind, protocol: 'stdio' };
  }
}

/** Whose container it is: containers are shared by nobody else. */
function keyOf({ namespace, action }: Job): string {
  return `${namespace} ${action.id} ${action.rev}`;
}

/** Why there is no container, in words that the user may read. */
function whyUnserved(error: unknown): Response {
  if (error instanceof ProvisionError)
    return error.isDevelopers ? developerError(error.message) : whiskError(error.message);
  return whiskError(error instanceof RuntimeFault ? messages.brokenRuntime(error.message) : messages.provisionFailed);
}

function notServed({ acceptedAt }: Job, response: Response): Outcome {
  const now = Date.now();
  return unserved(response, now, now - acceptedAt);
}
