import type { Job, JobAction } from '../model/job.ts';
import type { Kind, Manifest, RuntimeSpec } from '../model/manifest.ts';
import { messages } from '../model/messages.ts';
import { developerError, type Outcome, type Response, whiskError } from '../model/outcome.ts';
import type { Events, StartKind } from '../observe/events.ts';
import type { Protocol } from '../protocol/protocol.ts';
import type { Sandbox } from '../sandbox/sandbox.ts';
import { expired, isGivenUp, makeRoom, pickStemCell, startsNeeded, stemCellsToStart } from './choose.ts';
import { Container } from './container.ts';
import { Line } from './line.ts';
import { PoolStatus } from './status.ts';

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
  /** How long a free container serves its own action while another, older, waits for memory. */
  readonly patienceMs: number;
  readonly readyMs: number;
  /** Containers that may be starting at once. */
  readonly parallelStarts: number;
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
 * 4. the first of these that comes free: jobs wait in a line per action, lines in the order of their oldest job.
 *
 * Containers pull: a start is not tied to the job that caused it, so a job takes the warm container that comes free
 * while another one is still starting. Warm containers are never shared between namespaces.
 */
export class Invoker {
  readonly status: PoolStatus;
  readonly #options: InvokerOptions;
  readonly #containers = new Set<Container>();
  /** Containers with room for one more job, by their key; the last one was used last. */
  readonly #warm = new Map<string, Container[]>();
  readonly #stemCells = new Map<string, Container[]>();
  readonly #starting = new Map<string, number>();
  readonly #lines = new Map<string, Line>();
  readonly #keeper: ReturnType<typeof setInterval>;
  #named = 0;
  #closing = false;
  /** Resolved when no job is in hand or waiting, once the node stops. */
  readonly #drained = Promise.withResolvers<void>();

  constructor(options: InvokerOptions) {
    this.#options = options;
    this.status = new PoolStatus(options.poolMemory, this.#containers);
    this.#keeper = setInterval(() => this.#tend(), Math.max(50, Math.min(1_000, options.keepAliveMs / 4)));
    this.#keeper.unref();
  }

  /** Fills up with stem cells. Resolves when they are there, or could not be had. */
  async start(): Promise<void> {
    await this.#replenish();
  }

  /** Runs the job if there is room now: a warm container, or a stem cell and the memory for it. Else `undefined`, at once. */
  offer(job: Job): Promise<Outcome> | undefined {
    if (this.#closing) return undefined;
    const key = keyOf(job);
    const line = this.#lines.get(key);
    if (line !== undefined && line.length > 0) return undefined;
    return this.#serveWarm(job, key) ?? this.#serveStemCell(job, key, this.#runtimeOf(job));
  }

  /** Runs the job to its end, waiting for room as long as it takes. */
  run(job: Job): Promise<Outcome> {
    const now = this.offer(job);
    if (now !== undefined) return now;
    if (this.#closing) return Promise.resolve(unserved(job, whiskError(messages.draining)));
    const key = keyOf(job);
    let line = this.#lines.get(key);
    if (!line) {
      line = new Line(key, this.#runtimeOf(job), job.action);
      this.#lines.set(key, line);
    }
    const outcome = line.join(job);
    this.#options.events.waiting.publish({ action: job.action.id, waiters: line.length });
    this.#schedule();
    return outcome;
  }

  /**
   * The action was changed or deleted: what runs may end, nothing of it begins any more. Waiting jobs go over to
   * the new revision, or end when there is none.
   */
  retire(actionId: string, current: JobAction | undefined): void {
    for (const container of this.#containers) {
      if (container.actionId !== actionId || container.rev === current?.rev) continue;
      this.#unlist(container);
      container.isRetired = true;
      if (container.active === 0) void container.close('its action was changed');
    }
    for (const line of [...this.#lines.values()]) {
      if (line.action.id !== actionId || line.action.rev === current?.rev) continue;
      this.#lines.delete(line.key);
      for (const { job, resolve } of line.leaveAll()) {
        if (current) this.run({ ...job, action: current }).then(resolve, () => undefined);
        else resolve(unserved(job, whiskError(messages.actionRemoved)));
      }
    }
  }

  /** Takes nothing new, lets running work finish for up to `limitMs`, then ends every container. */
  async close(limitMs: number): Promise<void> {
    this.#closing = true;
    clearInterval(this.#keeper);
    if (!this.#isIdle()) {
      const limit = setTimeout(this.#drained.resolve, limitMs);
      await this.#drained.promise;
      clearTimeout(limit);
    }
    for (const line of this.#lines.values()) {
      for (const { job, resolve } of line.leaveAll()) resolve(unserved(job, whiskError(messages.draining)));
    }
    await Promise.all([...this.#containers].map((container) => container.close('the node stops')));
  }

  // --- serving -------------------------------------------------------------------------------------------------

  #serveWarm(job: Job, key: string): Promise<Outcome> | undefined {
    const containers = this.#warm.get(key);
    const container = containers?.at(-1);
    if (!container) return undefined;
    const isPaused = container.state === 'paused';
    const outcome = isPaused ? container.wake(job) : container.serve(job);
    if (isPaused || !container.hasRoom) this.#unlist(container);
    return this.#settle(container, job, 'warm', outcome);
  }

  #serveStemCell(job: Job, key: string, runtime: RuntimeSpec): Promise<Outcome> | undefined {
    const cells = this.#stemCells.get(runtimeKey(runtime));
    const cell = cells && pickStemCell(cells, job.action.limits.memory);
    if (!cells || !cell) return undefined;
    if (!this.#claimMemory(job.action.limits.memory - cell.memory, cell)) return undefined;
    cells.splice(cells.indexOf(cell), 1);
    cell.actionId = job.action.id;
    cell.rev = job.action.rev;
    const start: StartKind = cell.wasWanted ? 'cold' : 'prewarmed';
    const outcome = this.#settle(cell, job, start, cell.become(job, key));
    queueMicrotask(() => void this.#replenish());
    return outcome;
  }

  async #settle(container: Container, job: Job, start: StartKind, running: Promise<Outcome>): Promise<Outcome> {
    const outcome = await running;
    this.status.count(start);
    this.#freed(container);
    if (this.#closing && this.#isIdle()) this.#drained.resolve();
    const { events } = this.#options;
    events.activationEnded.publish({
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
    });
    return outcome;
  }

  /** A container has room again: the next of its line, or somebody who waited longer for its memory, or rest. */
  #freed(container: Container): void {
    const { state } = container;
    if (state !== 'busy') return;
    if (container.isRetired) {
      if (container.active === 0) void container.close('its action was changed');
      return;
    }
    const key = container.key as string;
    const line = this.#lines.get(key);
    const own = line?.first;
    if (own && line) {
      const other = this.#oldestBlocked(key);
      if (isGivenUp({ since: own.since }, other, Date.now(), this.#options.patienceMs) && container.active === 0) {
        void container.close('another action waited longer for its memory');
        return;
      }
      while (line.length > 0 && container.hasRoom) {
        const { job, resolve } = line.leave();
        this.#settle(container, job, 'warm', container.serve(job)).then(resolve, () => undefined);
      }
      if (line.length === 0) this.#lines.delete(key);
      if (!container.hasRoom) return;
    }
    if (container.active === 0) container.enter('ready', 'has no job');
    this.#list(container);
    if (this.#lines.size > 0) this.#schedule();
  }

  // --- waiting -------------------------------------------------------------------------------------------------

  /** Gives every line what it needs, oldest first; nobody overtakes one for whom there is no memory. */
  #schedule(): void {
    const lines = [...this.#lines.values()].sort((a, b) => a.since - b.since);
    /** Starting containers, by runtime, that no older line counts on. */
    const starting = new Map(this.#starting);
    for (const line of lines) {
      while (line.length > 0) {
        const { job } = line.first as { job: Job };
        const outcome = this.#serveWarm(job, line.key) ?? this.#serveStemCell(job, line.key, line.runtime);
        if (outcome === undefined) break;
        const { resolve } = line.leave();
        outcome.then(resolve, () => undefined);
      }
      if (line.length === 0) {
        this.#lines.delete(line.key);
        continue;
      }
      if (!this.#startFor(line, starting)) return;
    }
  }

  /** Starts what the line needs beyond what is on its way to it. False when there is no memory for it. */
  #startFor(line: Line, starting: Map<string, number>): boolean {
    const { memory, concurrency } = line.action.limits;
    const key = runtimeKey(line.runtime);
    let initializing = 0;
    for (const each of this.#containers) if (each.key === line.key && each.state === 'initializing') initializing++;
    const needed = startsNeeded(line.length, initializing, concurrency);
    const expected = Math.min(needed, starting.get(key) ?? 0);
    starting.set(key, (starting.get(key) ?? 0) - expected);
    for (let n = expected; n < needed; n++) {
      if (this.#startingCount() >= this.#options.parallelStarts) return true;
      if (!this.#claimMemory(memory)) return false;
      void this.#startContainer(line.runtime, memory, true);
    }
    return true;
  }

  async #startContainer(runtime: RuntimeSpec, memory: number, wasWanted: boolean): Promise<void> {
    const key = runtimeKey(runtime);
    const { sandbox, protocols, events, env, readyMs, resultBytes } = this.#options;
    const container = new Container(`${runtime.kind.replace(':', '')}-${++this.#named}`, {
      ...{ sandbox, events, runtime, memory, env, readyMs, resultBytes },
      protocol: protocols[runtime.protocol],
      onInitialized: (initialized) => this.#freed(initialized),
      onClosing: (closing) => this.#lost(closing),
      onGone: (gone) => this.#gone(gone),
    });
    container.wasWanted = wasWanted;
    this.#containers.add(container);
    this.#starting.set(key, (this.#starting.get(key) ?? 0) + 1);
    try {
      await container.start();
    } catch (error) {
      events.warn('invoker', `container ${container.id} (${runtime.kind}) did not start: ${(error as Error).message}`);
      this.#failOne(key, (error as Error).message);
      return;
    } finally {
      this.#starting.set(key, (this.#starting.get(key) ?? 1) - 1);
    }
    this.#stemCellsOf(key).push(container);
    this.#schedule();
  }

  /** No container of this runtime could be had: the job that has waited longest for one hears why. */
  #failOne(key: string, why: string): void {
    const line = [...this.#lines.values()]
      .filter((each) => runtimeKey(each.runtime) === key)
      .sort((a, b) => a.since - b.since)[0];
    if (!line) return;
    const { job, resolve } = line.leave();
    if (line.length === 0) this.#lines.delete(line.key);
    resolve(unserved(job, line.runtime.kind === 'blackbox' ? developerError(why) : whiskError(why)));
    this.#schedule();
  }

  /** The oldest of other lines that waits for memory that a container of `key` holds. */
  #oldestBlocked(key: string): Line | undefined {
    let oldest: Line | undefined;
    for (const line of this.#lines.values()) {
      if (line.key === key || line.length === 0) continue;
      if (!oldest || line.since < oldest.since) oldest = line;
    }
    return oldest && this.#starting.get(runtimeKey(oldest.runtime)) ? undefined : oldest;
  }

  // --- memory and containers -------------------------------------------------------------------------------------

  /** Makes room for so many megabytes by evicting idle ones, but not `keep`. False when it cannot. */
  #claimMemory(need: number, keep?: Container): boolean {
    const free = this.#options.poolMemory - this.status.memoryUsed;
    if (need <= free) return true;
    const idle: Container[] = [];
    const surplus: Container[] = [];
    const wanted: Container[] = [];
    let comingFree = 0;
    for (const container of this.#containers) {
      if (container === keep) continue;
      if (container.state === 'ready' || container.state === 'paused') idle.push(container);
      if (container.state === 'closing') comingFree += container.memory;
    }
    for (const [key, cells] of this.#stemCells) {
      const kept = this.#wantedStemCells(key);
      cells.forEach((cell, index) => {
        if (cell !== keep) (index < kept ? wanted : surplus).push(cell);
      });
    }
    const victims = makeRoom(need, free + comingFree, { idle, surplus, stemCells: wanted });
    if (!victims) return false;
    for (const victim of victims) {
      const why = 'evicted: another action needs its memory';
      this.#options.events.evicted.publish({ id: victim.id, why });
      this.status.evictions++;
      void victim.close(why);
    }
    // Memory is free when a place is gone, not when it was told to go: the lines are scheduled again then.
    return false;
  }

  #list(container: Container): void {
    const key = container.key as string;
    const containers = this.#warm.get(key);
    if (!containers) this.#warm.set(key, [container]);
    else if (!containers.includes(container)) containers.push(container);
  }

  #unlist(container: Container): void {
    if (container.key === undefined) return;
    const containers = this.#warm.get(container.key);
    const at = containers?.indexOf(container) ?? -1;
    if (!containers || at < 0) return;
    containers.splice(at, 1);
    if (containers.length === 0) this.#warm.delete(container.key);
  }

  /** It takes no more jobs. */
  #lost(container: Container): void {
    this.#unlist(container);
    const cells = this.#stemCells.get(runtimeKey(container.runtime));
    const at = cells?.indexOf(container) ?? -1;
    if (cells && at >= 0) cells.splice(at, 1);
  }

  /** Nothing of it is left: its memory is free. */
  #gone(container: Container): void {
    this.#containers.delete(container);
    this.#schedule();
    void this.#replenish();
  }

  /** Starts missing stem cells where memory is free; never at the cost of anybody. */
  async #replenish(): Promise<void> {
    if (this.#closing || !this.#options.stemCells) return;
    const started: Promise<void>[] = [];
    for (const kind of this.#options.manifest.kinds) {
      for (const { count, memory } of kind.stemCells) {
        const key = runtimeKey(kind);
        const have = this.#stemCellsOf(key).length + (this.#starting.get(key) ?? 0);
        const free = this.#options.poolMemory - this.status.memoryUsed;
        const room = this.#options.parallelStarts - this.#startingCount();
        const missing = Math.min(room, stemCellsToStart(count, have, memory, free));
        for (let n = 0; n < missing; n++) started.push(this.#startContainer(kind, memory, false));
      }
    }
    await Promise.all(started);
  }

  /** Once in a while: closes what was idle too long, freezes what is idle, fills up stem cells. */
  #tend(): void {
    const now = Date.now();
    const { keepAliveMs, pauseAfterMs } = this.#options;
    const idle = [...this.#containers].filter((each) => each.state === 'ready' || each.state === 'paused');
    for (const container of expired(idle, now, keepAliveMs)) void container.close('was idle for its keep-alive time');
    if (pauseAfterMs !== undefined) {
      const ready = idle.filter((each) => each.state === 'ready');
      for (const container of expired(ready, now, pauseAfterMs)) this.#pause(container);
    }
    void this.#replenish();
  }

  #pause(container: Container): void {
    this.#unlist(container);
    void container.pause().then(() => {
      if (container.state === 'paused') this.#list(container);
    });
  }

  #stemCellsOf(key: string): Container[] {
    let cells = this.#stemCells.get(key);
    if (!cells) {
      cells = [];
      this.#stemCells.set(key, cells);
    }
    return cells;
  }

  #wantedStemCells(key: string): number {
    if (!this.#options.stemCells) return 0;
    const kinds = this.#options.manifest.kinds.filter((kind) => runtimeKey(kind) === key);
    return kinds.flatMap((kind) => kind.stemCells).reduce((sum, cell) => sum + cell.count, 0);
  }

  #startingCount(): number {
    let sum = 0;
    for (const count of this.#starting.values()) sum += count;
    return sum;
  }

  #isIdle(): boolean {
    return this.#lines.size === 0 && this.status.active === 0;
  }

  #runtimeOf(job: Job): RuntimeSpec {
    const { exec } = job.action;
    if ('image' in exec) return { kind: 'blackbox', protocol: 'http', image: exec.image };
    const kind: Kind | undefined = this.#options.manifest.resolve(exec.kind);
    return kind ?? { kind: exec.kind, protocol: 'stdio' };
  }
}

/** Whose container it is: containers are shared by nobody else. */
function keyOf(job: Job): string {
  return `${job.namespace} ${job.action.id} ${job.action.rev}`;
}

/** Kinds with the same runtime share their stem cells. */
function runtimeKey({ protocol, family, image, commands, kind }: RuntimeSpec): string {
  return protocol === 'stdio' ? `${family} ${image ?? ''} ${commands?.join(',') ?? ''}` : `http ${image ?? kind}`;
}

/** The outcome of a job that no container ever had. */
function unserved(job: Job, response: Response): Outcome {
  const now = Date.now();
  return { response, logs: [], start: now, end: now, waitMs: now - job.acceptedAt, timedOut: false };
}
