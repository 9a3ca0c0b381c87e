import type { Work } from '../../src/model/work.ts';
import type { DeadLetter, DeadLetterHead, Journal, JournalEntry } from '../../src/store/journal.ts';
import { StoreUnavailable } from '../../src/store/store.ts';
import { headOf } from '../util/work.ts';

type Contents = {
  readonly entries: Map<string, JournalEntry>;
  readonly dead: Map<string, DeadLetter>;
};

/** A journal in memory, which outlives its closing when it is given the contents of another; it is told when it cannot write. */
export class FakeJournal implements Journal {
  readonly endsWithRecord = false;
  readonly contents: Contents;
  isAway = false;
  readonly #last: number;
  #position: number;

  constructor(contents: Contents = { entries: new Map(), dead: new Map() }) {
    this.contents = contents;
    this.#last = Math.max(0, ...[...contents.entries.values()].map(({ position }) => position));
    this.#position = this.#last;
  }

  readonly away = undefined;

  get size() {
    return { pending: this.contents.entries.size, dead: this.contents.dead.size };
  }

  async add(works: readonly Work[], tries: number): Promise<void> {
    this.#checkWritable();
    const { entries } = this.contents;
    for (const work of works) {
      const { activationId } = work;
      if (!entries.has(activationId)) entries.set(activationId, { position: ++this.#position, work, tries });
    }
  }

  async tried(activationId: string, tries: number): Promise<void> {
    this.#checkWritable();
    const entry = this.contents.entries.get(activationId);
    if (entry) this.contents.entries.set(activationId, { ...entry, tries });
  }

  async remove(activationId: string): Promise<void> {
    this.#checkWritable();
    this.contents.entries.delete(activationId);
  }

  async find(activationId: string): Promise<JournalEntry | undefined> {
    return this.contents.entries.get(activationId);
  }

  async pending(after: number, limit: number): Promise<JournalEntry[]> {
    return [...this.contents.entries.values()]
      .filter(({ position }) => position > after && position <= this.#last)
      .slice(0, limit);
  }

  readonly deadLetters = {
    bury: async (letter: DeadLetter): Promise<void> => {
      this.#checkWritable();
      this.contents.dead.delete(letter.work.activationId);
      this.contents.dead.set(letter.work.activationId, letter);
    },
    list: async (): Promise<DeadLetterHead[]> => [...this.contents.dead.values()].reverse().map(headOf),
    find: async (activationId: string): Promise<DeadLetter | undefined> => this.contents.dead.get(activationId),
    remove: async (activationId: string): Promise<boolean> => {
      this.#checkWritable();
      return this.contents.dead.delete(activationId);
    },
  };

  #checkWritable(): void {
    if (this.isAway) throw new StoreUnavailable('the disk is full');
  }
}
