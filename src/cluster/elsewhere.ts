import { type Entry, keyOf } from './entry.ts';
import { type Members, SILENCE_MS } from './members.ts';
import type { Others } from './partitions.ts';
import { type BeatMessage, type EndedMessage, type Origin, ownerOf } from './wire.ts';

/** How long it is remembered that something has ended elsewhere: by then all have heard who owns it. */
const ENDED_KEPT_MS = 120_000;
/** How long an owner before this one that lives is asked what it has: it may hold on to a partition that it has lost. */
const ASKED_MS = SILENCE_MS;

/** A message that is left to a node that owned its partition before. */
interface Left {
  readonly entry: Entry;
  readonly owner: Origin;
  /** When it is no longer left to that node; never, once it is known to have begun it. */
  readonly until: number;
}

/**
 * What owners before this node have begun of its partitions, or may have, and are still alive: it is left to them until they say that
 * they do not have it, that it has ended, or are dead. Times are milliseconds of a clock that only goes forward. Pure.
 */
export class Elsewhere {
  readonly #members: Pick<Members, 'isGone'>;
  readonly #left = new Map<string, Left>();
  /** What others told that it has ended, of partitions that this node may get. */
  readonly #ended = new Map<string, number>();

  constructor(members: Pick<Members, 'isGone'>) {
    this.#members = members;
  }

  get size(): number {
    return this.#left.size;
  }

  /** Leaves it to whoever has it. Answers false when nobody has who lives: then it is to be begun here. */
  leave(entry: Entry, { begunBy, before }: Others, now: number): boolean {
    const lives = (origin: Origin | undefined) => origin !== undefined && !this.#members.isGone(origin, now);
    const owner = [begunBy, before].find(lives);
    if (!owner) return false;
    const until = owner === begunBy ? Number.POSITIVE_INFINITY : now + ASKED_MS;
    this.#left.set(keyOf(entry), { entry, owner, until });
    return true;
  }

  /** It has ended there. @param isOwned whether this node owns the partition now; else it is remembered until it may */
  ended(message: EndedMessage, isOwned: boolean, now: number): void {
    const key = keyOf(message);
    this.#left.delete(key);
    if (!isOwned) this.#ended.set(key, now);
  }

  /** Whether it had ended elsewhere before it came; it is asked once. */
  hadEnded(entry: Entry): boolean {
    return this.#ended.delete(keyOf(entry));
  }

  /** Forgets those that are for others to look after. */
  drop(isLost: (entry: Entry) => boolean): void {
    for (const [key, { entry }] of this.#left) if (isLost(entry)) this.#left.delete(key);
  }

  /**
   * What a node holds it has begun; what it neither owns nor holds it has not, whatever was known of it. Answers what it has, and what
   * is free to be begun here.
   */
  heard({ from, partitions, holding }: BeatMessage): { readonly held: Entry[]; readonly free: Entry[] } {
    const node = ownerOf(from);
    const held = holding.map((key) => this.#left.get(key)?.entry).filter((entry) => entry !== undefined);
    for (const entry of held) this.#left.set(keyOf(entry), { entry, owner: from, until: Number.POSITIVE_INFINITY });
    const free = this.#release(
      ({ entry, owner }) =>
        ownerOf(owner) === node && !partitions.includes(entry.partition) && !holding.includes(keyOf(entry)),
    );
    return { held, free };
  }

  /** Answers what dead nodes had, and those that did not say so in time, which is to be begun here. */
  tick(now: number): Entry[] {
    for (const [key, at] of this.#ended) if (now - at > ENDED_KEPT_MS) this.#ended.delete(key);
    return this.#release(({ owner, until }) => now > until || this.#members.isGone(owner, now));
  }

  #release(isFree: (left: Left) => boolean): Entry[] {
    const free = [...this.#left.values()].filter(isFree).map(({ entry }) => entry);
    for (const entry of free) this.#left.delete(keyOf(entry));
    return free;
  }
}
