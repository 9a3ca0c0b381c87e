import type { Work } from '../../model/work.ts';
import type { DeadLetter, DeadLetterHead, DeadLetters, Journal, JournalEntry } from '../journal.ts';
import { type Read, readFrom } from './faults.ts';
import type { WriterLink } from './link.ts';
import { toWorkRow, type WorkReads } from './work.ts';

export interface SqliteJournalOptions {
  /** For the words of refusals. */
  readonly file: string;
  /** True when records are put into the same file. */
  readonly endsWithRecord: boolean;
}

/**
 * The journal in the node's own data file: written by the writer thread, whose transactions take all that lies ready and are synced
 * once, and read by key or in order on the serving thread.
 */
export class SqliteJournal implements Journal {
  readonly endsWithRecord: boolean;
  readonly deadLetters: DeadLetters;
  readonly #read: Read<WorkReads>;
  readonly #link: WriterLink;
  /** Of the last entry that was there when the file was opened. */
  readonly #last: number;

  constructor(reads: WorkReads, link: WriterLink, { file, endsWithRecord }: SqliteJournalOptions) {
    this.endsWithRecord = endsWithRecord;
    this.#link = link;
    this.#read = readFrom(reads, file);
    this.#last = this.#read((it) => it.lastPosition());
    this.deadLetters = new SqliteDeadLetters(this.#read, link);
  }

  get away(): string | undefined {
    return this.#link.gone;
  }

  get size(): { readonly pending: number; readonly dead: number } {
    return this.#read((reads) => reads.size());
  }

  async add(works: readonly Work[], tries: number): Promise<void> {
    await this.#link.ask({ kind: 'addWork', works: works.map(toWorkRow), tries });
  }

  async tried(id: string, tries: number): Promise<void> {
    await this.#link.ask({ kind: 'triedWork', id, tries });
  }

  async remove(id: string): Promise<void> {
    await this.#link.ask({ kind: 'removeWork', id });
  }

  async find(id: string): Promise<JournalEntry | undefined> {
    return this.#read((reads) => reads.find(id));
  }

  async pending(after: number, limit: number): Promise<JournalEntry[]> {
    return this.#read((reads) => reads.page(after, this.#last, limit));
  }
}

class SqliteDeadLetters implements DeadLetters {
  readonly #read: Read<WorkReads>;
  readonly #link: WriterLink;

  constructor(read: Read<WorkReads>, link: WriterLink) {
    this.#read = read;
    this.#link = link;
  }

  async bury({ work, tries, why, buriedAt }: DeadLetter): Promise<void> {
    await this.#link.ask({ kind: 'bury', work: toWorkRow(work), tries, why, buried: buriedAt });
  }

  async list(): Promise<DeadLetterHead[]> {
    return this.#read((reads) => reads.dead());
  }

  async find(id: string): Promise<DeadLetter | undefined> {
    return this.#read((reads) => reads.findDead(id));
  }

  async remove(id: string): Promise<boolean> {
    return (await this.#link.ask({ kind: 'removeDead', id })) === 1;
  }
}
