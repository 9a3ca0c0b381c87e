import type { Job } from '../model/job.ts';
import { MB, type ResultLimits, resultLimits } from '../model/limits.ts';
import type { RuntimeSpec } from '../model/manifest.ts';
import { messages } from '../model/messages.ts';
import { developerError, failure, type Outcome, type Response, readResult, whiskError } from '../model/outcome.ts';
import type { Exit, Place } from '../model/place.ts';
import { Unavailable } from '../model/refusal.ts';
import type { Events } from '../observe/events.ts';
import { LogCollector } from '../protocol/logs.ts';
import { type Answer, type Protocol, RuntimeFault, type Talk } from '../protocol/protocol.ts';
import { ProvisionError, type Sandbox } from '../sandbox/sandbox.ts';
import { type EndReason, mayMove, type State } from './states.ts';

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
type Fault = { readonly type: 'fault'; readonly why: string; readonly isUnsent: boolean };
type TimeOut = { readonly type: 'timeout' };

/**
 * Why a job was not run: its action is not what it was any more, the container could not be used, which others can, or the code
 * cannot be read now.
 */
export type Unrun = 'action gone' | 'container gone' | 'code away';

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

  /** True when it could take one more job of its action at once. */
  get hasRoom(): boolean {
    return (this.#state === 'busy' || this.#state === 'ready') && this.active < this.capacity;
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
    this.#talk = await within(protocol.open(place), readyMs);
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
      const answer = await this.#within(talk.init({ ...initRequest(job), code, logs }), limits.timeout);
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
    return this.#run(job, logs, waitMs, start, initMs);
  }

  /** Runs a job in a container that has its action. `hasRoom` was true in this tick. */
  serve(job: Job): Promise<Outcome | Unrun> {
    this.active++;
    this.enter('busy', 'has a job');
    return this.#run(job, logsOf(job), Date.now() - job.acceptedAt, 0, undefined);
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
    return this.#run(job, logsOf(job), waitMs, 0, undefined);
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
    try {
      await this.#place?.destroy();
    } catch (error) {
      this.#options.events.error('invoker', `container ${this.id} was not destroyed: ${(error as Error).message}`);
    }
    this.enter('gone', reason);
    this.#options.onGone(this);
  }

  async #run(
    job: Job,
    logs: LogCollector,
    waitMs: number,
    initStart: number,
    initMs: number | undefined,
  ): Promise<Outcome | Unrun> {
    const { action, steps } = job;
    const start = Date.now();
    if (steps && steps.given === 0) steps.given = performance.now();
    job.watcher?.started(job.activationId);
    const answer = await this.#within(
      (this.#talk as Talk).run({
        activationId: job.activationId,
        transactionId: job.transactionId,
        namespace: job.namespace,
        actionName: `/${action.id}`,
        actionVersion: action.version,
        deadline: start + action.limits.timeout,
        apiKey: job.apiKey,
        trace: job.trace,
        args: job.args,
        logs,
      }),
      action.limits.timeout,
    );
    // One that broke between two runs is found out by the next, which it must not cost.
    if (answer.type === 'fault' && answer.isUnsent && initMs === undefined) {
      this.active--;
      void this.close('died', answer.why);
      return 'container gone';
    }
    const end = Date.now();
    if (steps) steps.ended = performance.now();
    const result = resultLimits(this.#options.resultBytes, job.resultSizes);
    const response =
      answer.type === 'result'
        ? readResult(answer.value, result.max, answer.size, result.kept)
        : await this.#conclude(answer, job, result, logs);
    this.active--;
    this.lastUsed = performance.now();
    const outcome = { response, logs: logs.lines, end, waitMs, timedOut: answer.type === 'timeout' };
    // Init counts into the run: a cold activation began when its init began.
    return initMs === undefined ? { ...outcome, start } : { ...outcome, start: initStart, initMs };
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

  async #within(answer: Promise<Answer>, ms: number): Promise<Answer | Fault | TimeOut> {
    const { promise, resolve } = Promise.withResolvers<Answer | Fault | TimeOut>();
    const timer = setTimeout(resolve, ms, { type: 'timeout' });
    answer.then(resolve, (error) => resolve(faultOf(error)));
    const first = await promise;
    clearTimeout(timer);
    return first;
  }

  #publish(from: State | undefined, to: State, why: string): void {
    const { id, memory } = this;
    this.#options.events.containerMoved.publish({ id, kind: this.runtime.kind, memory, from, to, why });
  }
}

function faultOf(error: unknown): Fault {
  return { type: 'fault', why: (error as Error).message, isUnsent: error instanceof RuntimeFault && error.isUnsent };
}

function logsOf({ activationId, action, watcher }: Job): LogCollector {
  return new LogCollector(action.limits.logs * MB, watcher && ((line) => watcher.logged(activationId, line)));
}

function initRequest(job: Job) {
  const { action } = job;
  const { exec } = action;
  return {
    activationId: job.activationId,
    name: action.name,
    main: ('main' in exec ? exec.main : undefined) ?? 'main',
    binary: 'binary' in exec && exec.binary,
    env: {
      ...action.initEnv,
      __OW_NAMESPACE: job.namespace,
      __OW_ACTION_NAME: `/${action.id}`,
      __OW_ACTION_VERSION: action.version,
      __OW_ACTIVATION_ID: job.activationId,
      __OW_TRANSACTION_ID: job.transactionId,
      __OW_DEADLINE: String(Date.now() + action.limits.timeout),
      ...(job.apiKey === undefined ? {} : { __OW_API_KEY: job.apiKey }),
    },
  };
}

function describeExit({ code, signal, outOfMemory }: Exit): string {
  if (outOfMemory) return 'out of memory';
  return signal === null ? `code ${code}` : `signal ${signal}`;
}

async function within(opened: Promise<Talk>, ms: number): Promise<Talk> {
  const { promise, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => reject(new RuntimeFault(`it was not ready within ${ms} ms`)), ms);
  try {
    return await Promise.race([opened, promise]);
  } finally {
    clearTimeout(timer);
  }
}
