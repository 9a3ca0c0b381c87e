import type { Job } from '../model/job.ts';
import { type ResultLimits, resultLimits } from '../model/limits.ts';
import type { RuntimeSpec } from '../model/manifest.ts';
import { messages } from '../model/messages.ts';
import { developerError, failure, type Outcome, type Response, readResult, whiskError } from '../model/outcome.ts';
import type { Exit, Place } from '../model/place.ts';
import { Unavailable } from '../model/refusal.ts';
import type { Events } from '../observe/events.ts';
import type { LogCollector } from '../protocol/logs.ts';
import type { Answer, Protocol, Talk, Unbegun } from '../protocol/protocol.ts';
import { ProvisionError, type Sandbox } from '../sandbox/sandbox.ts';
import { Ahead, Foresight } from './ahead.ts';
import { initRequest, logsOf, runRequest } from './requests.ts';
import { type EndReason, mayMove, type State } from './states.ts';
import { answerWithin, type Fault, openWithin, type TimeOut } from './within.ts';

export interface ContainerOptions {
  readonly sandbox: Sandbox;
  readonly protocol: Protocol;
  readonly events: Events;
  readonly runtime: RuntimeSpec;
  readonly memory: number;
  /** It is started because a job waits for it, not in advance. */
  readonly wasWanted: boolean;
  /** Environment that every container has from the start: `__OW_API_HOST`. */
  readonly env: Readonly<Record<string, string>>;
  /** A runtime that is not ready by then is given up. */
  readonly readyMs: number;
  readonly resultBytes: number;
  /** It became a stem cell. */
  readonly onPrewarmed: (container: Container) => void;
  /** It has its action, and its first call. */
  readonly onInitialized: (container: Container) => void;
  /** Once, when it will take no more jobs; and once, when nothing of it is left. */
  readonly onClosing: (container: Container, reason: EndReason) => void;
  readonly onGone: (container: Container) => void;
}

type Failure = Extract<Answer, { type: 'failure' }>;
/** Milliseconds since the epoch, and milliseconds. */
type Begin = { readonly start: number; readonly waitMs: number };
type Init = { readonly start: number; readonly ms: number };

/**
 * Why a job was not run: its action is not what it was any more, the container could not be used, which others can, it was sent
 * ahead and taken back, or the code cannot be read now.
 */
export type Unrun = 'action gone' | 'container gone' | 'taken back' | 'code away';

/** One container: a place, the talk with its runtime, and from its first job on one action of one namespace for ever. */
export class Container {
  readonly id: string;
  readonly runtime: RuntimeSpec;
  memory: number;
  /** Whose it is: namespace, action and revision; undefined for a stem cell. */
  key: string | undefined;
  namespace: string | undefined;
  /** Calls at once. */
  capacity = 1;
  active = 0;
  lastUsed: number;
  /** The action and revision that it became. */
  actionId: string | undefined;
  rev: string | undefined;
  /** Its action was changed: it finishes what it has, and takes nothing more. */
  isRetired = false;
  readonly #options: ContainerOptions;
  #state: State = 'starting';
  #place: Place | undefined;
  #talk: Talk | undefined;
  #ended: Promise<void> | undefined;
  readonly #foresight = new Foresight();
  readonly #ahead = new Ahead(() => this.recall());

  constructor(id: string, options: ContainerOptions) {
    this.id = id;
    this.#options = options;
    this.runtime = options.runtime;
    this.memory = options.memory;
    this.lastUsed = performance.now();
    this.#publish(undefined, 'starting', 'created');
  }

  get wasWanted(): boolean {
    return this.#options.wasWanted;
  }

  get state(): State {
    return this.#state;
  }

  /** True when it could take one more job of its action: at once, or behind others that will soon be done. */
  get hasRoom(): boolean {
    if (this.#state !== 'busy' && this.#state !== 'ready') return false;
    return this.active < this.capacity + this.#depth;
  }

  /** True when one more job would have to wait for those that it has. */
  get isFull(): boolean {
    return this.active >= this.capacity;
  }

  get #depth(): number {
    return this.capacity === 1 && this.#talk?.takesAhead && !this.isRetired ? this.#foresight.depth : 0;
  }

  /** The only one that moves. A move that the table does not know is a bug, not a state. */
  enter(to: State, why: string): void {
    const from = this.#state;
    if (from === to) return;
    if (!mayMove(from, to)) throw new Error(`container ${this.id} cannot move from ${from} to ${to} (${why})`);
    this.#state = to;
    this.#publish(from, to, why);
  }

  /** Starts the place and waits for its runtime: becomes a stem cell. Rejects with what the user may read; then it must be closed. */
  async start(): Promise<void> {
    const { sandbox, protocol, runtime, memory, env, readyMs } = this.#options;
    const place = await sandbox.create({ runtime, memory, env });
    this.#place = place;
    await this.#stillStarting();
    void place.exited.then((exit) => this.close('died', describeExit(exit)));
    this.#talk = await openWithin(protocol.open(place), readyMs);
    await this.#stillStarting();
    this.enter('prewarmed', 'its runtime is ready');
    this.#options.onPrewarmed(this);
  }

  /** It may have been closed meanwhile: nothing is left behind then. */
  async #stillStarting(): Promise<void> {
    if (this.#state === 'starting') return;
    await this.#place?.destroy();
    throw new ProvisionError(messages.provisionFailed);
  }

  /** Gives a stem cell its action, and runs the job that it was wanted for. */
  async become(job: Job, key: string): Promise<Outcome | Unrun> {
    const talk = this.#talk as Talk;
    const place = this.#place as Place;
    const { limits } = job.action;
    this.key = key;
    this.namespace = job.namespace;
    this.actionId = job.action.id;
    this.rev = job.action.rev;
    this.capacity = 1;
    this.active = 1;
    this.enter('initializing', `becomes ${job.action.id}`);
    const start = Date.now();
    const waitMs = start - job.acceptedAt;
    const { steps } = job;
    if (steps) steps.given = performance.now();
    job.watcher?.started(job.activationId);
    const logs = logsOf(job);
    const failed = (response: Response, timedOut = false): Outcome => {
      this.active = 0;
      const end = Date.now();
      return { response, logs: logs.lines, start, end, waitMs, initMs: end - start, timedOut };
    };
    try {
      if (this.memory !== limits.memory) {
        this.memory = limits.memory;
        await place.resize(limits.memory);
      }
      const code = await job.action.code();
      if (code === undefined && job.action.exec.kind !== 'blackbox') {
        this.active = 0;
        void this.close('changed', 'its action is gone');
        return 'action gone';
      }
      const answer = await answerWithin(talk.init({ ...initRequest(job, logs), code }), limits.timeout);
      if (answer.type === 'timeout') {
        void this.close('timeout', 'in init');
        return failed(developerError(messages.timedOut(limits.timeout, 'init')), true);
      }
      if (answer.type === 'failure') {
        void this.close('failed', 'in init');
        return failed(failure(answer.error));
      }
      if (answer.type === 'fault') {
        const exit = await this.#died(answer.why, logs);
        return failed(developerError(exit.outOfMemory ? messages.memoryExhausted : messages.abnormalInitialization));
      }
    } catch (error) {
      if (error instanceof Unavailable) {
        this.active = 0;
        void this.close('unusable', `the code of its action cannot be read now: ${error.message}`);
        return 'code away';
      }
      void this.close('unusable', `init could not be done: ${(error as Error).message}`);
      return failed(whiskError(messages.provisionFailed));
    }
    const initMs = Date.now() - start;
    if (steps) steps.initialized = performance.now();
    if (talk.concurrent) this.capacity = limits.concurrency;
    // It may have ended or been closed in this very moment: then the run finds nobody.
    if (this.#state === 'initializing') {
      this.enter('busy', 'initialized');
      this.#options.onInitialized(this);
    }
    return this.#run(job, logs, waitMs, { start, ms: initMs });
  }

  /** Runs a job in a container that has its action. `hasRoom` was true in this tick. */
  serve(job: Job): Promise<Outcome | Unrun> {
    const isAhead = this.isFull;
    this.active++;
    this.enter('busy', 'has a job');
    const logs = logsOf(job);
    return isAhead ? this.#runAhead(job, logs) : this.#run(job, logs, Date.now() - job.acceptedAt);
  }

  /** Takes back what was sent ahead and is not begun; a runtime that has nothing of it hears nothing. */
  recall(): void {
    if (this.#ahead.isEmpty) return;
    this.#foresight.pause();
    this.#talk?.recall();
  }

  /** Freezes an idle container; one that cannot be frozen is ended. */
  async pause(): Promise<void> {
    this.enter('pausing', 'is idle');
    try {
      await (this.#place as Place).pause();
      if (this.#state === 'pausing') this.enter('paused', 'is idle');
    } catch (error) {
      void this.close('unusable', `could not be frozen: ${(error as Error).message}`);
    }
  }

  /** Thaws it and runs the job. Only when paused. */
  async wake(job: Job): Promise<Outcome | Unrun> {
    this.active++;
    this.enter('resuming', 'has a job');
    const waitMs = Date.now() - job.acceptedAt;
    try {
      await (this.#place as Place).resume();
      this.enter('busy', 'resumed');
    } catch (error) {
      this.active--;
      void this.close('unusable', `could not be thawed: ${(error as Error).message}`);
      return 'container gone';
    }
    return this.#run(job, logsOf(job), waitMs);
  }

  /**
   * Ends it. Idempotent: the first reason counts. Resolves when nothing of it is left.
   *
   * @param detail for the log
   */
  close(reason: EndReason, detail = ''): Promise<void> {
    this.#ended ??= this.#close(reason, detail);
    return this.#ended;
  }

  async #close(reason: EndReason, detail: string): Promise<void> {
    this.enter('closing', detail === '' ? reason : `${reason}: ${detail}`);
    this.#options.onClosing(this, reason);
    this.#ahead.giveUp();
    try {
      await this.#place?.destroy();
    } catch (error) {
      this.#options.events.error('invoker', `container ${this.id} was not destroyed: ${(error as Error).message}`);
    }
    this.enter('gone', reason);
    this.#options.onGone(this);
  }

  /** @param init how the container was initialized, where it was for this job */
  async #run(job: Job, logs: LogCollector, waitMs: number, init?: Init): Promise<Outcome | Unrun> {
    const begin = beginOf(job, waitMs);
    return this.#finish(job, logs, (this.#talk as Talk).run(runRequest(job, logs, false)), begin, init);
  }

  /** Sends the job ahead: its run begins when those before it are answered. */
  async #runAhead(job: Job, logs: LogCollector): Promise<Outcome | Unrun> {
    const { activationId: id } = job;
    const asked = (this.#talk as Talk).run(runRequest(job, logs, true));
    asked.then(
      ({ type }) => type === 'unbegun' && this.#ahead.takeBack(id),
      () => this.#ahead.takeBack(id),
    );
    if (await this.#ahead.wait(id)) return this.#finish(job, logs, asked, beginOf(job, Date.now() - job.acceptedAt));
    this.active--;
    return 'taken back';
  }

  async #finish(
    job: Job,
    logs: LogCollector,
    asked: Promise<Answer | Unbegun>,
    { start, waitMs }: Begin,
    init?: Init,
  ): Promise<Outcome | Unrun> {
    const { action, steps } = job;
    const answer = await answerWithin(asked, action.limits.timeout);
    if (answer.type === 'unbegun') {
      this.active--;
      return 'taken back';
    }
    // One that broke between two runs is found out by the next, which it must not cost.
    if (answer.type === 'fault' && answer.isUnsent && !init) {
      this.active--;
      void this.close('died', answer.why);
      return 'container gone';
    }
    const end = Date.now();
    if (steps) steps.ended = performance.now();
    const result = resultLimits(this.#options.resultBytes, job.resultSizes);
    let response: Response;
    if (answer.type === 'result') {
      if (answer.tookUs !== undefined) this.#foresight.ran(answer.tookUs);
      this.#ahead.next();
      response = readResult(answer.value, result.max, answer.size, result.kept);
    } else {
      response = await this.#conclude(answer, job, result, logs);
    }
    this.active--;
    this.lastUsed = performance.now();
    const outcome = { response, logs: logs.lines, end, waitMs, timedOut: answer.type === 'timeout' };
    // Init counts into the run: a cold activation began when its init began.
    return init ? { ...outcome, start: init.start, initMs: init.ms } : { ...outcome, start };
  }

  async #conclude(
    answer: Failure | Fault | TimeOut,
    job: Job,
    { max, kept }: ResultLimits,
    logs: LogCollector,
  ): Promise<Response> {
    switch (answer.type) {
      case 'failure':
        // Who allows several calls at once keeps no state that one failed call could spoil for the others.
        if (this.capacity === 1) void this.close('failed', 'in a run');
        return failure(answer.error, max, kept);
      case 'timeout':
        void this.close('timeout', 'in a run');
        return developerError(messages.timedOut(job.action.limits.timeout, 'run'));
      case 'fault': {
        const exit = await this.#died(answer.why, logs);
        return developerError(exit.outOfMemory ? messages.memoryExhausted : messages.abnormalRun);
      }
    }
  }

  /** The runtime broke off: ends the place, and tells the user what is known of its end. */
  async #died(why: string, logs: LogCollector): Promise<Exit> {
    void this.close('died', why);
    const exit = await (this.#place as Place).exited;
    const now = Date.now();
    for (const line of exit.lastWords.split('\n')) if (line.trim()) logs.add(now, 'stderr', line);
    logs.add(now, 'stderr', messages.logsDeveloperError);
    return exit;
  }

  #publish(from: State | undefined, to: State, why: string): void {
    const { id, memory } = this;
    this.#options.events.containerMoved.publish({ id, kind: this.runtime.kind, memory, from, to, why });
  }
}

/** A run begins: says so to those who want to know. */
function beginOf({ activationId, steps, watcher }: Job, waitMs: number): Begin {
  const start = Date.now();
  if (steps && steps.given === 0) steps.given = performance.now();
  watcher?.started(activationId);
  return { start, waitMs };
}

function describeExit({ code, signal, outOfMemory }: Exit): string {
  if (outOfMemory) return 'out of memory';
  return signal === null ? `code ${code}` : `signal ${signal}`;
}
