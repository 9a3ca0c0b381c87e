import type { Activation } from '../model/activation.ts';
import { annotation } from '../model/entities.ts';
import type { ActivationQuery } from './store.ts';

/**
 * The name by which a list's `name` finds a record: `hello`, or `tools/hello` for an action in a package. Through a
 * binding it is the binding's name (the view `activations` of `whisks-filters.v2.1.1`).
 */
export function shownAs({ name, annotations }: Pick<Activation, 'name' | 'annotations'>): string {
  const binding = annotation(annotations, 'binding');
  if (typeof binding === 'string' && binding !== '') return `${binding.split('/')[1]}/${name}`;
  const path = annotation(annotations, 'path');
  if (typeof path !== 'string') return name;
  const parts = path.split('/');
  return parts.length === 3 ? `${parts[1]}/${name}` : name;
}

/** True when a list with this query shows the record. */
export function isAskedFor(activation: Activation, query: Omit<ActivationQuery, 'skip' | 'limit'>): boolean {
  const { start } = activation;
  return (
    activation.namespace === query.namespace &&
    start >= (query.since ?? -Infinity) &&
    start <= (query.upto ?? Infinity) &&
    (query.name === undefined || shownAs(activation) === query.name)
  );
}

/** Which stored rows a page can need when some records still wait: from `offset` on, at most `limit`. */
export function windowFor(waiting: number, skip: number, limit: number): { offset: number; limit: number } {
  const offset = Math.max(0, skip - waiting);
  return { offset, limit: limit + skip - offset };
}

/**
 * One page of what is stored and what still waits to be stored, newest `start` first; between equals the waiting one
 * is newer.
 *
 * @param waiting newest first, none of them among the stored
 * @param rows the stored ones of the window for this page, newest first
 */
export function mergePage<T extends { readonly start: number }>(
  waiting: readonly T[],
  rows: T[],
  skip: number,
  limit: number,
): T[] {
  if (waiting.length === 0) return rows;
  const { offset } = windowFor(waiting.length, skip, limit);
  const first = rows[0];
  // Nothing stored from the window on: even with all that wait before it, the end comes before the page.
  if (first === undefined && offset > 0) return [];
  // With stored rows left out at the front, the waiting records before the first row are on earlier pages.
  let w = first === undefined || offset === 0 ? 0 : countWhile(waiting, (each) => each.start >= first.start);
  let position = offset + w;
  const page: T[] = [];
  for (let r = 0; page.length < limit; position++) {
    const [a, b] = [waiting[w], rows[r]];
    const next = a !== undefined && (b === undefined || a.start >= b.start) ? a : b;
    if (next === undefined) break;
    if (next === a) w++;
    else r++;
    if (position >= skip) page.push(next);
  }
  return page;
}

function countWhile<T>(items: readonly T[], holds: (item: T) => boolean): number {
  const end = items.findIndex((item) => !holds(item));
  return end === -1 ? items.length : end;
}
