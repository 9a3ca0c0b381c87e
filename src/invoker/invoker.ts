import type { Job, JobAction } from '../model/job.ts';
import type { RuntimeSpec } from '../model/manifest.ts';
import { messages } from '../model/messages.ts';
import { developerError, type Outcome, type Response, unserved, whiskError } from '../model/outcome.ts';
import { refuseForNow } from '../model/refusal.ts';
import type { StartKind } from '../observe/events.ts';
import type { PoolView } from '../observe/metrics.ts';
import { RuntimeFault } from '../protocol/protocol.ts';
import { ProvisionError } from '../sandbox/sandbox.ts';
import { Changes } from './changes.ts';
import { pickStemCell } from './choose.ts';
import type { Container, Unrun } from './container.ts';
import { Containers, type ContainersOptions } from './containers.ts';
import { Stock } from './stock.ts';
import { Turns } from './turns.ts';

export interface InvokerOptions
  extends Omit<ContainersOptions, 'stock' | 'memoryWanted' | 'onRoom' | 'onChange' | 'onFailed'> {
  /** How long an action with containers at work lets others keep theirs: those that serve, and those that just did. */
  readonly patienceMs: number;
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
  readonly #containers: Containers;
  readonly #changes = new Changes();
  readonly #starts: Record<StartKind, number> = { cold: 0, prewarmed: 0, warm: 0 };
  readonly #keeper: ReturnType<typeof setInterval>;
  /** Resolved when no job is in hand or waiting, once the node stops. */
  readonly #drained = Promise.withResolvers<void>();
  /** Jobs that had to wait. */
  #waits = 0;
  #closing = false;

  constructor(options: InvokerOptions) {
    this.#options = options;
    const { parallelStarts, patienceMs } = options;
    this.#containers = new Containers({
      ...{ ...options, stock: this.#stock },
      memoryWanted: () => this.#turns.lines.memory,
      onRoom: (container) => this.#freed(container),
      onChange: () => this.#turns.take(),
      onFailed: (runtime, error) => this.#unstarted(runtime, error),
    });
    this.#turns = new Turns({
      ...{ stock: this.#stock, parallelStarts, patienceMs },
      serve: (job, key, runtime) => this.#serve(job, key, runtime),
      claimMemory: (megabytes, idleMs) => this.#containers.claimMemory(megabytes, idleMs),
      start: (runtime, memory) => void this.#containers.start(runtime, memory, true),
    });
    this.#keeper = setInterval(() => this.#tend(), Math.max(50, Math.min(1_000, options.keepAliveMs / 4)));
    this.#keeper.unref();
  }

  /** Fills up with stem cells. Resolves when they are there, or could not be had. */
  async start(): Promise<void> {
    await this.#containers.replenish();
  }

  /** What the pool looks like now, and what it has done. */
  get status(): PoolView {
    const { memoryUsed, active, byKind } = this.#stock;
    const { waiting } = this.#turns.lines;
    return {
      ...{ memoryTotal: this.#options.poolMemory, memoryUsed, active, waiting, waits: this.#waits },
      ...{ starts: { ...this.#starts }, ends: { ...this.#containers.ends }, byKind },
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
    this.#containers.stop();
    if (this.#isIdle) return;
    const limit = setTimeout(this.#drained.resolve, limitMs);
    await this.#drained.promise;
    clearTimeout(limit);
  }

  /** Ends every container, whatever it does. What waits was not begun, and is refused. */
  async close(): Promise<void> {
    this.#closing = true;
    clearInterval(this.#keeper);
    for (const { reject } of this.#turns.lines.leaveAll(() => true)) reject(refuseForNow(messages.draining));
    await this.#containers.close();
  }

  get #isIdle(): boolean {
    return this.#turns.lines.isEmpty && this.#stock.active === 0;
  }

  #mayBeDrained(): void {
    if (this.#closing && this.#isIdle) this.#drained.resolve();
  }

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
    if (!cell || !this.#containers.claimMemory(memory - cell.memory, 0, cell)) return undefined;
    this.#containers.taken(cell);
    return this.#settle(cell, job, cell.wasWanted ? 'cold' : 'prewarmed', cell.become(job, key));
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

  /** A container could not be had: who has waited longest for it hears why. */
  #unstarted(runtime: RuntimeSpec, error: unknown): void {
    const waiter = this.#turns.leaveLongest(runtime);
    if (!waiter) return;
    waiter.resolve(notServed(waiter.job, whyUnserved(error)));
    this.#turns.take();
  }

  #tend(): void {
    const now = performance.now();
    this.#changes.forget(now);
    this.#containers.tend(now);
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
