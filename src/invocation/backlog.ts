import { isRefusedOrAway } from '../model/refusal.ts';
import type { Perform } from '../model/work.ts';
import type { Events } from '../observe/events.ts';
import type { Journal, JournalEntry } from '../store/journal.ts';

export interface BacklogOptions {
  readonly journal: Journal;
  readonly perform: Perform;
  readonly events: Events;
  /** How often work is begun at most. */
  readonly maxTries: number;
}

/** What is remembered of an entry that waits: not the work itself, which may be large, and is in the journal. */
interface Turn {
  readonly activationId: string;
  /** How often it had been begun. */
  readonly tries: number;
  /** Whether this try stands in the journal. */
  isCounted: boolean;
}

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
  /** Ids of what could not be begun, in the order in which it is tried again. */
  readonly #putBack: string[] = [];
  #retriers = 0;
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
    const last: Turn[] = [];
    const turns = this.#turns();
    const work = async () => {
      for (let next = await turns.next(); !next.done; next = await turns.next()) {
        if (this.#isLastTry(next.value)) last.push(next.value);
        else await this.#take(next.value);
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, work));
    for (const turn of last) await this.#take(turn);
    if (!this.#isStopped) events.info('journal', 'what was accepted before this start is done');
  }

  /** Work that was taken on here, and counted, but could not be begun: it is tried again, or waits for the next start. */
  again(activationId: string): void {
    this.#putOff(activationId);
    if (this.#retriers < AT_ONCE) void this.#retry();
  }

  /** Takes the entry of work that has ended away, when the disk is full as soon as there is room. Never rejects. */
  async end(activationId: string): Promise<void> {
    const { journal, events } = this.#options;
    for (let pauseMs = FIRST_PAUSE_MS; ; pauseMs = longer(pauseMs)) {
      try {
        return await journal.remove(activationId);
      } catch (error) {
        if (this.#isStopped || !isRefusedOrAway(error)) {
          events.warn('journal', `activation ${activationId} has ended, and stays in the journal: ${textOf(error)}`);
          return;
        }
      }
      await this.#pause(pauseMs);
    }
  }

  /** What is not begun by now stays in the journal. */
  stop(): void {
    this.#isStopped = true;
    this.#stopped.resolve();
    for (const activationId of this.#putBack.splice(0)) void this.#uncount({ activationId, tries: 0 });
  }

  #putOff(activationId: string): void {
    if (this.#isStopped) void this.#uncount({ activationId, tries: 0 });
    else this.#putBack.push(activationId);
  }

  /** Takes what was put back, one after the other; while something is away, the next one's turn comes after a pause. */
  async #retry(): Promise<void> {
    this.#retriers++;
    for (let pauseMs = FIRST_PAUSE_MS; ; ) {
      const activationId = this.#putBack.shift();
      if (activationId === undefined) break;
      const turn = { activationId, tries: 0, isCounted: true };
      if (await this.#attempt(turn, pauseMs === FIRST_PAUSE_MS)) pauseMs = FIRST_PAUSE_MS;
      else {
        this.#putOff(activationId);
        await this.#pause(pauseMs);
        pauseMs = longer(pauseMs);
      }
    }
    this.#retriers--;
  }

  /** Does an entry, again and again while something is away. Never rejects. */
  async #take(turn: Turn): Promise<void> {
    for (let pauseMs = FIRST_PAUSE_MS; !this.#isStopped; pauseMs = longer(pauseMs)) {
      if (await this.#attempt(turn, pauseMs === FIRST_PAUSE_MS)) return;
      await this.#pause(pauseMs);
    }
    if (turn.isCounted) await this.#uncount(turn);
  }

  /** False when it is to be tried again, because something is away. Never rejects. @param isFirst whether that is to be said */
  async #attempt(turn: Turn, isFirst: boolean): Promise<boolean> {
    const { journal, events, maxTries, perform } = this.#options;
    const { activationId, tries } = turn;
    try {
      // Done meanwhile: by a fire that it is a part of, or at the word of another node.
      const entry = await journal.find(activationId);
      if (!entry) return true;
      if (!turn.isCounted && tries < maxTries) {
        await journal.tried(activationId, tries + 1);
        turn.isCounted = true;
      }
      // What stands in the journal was let in.
      await perform(entry.work, tries, true);
    } catch (error) {
      if (isRefusedOrAway(error)) {
        if (isFirst && !this.#isStopped)
          events.warn('journal', `activation ${activationId} must wait, and is tried again: ${textOf(error)}`);
        return false;
      }
      events.error('journal', `activation ${activationId} is left to the next start: ${textOf(error)}`);
      return true;
    }
    await this.end(activationId);
    return true;
  }

  /** The node was asked to stop: it is not this work that ended it. Never rejects. */
  async #uncount({ activationId, tries }: Omit<Turn, 'isCounted'>): Promise<void> {
    try {
      await this.#options.journal.tried(activationId, tries);
    } catch (error) {
      this.#options.events.warn('journal', `a try of ${activationId} is counted that was none: ${textOf(error)}`);
    }
  }

  async *#turns(): AsyncGenerator<Turn, undefined> {
    let after = 0;
    for (;;) {
      const page = await this.#page(after);
      for (const { position, work, tries } of page) {
        if (this.#isStopped) return undefined;
        after = position;
        yield { activationId: work.activationId, tries, isCounted: false };
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
        events.error('journal', `what was accepted cannot be read, and is tried again: ${textOf(error)}`);
      }
    }
    return [];
  }

  #isLastTry({ tries }: Turn): boolean {
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

function longer(pauseMs: number): number {
  return Math.min(pauseMs * 2, LAST_PAUSE_MS);
}

function textOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
