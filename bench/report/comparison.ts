import { type Difference, roundsNeeded } from '../measure/difference.ts';
import type { Figure } from '../measure/figure.ts';
import { median } from '../measure/stats.ts';
import { columns, show } from './table.ts';

/** A figure of two trees. */
export interface Compared extends Difference, Pick<Figure, 'id' | 'title' | 'unit' | 'better'> {
  readonly here: readonly number[];
  readonly there: readonly number[];
}

/** What was compared, as a table for a terminal. Pure. @param other how the other tree is called */
export function comparisonOf(compared: readonly Compared[], other: string): string {
  const head = ['', other, 'this tree', 'change', 'p', ''];
  const table = columns([head, ...compared.map(rowOf)], [0, 5]);
  const needed = roundsNeeded(compared.length);
  const few = (compared[0]?.here.length ?? needed) < needed;
  const warning = few
    ? `\n${compared.length} figures need ${needed} rounds before any difference can be told from noise.`
    : '';
  return `${table}\n\np: how likely luck alone is to make such a difference anywhere in this table (Mann–Whitney, Holm).${warning}`;
}

function rowOf({ title, unit, better, here, there, ratio, probability, isReal }: Compared): string[] {
  const side = (values: readonly number[]) =>
    `${show(median(values))} ${unit} (${show(Math.min(...values))}–${show(Math.max(...values))})`;
  const change = `${ratio >= 1 ? '+' : '−'}${(Math.abs(ratio - 1) * 100).toFixed(1)} %`;
  const isBetter = better === 'lower' ? ratio < 1 : ratio > 1;
  const verdict = isReal ? (isBetter ? 'better' : 'WORSE') : 'noise';
  return [title, side(there), side(here), change, probability.toFixed(3), verdict];
}
