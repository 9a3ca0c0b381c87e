import { Refusal, Unavailable } from '../model/refusal.ts';
import type { Perform, Work } from '../model/work.ts';
import type { Events } from '../observe/events.ts';
import type { Journal, JournalEntry } from '../store/journal.ts';

export interface BacklogOptions {
  readonly journal: Journal;
  readonly perform: Perform;
  /** Does again what could not be begun, here, a moment ago. */
  readonly retry: (work: Work) => Promise<void>;
  readonly events: Events;
  /** How often work is begun at most. */
  readonly maxTries: number;
}

type Entry = Omit<JournalEntry, 'position'>;

/** Of the backlog, so much is under way at once: what is accepted now is not to wait for it. */
const AT_ONCE = 16;
const PAGE = 16;
const FIRST_PAUSE_MS = 200;
const LAST_PAUSE_MS = 10_000;

/**
 * What stands in the journal from before this start, in order of acceptance, some of it at once; and what could not be begun a
 * moment ago.
 *
 * Each is counted as tried before it is begun. It is not known which of those that were under way ended the node: the
 * last try of each is made alone, after all others, so that only the one that does it again is given up.
 */
export class Backlog {
  readonly #options: BacklogOptions;
  readonly #stopped = Promise.withResolvers<void>();
  #isStopped = false;

  constructor(options: BacklogOptions) {
    this.#options = options;
  }

  /** Resolves when all that was there at the start is done, or the node stops. */
  async run(): Promise<void> {
    const { journal, events } = this.#options;
    const { pending } = journal.size;
    if (pending === 0) return;
    events.info('journal', `${pending} activations that were accepted before this start are done now`);
    const last: JournalEntry[] = [];
    const entries = this.#entries();
    const work = async () => {
      for (let next = await entries.next(); !next.done; next = await entries.next()) {
        if (this.#isLastTry(next.value)) last.push(next.value);
        else await this.take(next.value);
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, work));
    for (const entry of last) await this.take(entry);
    if (!this.#isStopped) events.info('journal', 'what was accepted before this start is done');
  }

  /** Does an entry of the journal, again and again while something is away. Never rejects. */
  async take(entry: Entry, perform = this.#options.perform): Promise<void> {
    const { events } = this.#options;
    const { activationId } = entry.work;
    const counted = { isCounted: false };
    for (let pauseMs = FIRST_PAUSE_MS; !this.#isStopped; pauseMs = Math.min(pauseMs * 2, LAST_PAUSE_MS)) {
      try {
        return await this.#do(entry, counted, perform);
      } catch (error) {
        if (this.#isStopped) break;
        const text = error instanceof Error ? error.message : String(error);
        if (!isAway(error)) {
          events.error('journal', `activation ${activationId} is left to the next start: ${text}`);
          return;
        }
        if (pauseMs === FIRST_PAUSE_MS)
          events.warn('journal', `activation ${activationId} must wait, and is tried again: ${text}`);
      }
      await this.#pause(pauseMs);
    }
    if (counted.isCounted) await this.#uncount(entry);
  }

  /** Work that was taken on here, but could not be begun: it is tried again, or waits for the next start. */
  async putBack(work: Work): Promise<void> {
    if (this.#isStopped) return this.#uncount({ work, tries: 0 });
    await this.take({ work, tries: 0 }, this.#options.retry);
  }

  /** What is not begun by now stays in the journal. */
  stop(): void {
    this.#isStopped = true;
    this.#stopped.resolve();
  }

  async #do({ work, tries }: Entry, counted: { isCounted: boolean }, perform: Perform): Promise<void> {
    const { journal, maxTries } = this.#options;
    // Done meanwhile: by a fire that it is a part of, or at the word of another node.
    if (!(await journal.find(work.activationId))) return;
    if (!counted.isCounted && tries < maxTries) {
      await journal.tried(work.activationId, tries + 1);
      counted.isCounted = true;
    }
    await perform(work, tries);
    await journal.remove(work.activationId);
  }

  /** The node was asked to stop: it is not this work that ended it. */
  async #uncount({ work, tries }: Entry): Promise<void> {
    try {
      await this.#options.journal.tried(work.activationId, tries);
    } catch (error) {
      this.#options.events.warn('journal', `a try of ${work.activationId} is counted that was none: ${String(error)}`);
    }
  }

  async *#entries(): AsyncGenerator<JournalEntry, undefined> {
    let after = 0;
    for (;;) {
      const page = await this.#page(after);
      for (const entry of page) {
        if (this.#isStopped) return undefined;
        after = entry.position;
        yield entry;
      }
      if (page.length < PAGE) return undefined;
    }
  }

  async #page(after: number): Promise<JournalEntry[]> {
    const { journal, events } = this.#options;
    for (; !this.#isStopped; await this.#pause(LAST_PAUSE_MS)) {
      try {
        return await journal.pending(after, PAGE);
      } catch (error) {
        events.error('journal', `what was accepted cannot be read, and is tried again: ${String(error)}`);
      }
    }
    return [];
  }

  #isLastTry({ tries }: JournalEntry): boolean {
    const { maxTries } = this.#options;
    return tries > 0 && tries === maxTries - 1;
  }

  async #pause(ms: number): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, ms);
    await Promise.race([promise, this.#stopped.promise]);
    clearTimeout(timer);
  }
}

/** Something is not there now, and may be in a moment. */
function isAway(error: unknown): boolean {
  return error instanceof Refusal || error instanceof Unavailable;
}
