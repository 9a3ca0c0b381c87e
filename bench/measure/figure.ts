import { curveOf, median, type Summary, summarize } from './stats.ts';

/**
 * One line of the table: what was measured, in rounds, beside its floor. Everything that is said later (tables,
 * promises, comparisons) is said of figures.
 */
export interface Figure {
  /** For ever the same, so that two runs can be compared: `local/warm/p50`. */
  readonly id: string;
  readonly title: string;
  readonly unit: Unit;
  readonly better: 'lower' | 'higher';
  /** The median of the rounds, and the least and greatest of them. */
  readonly value: number;
  readonly low: number;
  readonly high: number;
  readonly rounds: readonly number[];
  /** All samples together, where there are samples of single calls. */
  readonly samples?: Summary;
  /** `[share, value]`: the distribution of all samples. */
  readonly curve?: readonly (readonly [number, number])[];
  readonly floor?: Floor;
  readonly note?: string;
}

export type Unit = 'µs' | 'ms' | '/s' | 'MB';

/** What this machine can do at all, measured in the same rounds. */
export interface Floor {
  /** `HTTP + pipe`. */
  readonly what: string;
  readonly value: number;
  readonly rounds: readonly number[];
  /** The medians of its parts, when it is a sum. */
  readonly parts: Readonly<Record<string, number>>;
  /** Figure divided by floor, in each round by itself: the median, the least, the greatest. */
  readonly ratio: { readonly value: number; readonly low: number; readonly high: number };
}

export interface FigureParts {
  readonly id: string;
  readonly title: string;
  readonly unit: Unit;
  readonly better?: 'lower' | 'higher';
  /** One number a round. */
  readonly rounds: readonly number[];
  /** Every single sample, where they make up the rounds. */
  readonly samples?: readonly number[];
  readonly floor?: { readonly what: string; readonly parts: Readonly<Record<string, readonly number[]>> };
  readonly note?: string;
}

export function figure({ samples, floor, better = 'lower', ...parts }: FigureParts): Figure {
  return {
    ...parts,
    better,
    ...extent(parts.rounds),
    ...(samples && { samples: summarize(samples), curve: curveOf(samples) }),
    ...(floor && { floor: floorOf(parts.rounds, floor) }),
  };
}

/** The floor of a round is the sum of its parts in that round. */
function floorOf(rounds: readonly number[], { what, parts }: NonNullable<FigureParts['floor']>): Floor {
  const sums = rounds.map((_, round) => sum(Object.values(parts).map((each) => each[round] as number)));
  const ratios = rounds.map((each, round) => each / (sums[round] as number));
  return {
    what,
    value: median(sums),
    rounds: sums,
    parts: Object.fromEntries(Object.entries(parts).map(([name, each]) => [name, median(each)])),
    ratio: extent(ratios),
  };
}

function extent(values: readonly number[]): { value: number; low: number; high: number } {
  return { value: median(values), low: Math.min(...values), high: Math.max(...values) };
}

function sum(values: readonly number[]): number {
  return values.reduce((total, each) => total + each, 0);
}
