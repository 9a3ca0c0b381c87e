import { type Entry, keyOf, type Place } from './entry.ts';
import type { Members } from './members.ts';
import { type BeatMessage, type Origin, ownerOf } from './wire.ts';

/** How long it is remembered that something has ended elsewhere: by then all have heard who owns it. */
const ENDED_KEPT_MS = 120_000;

/**
 * What owners before this node have begun of its partitions, and are still alive: it is left to them until they say that it has
 * ended, or are dead. Times are milliseconds of a clock that only goes forward. Pure.
 */
export class Elsewhere {
  readonly #members: Pick<Members, 'isGone'>;
  readonly #entries = new Map<string, { readonly entry: Entry; readonly owner: Origin }>();
  /** What has ended, of partitions that this node may get: others told so, or it ended here when they were no longer this node's. */
  readonly #ended = new Map<string, number>();

  constructor(members: Pick<Members, 'isGone'>) {
    this.#members = members;
  }

  get size(): number {
    return this.#entries.size;
  }

  add(entry: Entry, owner: Origin): void {
    this.#entries.set(keyOf(entry), { entry, owner });
  }

  /** It has ended there. @param isOwned whether this node owns the partition now; else it is remembered until it may */
  ended(place: Place, isOwned: boolean, now: number): void {
    const key = keyOf(place);
    this.#entries.delete(key);
    if (!isOwned) this.#ended.set(key, now);
  }

  /** Whether it had ended elsewhere before it came; it is asked once. */
  hadEnded(entry: Entry): boolean {
    return this.#ended.delete(keyOf(entry));
  }

  /** Forgets those that are for others to look after. */
  drop(isLost: (entry: Entry) => boolean): void {
    for (const [key, { entry }] of this.#entries) if (isLost(entry)) this.#entries.delete(key);
  }

  /** What a node neither owns nor holds it has not, whatever was known of it. Answers what is to be begun here. */
  heard({ from, partitions, holding }: BeatMessage): Entry[] {
    const node = ownerOf(from);
    return this.#release(
      ({ entry, owner }) =>
        ownerOf(owner) === node && !partitions.includes(entry.partition) && !holding.includes(keyOf(entry)),
    );
  }

  /** Answers what dead nodes had, which is to be begun here. */
  tick(now: number): Entry[] {
    for (const [key, at] of this.#ended) if (now - at > ENDED_KEPT_MS) this.#ended.delete(key);
    return this.#release(({ owner }) => this.#members.isGone(owner, now));
  }

  #release(isFree: (each: { readonly entry: Entry; readonly owner: Origin }) => boolean): Entry[] {
    const free = [...this.#entries.values()].filter(isFree).map(({ entry }) => entry);
    for (const entry of free) this.#entries.delete(keyOf(entry));
    return free;
  }
}
