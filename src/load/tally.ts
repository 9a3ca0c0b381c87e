import { Latencies } from './latencies.ts';
import { type Answer, headerOf } from './response.ts';
import { StepMeans, stepsOf } from './steps.ts';

/** How a call ended: with an answer, or without. */
export type Ending = { readonly answer: Answer } | { readonly problem: string };

/** A call whose record is to be looked for. */
export interface Sampled {
  readonly activationId: string;
  readonly ms: number;
}

export interface TallyOptions {
  /** The result that every call should have. */
  readonly expected: unknown;
  /** How many calls are remembered to look for their records. */
  readonly samples: number;
  /** 0…1. */
  readonly random: () => number;
}

/** Every `CHECK_EVERY`th answer is read and compared, the others are taken by their status: reading costs more than calling. */
const CHECK_EVERY = 16;

/** What became of all calls. Only those that were answered with 200, and not with a wrong result where that was looked at, have a latency. */
export class Tally {
  readonly latencies = new Latencies();
  /** By status, or by what else went wrong. */
  readonly errors = new Map<string, number>();
  readonly steps = new StepMeans();
  readonly #options: TallyOptions;
  readonly #sampled: Sampled[] = [];

  constructor(options: TallyOptions) {
    this.#options = options;
  }

  /** @param ms how long it took */
  add(ending: Ending, ms: number): void {
    const problem = 'problem' in ending ? ending.problem : this.#problemOf(ending.answer);
    if (problem !== undefined) this.fail(problem);
    else this.#succeeded((ending as { answer: Answer }).answer, ms);
  }

  #problemOf(answer: Answer): string | undefined {
    if (answer.status !== 200) return String(answer.status);
    return this.latencies.count % CHECK_EVERY === 0 && !this.#isExpected(answer) ? 'wrong result' : undefined;
  }

  #succeeded(answer: Answer, ms: number): void {
    this.latencies.record(ms * 1000);
    const steps = stepsOf(answer);
    if (steps) this.steps.add(steps, ms);
    this.#sample(answer, ms);
  }

  /** A call that has no latency. */
  fail(why: string, count = 1): void {
    this.errors.set(why, (this.errors.get(why) ?? 0) + count);
  }

  /** Some of the calls, each as likely as any other. */
  get sampled(): readonly Sampled[] {
    return this.#sampled;
  }

  /** Algorithm R: the nth call takes the place of another with a chance of samples / n. */
  #sample(answer: Answer, ms: number): void {
    const { samples, random } = this.#options;
    const activationId = headerOf(answer, 'x-openwhisk-activation-id');
    if (activationId === undefined) return;
    const place = this.#sampled.length < samples ? this.#sampled.length : Math.floor(random() * this.latencies.count);
    if (place >= samples) return;
    this.#sampled[place] = { activationId, ms };
  }

  #isExpected({ body }: Answer): boolean {
    try {
      return Bun.deepEquals(JSON.parse(body.toString()), this.#options.expected);
    } catch {
      return false;
    }
  }
}
