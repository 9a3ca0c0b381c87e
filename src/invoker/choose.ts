/**
 * The pool's decisions, pure: they look at a snapshot and answer; `invoker.ts` acts in the same tick.
 */

/** What a decision may know of a container. */
export interface View {
  readonly id: string;
  /** Megabytes. */
  readonly memory: number;
  /** Milliseconds of `performance.now()`: clocks are set back, and edge hosts often begin in 1970. */
  readonly lastUsed: number;
}

/** A stem cell for an action of this size: one that fits as it is, else any: it will be resized. */
export function pickStemCell<V extends View>(cells: readonly V[], memory: number): V | undefined {
  return cells.find((cell) => cell.memory === memory) ?? cells[0];
}

/** What may be evicted, by who is missed least. */
export interface Evictable<V extends View> {
  /** Stem cells beyond what the manifest wants. */
  readonly surplus: readonly V[];
  /** Containers with an action and no job. */
  readonly idle: readonly V[];
  /** Stem cells that the manifest wants. */
  readonly stemCells: readonly V[];
}

/**
 * Whom to evict so that `need` megabytes fit beside what is used: surplus stem cells first, then the idle ones
 * unused for longest, the wanted stem cells last. Empty when it fits as it is, undefined when it cannot be made to fit.
 */
export function makeRoom<V extends View>(need: number, free: number, evictable: Evictable<V>): V[] | undefined {
  if (need <= free) return [];
  const oldestFirst = (views: readonly V[]) => [...views].sort((a, b) => a.lastUsed - b.lastUsed);
  const order = [...evictable.surplus, ...oldestFirst(evictable.idle), ...oldestFirst(evictable.stemCells)];
  const victims: V[] = [];
  let room = free;
  for (const victim of order) {
    victims.push(victim);
    room += victim.memory;
    if (room >= need) return victims;
  }
  return undefined;
}

/** Somebody who waits. */
export interface Waiting {
  /** Milliseconds of `performance.now()`. */
  readonly since: number;
  /** Megabytes of containers that work for its namespace now. */
  readonly held: number;
}

/**
 * Whose turn it is: the namespace that has least at work comes first, so that nobody's flood holds up another's call for
 * longer than it takes one container to come free; between equals, who came first.
 */
export function compareTurns(a: Waiting, b: Waiting): number {
  return a.held - b.held || a.since - b.since;
}

/**
 * Whether a container that just became free, with waiters of its own action, is given up for an action that has no
 * container: only when it is that one's turn and it has waited out `patienceMs`. Serving one's own first avoids a cold start for each
 * call where many actions share little memory; patience ends it, so that nobody starves.
 *
 * @param own what else its namespace holds, beside this container
 */
export function isGivenUp(own: Waiting, other: Waiting | undefined, now: number, patienceMs: number): boolean {
  return other !== undefined && compareTurns(other, own) < 0 && now - other.since >= patienceMs;
}

/** How many more containers an action needs, counting what is on its way to it. */
export function startsNeeded(waiters: number, onTheWay: number, concurrency: number): number {
  return Math.max(0, Math.ceil(waiters / concurrency) - onTheWay);
}

/** How many stem cells to start now: the missing ones, as many as fit without evicting anybody. */
export function stemCellsToStart(wanted: number, have: number, memory: number, free: number): number {
  return Math.max(0, Math.min(wanted - have, Math.floor(free / memory)));
}

/** The idle ones whose time is over. */
export function expired<V extends View>(idle: readonly V[], now: number, keepAliveMs: number): V[] {
  return idle.filter((view) => now - view.lastUsed >= keepAliveMs);
}
