import { messages } from '../model/messages.ts';
import { Refusal, refuseForNow, Unavailable } from '../model/refusal.ts';
import type { Events } from '../observe/events.ts';

/** Something broke that is ours: the log has the story, the user hears only that it did. */
export function logFault(events: Events, transactionId: string, fault: unknown): void {
  const text = fault instanceof Error ? (fault.stack ?? fault.message) : String(fault);
  events.said.publish({ level: 'error', transactionId, from: 'invocation', text });
}

/** The refusal that says "not now", if that is all that is wrong: something is away, or the node stops. */
export function notNow(thrown: unknown): Refusal | undefined {
  if (thrown instanceof Unavailable) return refuseForNow(messages.storeUnreachable, thrown);
  return thrown instanceof Refusal && thrown.status >= 500 ? thrown : undefined;
}
