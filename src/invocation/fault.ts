import type { Events } from '../observe/events.ts';

/** Something broke that is ours: the log has the story, the user hears only that it did. */
export function logFault(events: Events, transactionId: string, fault: unknown): void {
  const text = fault instanceof Error ? (fault.stack ?? fault.message) : String(fault);
  events.said.publish({ level: 'error', transactionId, from: 'invocation', text });
}
