import { BenchActions } from './actions.ts';
import { Api } from './api.ts';
import { type Burst, bursts } from './burst.ts';
import { type Call, type Clock, closedLoop, openLoop } from './drive.ts';
import type { CurvePoint, LatencySummary } from './latencies.ts';
import { Line } from './line.ts';
import { findRecords, type RecordsFound } from './records.ts';
import { StepMeans, type StepTimes, stepsOfRecord, TIMING_HEADER } from './steps.ts';
import { type Ending, Tally } from './tally.ts';

/**
 * `whisklet bench`: puts load on an OpenWhisk API host, this one or another, and says how it answered. It makes its own
 * actions, and takes them away again.
 */

export const benchModes = ['warm', 'cold', 'burst', 'mix'] as const;

/**
 * | mode | each call is |
 * | --- | --- |
 * | warm | of one action that was called before |
 * | cold | the first one of a new action |
 * | burst | the first one of a new action, as many at once as there are connections; then again |
 * | mix | of one of many actions that were called before, at random |
 */
export type BenchMode = (typeof benchModes)[number];

export interface BenchOptions {
  /** `http://127.0.0.1:3233`. */
  readonly address: string;
  /** `uuid:key`. */
  readonly auth: string;
  readonly insecure: boolean;
  readonly mode: BenchMode;
  /** Connections; in a burst, actions. */
  readonly concurrency: number;
  /** Calls a second; undefined for a closed loop. Not with `burst`. */
  readonly rate: number | undefined;
  readonly durationMs: number;
  /** A JSON object. */
  readonly payload: string;
  readonly kind: string;
  /** Answers what it is called with. */
  readonly code: string;
  /** In a mix. */
  readonly actions: number;
  readonly timeoutMs: number;
}

export interface BenchEnvironment {
  readonly clock: Clock;
  readonly random: () => number;
  /** Aborted when somebody wants it to end: then it takes its actions away and rejects with `Interrupted`. */
  readonly signal: AbortSignal;
  /** Shows what is being done. */
  readonly say: (what: string) => void;
}

export interface BenchResult {
  readonly mode: BenchMode;
  readonly concurrency: number;
  readonly rate: number | undefined;
  readonly payloadBytes: number;
  /** Of the load. */
  readonly seconds: number;
  /** Answered with 200 and the right result. */
  readonly calls: number;
  readonly perSecond: number;
  /** Microseconds; absent when no call succeeded. */
  readonly latency: LatencySummary | undefined;
  readonly curve: readonly CurvePoint[];
  /** Calls that failed, by status or by what went wrong. */
  readonly errors: Readonly<Record<string, number>>;
  readonly records: RecordsFound;
  /** Mean milliseconds of each step, and who says so. */
  readonly steps: { readonly from: 'host' | 'records'; readonly calls: number; readonly means: StepTimes } | undefined;
  readonly burst: Burst | undefined;
}

export class Interrupted extends Error {
  override readonly name = 'Interrupted';
}

const RECORD_SAMPLES = 20;
const WARM_UP_MS = 2_000;
/** In a load of many calls so many go without the question for their steps, for one that goes with it. */
const TIMED_EVERY = 10;

/** @throws Error when the host cannot be reached, or refuses the actions; Interrupted */
export async function runBench(options: BenchOptions, environment: BenchEnvironment): Promise<BenchResult> {
  const { address, auth, insecure, timeoutMs, concurrency, kind, code } = options;
  const { random, say } = environment;
  const lines = Array.from({ length: concurrency }, () => new Line({ address, insecure, timeoutMs }));
  const { host } = new URL(address);
  const apis = lines.map((line) => new Api(line, auth, host)) as [Api, ...Api[]];
  const suffix = Math.floor(random() * 2 ** 32)
    .toString(16)
    .padStart(8, '0');
  const actions = new BenchActions({ apis, kind, code, prefix: `whisklet-bench-${suffix}` });
  const load = new Load(options, environment, { lines, apis, actions });
  // What is under way then has no answer, and need not be waited for.
  environment.signal.addEventListener('abort', () => closeAll(lines), { once: true });
  try {
    say(`connecting to ${address}`);
    await Promise.all(lines.map((line) => line.open()));
    return await load.run();
  } finally {
    say('removing the actions');
    const left = await actions.removeAll();
    // Neither what was measured nor why it failed is to be lost for it.
    if (left !== undefined) say(left);
    closeAll(lines);
  }
}

function closeAll(lines: readonly Line[]): void {
  for (const line of lines) line.close();
}

interface Parts {
  readonly lines: readonly Line[];
  readonly apis: readonly [Api, ...Api[]];
  readonly actions: BenchActions;
}

/** A call of an action over one connection. */
class Invocation implements Call {
  ending: Ending = { problem: 'not sent' };
  readonly #line: Line;
  readonly #request: Uint8Array;

  constructor(line: Line, request: Uint8Array) {
    this.#line = line;
    this.#request = request;
  }

  async send(): Promise<void> {
    try {
      this.ending = { answer: await this.#line.ask(this.#request) };
    } catch (error) {
      this.ending = { problem: (error as Error).message };
    }
  }
}

type Next = (worker: number) => Invocation | undefined | Promise<Invocation | undefined>;

class Load {
  readonly #options: BenchOptions;
  readonly #environment: BenchEnvironment;
  readonly #parts: Parts;
  readonly #tally: Tally;
  #turn = 0;

  constructor(options: BenchOptions, environment: BenchEnvironment, parts: Parts) {
    this.#options = options;
    this.#environment = environment;
    this.#parts = parts;
    const { random } = environment;
    this.#tally = new Tally({ expected: JSON.parse(options.payload), samples: RECORD_SAMPLES, random });
  }

  async run(): Promise<BenchResult> {
    const { mode, rate, durationMs } = this.#options;
    const { say } = this.#environment;
    if (mode === 'burst') return this.#burst();
    const next = mode === 'cold' ? await this.#firstCalls() : await this.#warmCalls();
    say(`measuring for ${durationMs / 1000} s`);
    const tally = this.#tally;
    const drive = {
      ...{ ...this.#driven(durationMs), next },
      onAnswered: (call: Call, ms: number) => tally.add((call as Invocation).ending, ms),
    };
    if (rate === undefined) return this.#result(await closedLoop(drive), undefined);
    const { ms, unsent } = await openLoop({ ...drive, rate });
    if (unsent > 0) tally.fail('not sent in time', unsent);
    return this.#result(ms, undefined);
  }

  #driven(ms: number) {
    const { clock, signal } = this.#environment;
    return { workers: this.#parts.lines.length, ms, clock, signal };
  }

  /** Calls of actions that were called before: each once, then together for a while. */
  async #warmCalls(): Promise<Next> {
    const { mode, actions: count, durationMs } = this.#options;
    const { say, random } = this.#environment;
    say('making the actions');
    const names = await this.#parts.actions.makeAll(mode === 'mix' ? count : 1);
    const requests = names.map((name) => ({ plain: this.#request(name, false), timed: this.#request(name, true) }));
    const next: Next = (worker) => {
      const request = requests[names.length === 1 ? 0 : Math.floor(random() * names.length)];
      const isTimed = ++this.#turn % TIMED_EVERY === 0;
      return this.#invocation(worker, (isTimed ? request?.timed : request?.plain) as Uint8Array);
    };
    say('warming up');
    const first = requests.map(({ plain }) => plain);
    const each: Next = (worker) => {
      const request = first.pop();
      return request && this.#invocation(worker, request);
    };
    const warmUp = { onAnswered: () => undefined };
    await closedLoop({ ...this.#driven(Number.POSITIVE_INFINITY), ...warmUp, next: each });
    await closedLoop({ ...this.#driven(Math.min(WARM_UP_MS, durationMs)), ...warmUp, next });
    this.#checkGoesOn();
    return next;
  }

  /** First calls of new actions: with a rate all actions are made before, without one each when its turn comes. */
  async #firstCalls(): Promise<Next> {
    const { rate, durationMs } = this.#options;
    const { actions } = this.#parts;
    this.#environment.say('making the actions');
    // What the host does for the first time at all is not what is asked here.
    await this.#invocation(0, this.#request(await actions.make(), false)).send();
    if (rate !== undefined) {
      const names = await actions.makeAll(Math.floor((durationMs / 1000) * rate));
      this.#checkGoesOn();
      return (worker) => {
        const name = names.pop();
        return name === undefined ? undefined : this.#invocation(worker, this.#request(name, true));
      };
    }
    const before = new Map<number, string>();
    return async (worker) => {
      const old = before.get(worker);
      if (old !== undefined) await actions.remove(old, worker);
      const name = await actions.make(worker);
      before.set(worker, name);
      return this.#invocation(worker, this.#request(name, true));
    };
  }

  async #burst(): Promise<BenchResult> {
    const { concurrency, durationMs } = this.#options;
    const { clock, signal, say } = this.#environment;
    const { actions } = this.#parts;
    const { ms, burst } = await bursts({
      ...{ size: concurrency, ms: durationMs, clock, signal },
      prepare: async (round) => {
        say(`burst ${round}`);
        const names = await actions.makeAll(concurrency);
        const calls = names.map((name, worker) => this.#invocation(worker, this.#request(name, true)));
        return { calls, clear: () => actions.removeAll() };
      },
      onAnswered: (call, late) => this.#tally.add((call as Invocation).ending, late),
    });
    return this.#result(ms, burst);
  }

  #invocation(worker: number, request: Uint8Array): Invocation {
    return new Invocation(this.#parts.lines[worker] as Line, request);
  }

  #request(name: string, isTimed: boolean): Uint8Array {
    const headers = isTimed ? { [TIMING_HEADER.name]: TIMING_HEADER.value } : {};
    return this.#parts.apis[0].invocation(name, this.#options.payload, { headers });
  }

  #checkGoesOn(): void {
    if (this.#environment.signal.aborted) throw new Interrupted('interrupted');
  }

  async #result(ms: number, burst: Burst | undefined): Promise<BenchResult> {
    this.#checkGoesOn();
    const { mode, concurrency, rate, payload } = this.#options;
    const { say, signal } = this.#environment;
    const { latencies, errors, sampled, steps } = this.#tally;
    say('looking for the records');
    const { found, records } = await findRecords(this.#parts.apis[0], sampled, JSON.parse(payload), signal);
    this.#checkGoesOn();
    const seconds = ms / 1000;
    return {
      ...{ mode, concurrency, rate, seconds, burst },
      payloadBytes: Buffer.byteLength(payload),
      calls: latencies.count,
      perSecond: latencies.count / seconds,
      latency: latencies.summary,
      curve: latencies.curve,
      errors: Object.fromEntries(errors),
      records: found,
      steps: summaryOf(steps, 'host') ?? summaryOf(meansOf(records), 'records'),
    };
  }
}

function meansOf(records: Awaited<ReturnType<typeof findRecords>>['records']): StepMeans {
  const means = new StepMeans();
  for (const { record, ms } of records) means.add(stepsOfRecord(record), ms);
  return means;
}

function summaryOf(steps: StepMeans, from: 'host' | 'records'): BenchResult['steps'] {
  const { means, calls } = steps;
  return means && { from, calls, means };
}
