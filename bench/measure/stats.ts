import { nines } from '../../src/load/latencies.ts';

/** Numbers about numbers. Pure. Samples keep the unit that they came in. */

export interface Summary {
  readonly count: number;
  readonly min: number;
  readonly mean: number;
  readonly p50: number;
  readonly p90: number;
  readonly p99: number;
  readonly p999: number;
  readonly max: number;
}

/** The value at `q` (0…1) of samples in ascending order, the nearest one that was really measured. */
export function quantile(sorted: ArrayLike<number>, q: number): number {
  if (sorted.length === 0) throw new Error('no samples');
  return sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))] as number;
}

export function median(values: Iterable<number>): number {
  const sorted = Float64Array.from(values).sort();
  const middle = sorted.length >> 1;
  if (sorted.length % 2 === 1) return sorted[middle] as number;
  return (quantile(sorted, 0.5) + (sorted[middle - 1] as number)) / 2;
}

export function summarize(samples: Iterable<number>): Summary {
  const sorted = Float64Array.from(samples).sort();
  const at = (q: number) => quantile(sorted, q);
  const mean = sorted.reduce((sum, each) => sum + each, 0) / sorted.length;
  return {
    ...{ count: sorted.length, min: at(0), mean, p50: at(0.5) },
    ...{ p90: at(0.9), p99: at(0.99), p999: at(0.999), max: at(1) },
  };
}

/** `[share, value]`: the distribution, on a scale of nines as far into its tail as there are samples for. */
export function curveOf(samples: Iterable<number>): [number, number][] {
  const sorted = Float64Array.from(samples).sort();
  return nines(sorted.length).map((share) => [share, quantile(sorted, share)]);
}
