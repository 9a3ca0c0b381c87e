import type { Work, WorkHead } from '../model/work.ts';

/**
 * What this node has accepted and not yet done. It lies in the node's own data folder, whatever engine the store is: it needs
 * nobody else to be there when the node accepts, nor when it starts again after it was killed.
 *
 * - An entry is added before the client hears 202, and goes when the record of its activation is stored.
 * - Changes that resolved are durable. A journal that cannot write now rejects with `StoreUnavailable`; nothing is changed.
 *
 * Every implementation runs `test/contract/journal.ts`.
 */
export interface Journal {
  /** True when storing a record takes the entry of its activation away, in the same transaction: then nobody has to. */
  readonly endsWithRecord: boolean;
  /** Why nothing can be written any more, as a sentence for the operator: until the node is started again. Undefined while it can. */
  readonly away: string | undefined;
  /** How many entries and dead letters there are. */
  readonly size: { readonly pending: number; readonly dead: number };
  readonly deadLetters: DeadLetters;
  /**
   * Adds entries, all or none. What is there already stays as it is; so does what has its record, where records take
   * entries away.
   *
   * @param tries how often they have been begun: 1 for what is begun at once
   */
  add(works: readonly Work[], tries: number): Promise<void>;
  /** Notes how often the work has been begun. */
  tried(activationId: string, tries: number): Promise<void>;
  remove(activationId: string): Promise<void>;
  find(activationId: string): Promise<JournalEntry | undefined>;
  /**
   * Entries that were there when the journal was opened, in the order in which they were added.
   *
   * @param after the position of the last one that was read before; 0 for the first
   */
  pending(after: number, limit: number): Promise<JournalEntry[]>;
}

export interface JournalEntry {
  /** Grows with each entry. */
  readonly position: number;
  readonly work: Work;
  /** How often it has been begun. */
  readonly tries: number;
}

/** Work that was given up, kept for somebody to look at it, to have it done again, or to delete it. */
export interface DeadLetters {
  /** Keeps the work among the dead letters; one of the same activation is replaced. Its entry stays until its record is stored. */
  bury(letter: DeadLetter): Promise<void>;
  /** The one that was buried last comes first. */
  list(): Promise<DeadLetterHead[]>;
  find(activationId: string): Promise<DeadLetter | undefined>;
  /** True when there was one. */
  remove(activationId: string): Promise<boolean>;
}

export interface DeadLetter extends DeadLetterHead {
  readonly work: Work;
}

export interface DeadLetterHead {
  readonly work: WorkHead;
  readonly tries: number;
  /** A sentence for the operator. */
  readonly why: string;
  /** Milliseconds since the epoch. */
  readonly buriedAt: number;
}
