import { type Entry, keyOf } from './entry.ts';

/** What is being looked up, or has been begun and has not ended, also of partitions that are others' by now. */
export class InHand {
  readonly #entries = new Map<string, Entry>();
  #waiters: (() => void)[] = [];

  get size(): number {
    return this.#entries.size;
  }

  has(entry: Entry): boolean {
    return this.#entries.has(keyOf(entry));
  }

  add(entry: Entry): void {
    this.#entries.set(keyOf(entry), entry);
  }

  remove(entry: Entry): void {
    this.#entries.delete(keyOf(entry));
    if (this.size === 0) for (const tell of this.#waiters.splice(0)) tell();
  }

  /** By the names that heartbeats have for them. */
  of(isMeant: (entry: Entry) => boolean): string[] {
    return [...this.#entries].filter(([, entry]) => isMeant(entry)).map(([key]) => key);
  }

  /** Resolves when there is nothing in it. */
  async empty(): Promise<void> {
    if (this.size > 0) await new Promise<void>((resolve) => this.#waiters.push(resolve));
  }
}
