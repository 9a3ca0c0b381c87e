import { median } from './stats.ts';

/**
 * Whether two sets of measurements differ by more than noise. Pure.
 *
 * Asked is the Mann–Whitney test, which takes nothing for granted about how the numbers are spread: it looks only at which are
 * greater than which. Its probability is exact, equal numbers included: of all ways in which the ranks could have fallen to the two
 * sides, it counts those that are as lopsided as what was seen. Where many figures are compared at once, some are lopsided by luck:
 * Holm's correction raises each probability so far that even one false alarm in the whole table has no more than the wanted chance.
 */

/** How likely as lopsided a fall of the ranks is if both sides measure the same: 0…1, two-sided. */
export function mannWhitney(a: readonly number[], b: readonly number[]): number {
  const ranks = doubledRanks([...a, ...b]);
  const seen = sum(ranks.slice(0, a.length));
  const ways = waysBySum(ranks, a.length);
  const middle = (sum(ranks) * a.length) / ranks.length;
  let all = 0;
  let asLopsided = 0;
  for (const [total, count] of ways) {
    all += count;
    if (Math.abs(total - middle) >= Math.abs(seen - middle) - 1e-9) asLopsided += count;
  }
  return asLopsided / all;
}

/** Ranks from 1 up, times two: equal values share the mean of their ranks, and a half is not a whole number. */
function doubledRanks(values: readonly number[]): number[] {
  return values.map((value) => {
    const below = values.filter((each) => each < value).length;
    const equal = values.filter((each) => each === value).length;
    return 2 * below + equal + 1;
  });
}

/** In how many ways `size` of the ranks can be chosen, by the sum that they have. */
function waysBySum(ranks: readonly number[], size: number): Map<number, number> {
  const bySize = Array.from({ length: size + 1 }, () => new Map<number, number>());
  bySize[0]?.set(0, 1);
  for (const rank of ranks) {
    for (let taken = size; taken > 0; taken--) {
      for (const [total, count] of bySize[taken - 1] ?? []) {
        const to = bySize[taken];
        to?.set(total + rank, (to.get(total + rank) ?? 0) + count);
      }
    }
  }
  return bySize[size] as Map<number, number>;
}

/** The probabilities of many comparisons, each raised for there being so many (Holm, 1979); in the same order. */
export function holm(probabilities: readonly number[]): number[] {
  const order = probabilities.map((_, index) => index).sort((x, y) => at(probabilities, x) - at(probabilities, y));
  const raised = new Array<number>(probabilities.length);
  let least = 0;
  order.forEach((index, place) => {
    least = Math.max(least, Math.min(1, at(probabilities, index) * (probabilities.length - place)));
    raised[index] = least;
  });
  return raised;
}

export interface Difference {
  /** Median of the one divided by the median of the other. */
  readonly ratio: number;
  /** Corrected for how many were compared. */
  readonly probability: number;
  readonly isReal: boolean;
}

/** A table is wrong about one of its lines no more often than this. */
export const LEVEL = 0.05;

/** @param pairs what was measured of each figure, here and there */
export function differences(pairs: readonly { readonly here: readonly number[]; readonly there: readonly number[] }[]) {
  const raised = holm(pairs.map(({ here, there }) => mannWhitney(here, there)));
  return pairs.map(({ here, there }, index): Difference => {
    const probability = at(raised, index);
    return { ratio: median(here) / median(there), probability, isReal: probability < LEVEL };
  });
}

/** How many rounds it takes before anything in a table of so many figures can be told from noise. */
export function roundsNeeded(figures: number): number {
  let rounds = 1;
  // The most lopsided of all ways in which the ranks can fall, and the same the other way round.
  for (let ways = 2; (2 / ways) * figures >= LEVEL; ways *= (2 * (2 * rounds - 1)) / rounds) rounds++;
  return rounds;
}

function at(values: readonly number[], index: number): number {
  return values[index] as number;
}

function sum(values: readonly number[]): number {
  return values.reduce((total, each) => total + each, 0);
}
