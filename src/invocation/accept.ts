import { messages } from '../model/messages.ts';
import { refuseForNow } from '../model/refusal.ts';
import type { Accept, Work } from '../model/work.ts';
import type { Events } from '../observe/events.ts';
import type { Journal } from '../store/journal.ts';
import { StoreUnavailable } from '../store/store.ts';

/** Takes all work on here, in the node's own journal. That it cannot is said once, until it can again. */
export function acceptHere(journal: Pick<Journal, 'add'>, events: Events): Accept {
  let isAway = false;
  const add = async (works: readonly Work[]) => {
    try {
      await journal.add(works, 1);
    } catch (error) {
      if (!isAway) sayAway(events, error);
      isAway = true;
      throw notWritten(error, messages.journalAway);
    }
    if (isAway) events.info('journal', 'work is accepted again');
    isAway = false;
  };
  return async (works, begin, isBacked = false) => {
    const written = add(works);
    if (isBacked) for (const work of works) begin(work);
    await written;
    if (!isBacked) for (const work of works) begin(work);
  };
}

/** The operator is to know why clients hear 503. */
export function sayAway(events: Events, error: unknown): void {
  events.error('journal', `no work is accepted: ${error instanceof Error ? error.message : String(error)}`);
}

/** What a client hears of that. */
export function notWritten(error: unknown, sentence: string): unknown {
  return error instanceof StoreUnavailable ? refuseForNow(sentence) : error;
}
