/** Counts of values by upper bound, as Prometheus wants them. Cheap enough to be fed on the way of every call. */
export class Histogram {
  readonly bounds: readonly number[];
  /** One count for each bound, not cumulative, and one more for what is above all of them. */
  readonly counts: Float64Array;
  sum = 0;

  constructor(bounds: readonly number[]) {
    this.bounds = bounds;
    this.counts = new Float64Array(bounds.length + 1);
  }

  observe(value: number): void {
    let at = 0;
    while (at < this.bounds.length && value > (this.bounds[at] as number)) at++;
    this.counts[at] = (this.counts[at] as number) + 1;
    this.sum += value;
  }

  get count(): number {
    return this.counts.reduce((sum, each) => sum + each, 0);
  }
}

/** Milliseconds, from a warm call on a fast machine to the longest time limit. */
export const LATENCY_MS = [
  0.25, 0.5, 1, 2.5, 5, 10, 25, 50, 100, 250, 500, 1_000, 2_500, 5_000, 10_000, 60_000, 300_000,
];
/** Milliseconds of the steps of a call, of which the quickest take a few microseconds. */
export const STEP_MS = [
  0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 25, 50, 100, 250, 500, 1_000, 5_000, 60_000,
];
export const SIZE_BYTES = [128, 1_024, 8_192, 65_536, 262_144, 1_048_576];
