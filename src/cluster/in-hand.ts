import { keyOf, type Place } from './entry.ts';

/**
 * What is being looked up, or has been begun and has not ended, also of partitions that are others' by now: of those also what has ended,
 * until the others know.
 */
export class InHand {
  readonly #places = new Map<string, Place>();
  #waiters: (() => void)[] = [];

  get size(): number {
    return this.#places.size;
  }

  has(place: Place): boolean {
    return this.#places.has(keyOf(place));
  }

  add(place: Place): void {
    this.#places.set(keyOf(place), place);
  }

  remove(place: Place): void {
    this.#places.delete(keyOf(place));
    if (this.size === 0) for (const tell of this.#waiters.splice(0)) tell();
  }

  /** By the names that heartbeats have for them. */
  of(isMeant: (place: Place) => boolean): string[] {
    return [...this.#places].filter(([, place]) => isMeant(place)).map(([key]) => key);
  }

  /** Resolves when there is nothing in it. */
  async empty(): Promise<void> {
    if (this.size > 0) await new Promise<void>((resolve) => this.#waiters.push(resolve));
  }
}
