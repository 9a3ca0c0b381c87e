import counts from 'hdr-histogram-js/dist/Int32Histogram.js';

/** The library is CommonJS with a default of its own: run from the sources that is what is imported, in the executable it is inside. */
const Histogram = 'default' in counts ? (counts.default as typeof counts) : counts;

/** Microseconds. */
export interface LatencySummary {
  readonly count: number;
  readonly min: number;
  readonly mean: number;
  readonly p50: number;
  readonly p75: number;
  readonly p90: number;
  readonly p99: number;
  readonly p999: number;
  readonly max: number;
}

/** Share of all values (0…1), and the value that so many are not above. */
export type CurvePoint = readonly [share: number, value: number];

const DIGITS = 3;
const HOUR_US = 3_600_000_000;
/** Points of a curve for each nine of its share: between 0.9 and 0.99 there are so many. */
const STEPS_A_NINE = 20;

/** Latencies of any number of calls, in microseconds, kept as counts: three digits of each are right, up to an hour. */
export class Latencies {
  readonly #histogram = new Histogram(1, HOUR_US, DIGITS);

  /** Below a microsecond it counts as one, and above an hour as an hour. */
  record(us: number): void {
    this.#histogram.recordValue(Math.min(HOUR_US, Math.max(1, Math.round(us))));
  }

  get count(): number {
    return this.#histogram.totalCount;
  }

  /** Undefined when there is nothing to be told of. */
  get summary(): LatencySummary | undefined {
    const all = this.#histogram;
    if (all.totalCount === 0) return undefined;
    const at = (percentile: number) => this.#at(percentile);
    return {
      ...{ count: all.totalCount, min: all.minNonZeroValue, mean: all.mean },
      ...{ p50: at(50), p75: at(75), p90: at(90), p99: at(99), p999: at(99.9), max: all.maxValue },
    };
  }

  /** The distribution, as dense at its tail as there are calls for. */
  get curve(): CurvePoint[] {
    const { totalCount } = this.#histogram;
    if (totalCount === 0) return [];
    return nines(totalCount).map((share) => [share, this.#at(share * 100)]);
  }

  /** The histogram answers the upper end of the value's bucket, which may lie above all that was recorded. */
  #at(percentile: number): number {
    return Math.min(this.#histogram.maxValue, this.#histogram.getValueAtPercentile(percentile));
  }
}

/** Shares 0…1 that lie evenly on a scale of nines, up to where one of so many values makes the difference; and 1. Pure. */
export function nines(count: number): number[] {
  const steps = Math.floor(Math.log10(count) * STEPS_A_NINE);
  return [...Array.from({ length: steps + 1 }, (_, step) => 1 - 10 ** (-step / STEPS_A_NINE)), 1];
}
