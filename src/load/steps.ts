import type { ActivationJson } from './api.ts';
import { type Answer, headerOf } from './response.ts';

/** Asks a Whisklet to say in `Server-Timing` what it needed for each step of a call; others do not know it. */
export const TIMING_HEADER = { name: 'X-Whisklet-Timing', value: '1' } as const;

/** Milliseconds by step: `auth`, `resolve`, `wait`, `init`, `run`, `store`. */
export type StepTimes = Readonly<Record<string, number>>;

/** Reads `auth;dur=0.012, run;dur=0.2` (W3C Server Timing). Undefined when the host does not tell. Pure. */
export function stepsOf(answer: Answer): StepTimes | undefined {
  const header = headerOf(answer, 'server-timing');
  if (header === undefined) return undefined;
  const steps = [...header.matchAll(/([\w-]+)[^,]*?;\s*dur=([\d.]+)/g)];
  // The whole is no step.
  return Object.fromEntries(
    steps.map(([, name = '', ms]) => [name, Number(ms)] as const).filter(([name]) => name !== 'total'),
  );
}

/** What every OpenWhisk's record says of its steps, in whole milliseconds. Pure. */
export function stepsOfRecord({ annotations, duration }: ActivationJson): StepTimes {
  const read = (key: string) => {
    const value = annotations.find((each) => each.key === key)?.value;
    return typeof value === 'number' ? value : 0;
  };
  const init = read('initTime');
  return { wait: read('waitTime'), init, run: Math.max(0, duration - init) };
}

/** In which they are taken: a first call among warm ones has more of them than those before it. */
const ORDER = ['auth', 'resolve', 'wait', 'init', 'run', 'store'];

/** Means over many calls. */
export class StepMeans {
  readonly #sums = new Map<string, number>();
  #calls = 0;
  #totalMs = 0;

  /** @param totalMs of the whole call, as the client saw it */
  add(steps: StepTimes, totalMs: number): void {
    this.#calls++;
    this.#totalMs += totalMs;
    for (const [name, ms] of Object.entries(steps)) this.#sums.set(name, (this.#sums.get(name) ?? 0) + ms);
  }

  get calls(): number {
    return this.#calls;
  }

  /** Each step's mean, in their order; `other` is the rest: the client, the network, HTTP. Undefined when there is nothing to tell of. */
  get means(): StepTimes | undefined {
    if (this.#calls === 0) return undefined;
    const rank = (name: string) => ORDER.indexOf(name) + 1 || ORDER.length + 1;
    const sums = [...this.#sums].sort(([a], [b]) => rank(a) - rank(b));
    const means = Object.fromEntries(sums.map(([name, sum]) => [name, sum / this.#calls]));
    const known = Object.values(means).reduce((sum, each) => sum + each, 0);
    return { ...means, other: Math.max(0, this.#totalMs / this.#calls - known) };
  }
}
