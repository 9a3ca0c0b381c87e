import { messages } from '../model/messages.ts';
import { Refusal, refuse, refuseForNow, Unavailable, Unreadable } from '../model/refusal.ts';
import type { Events } from '../observe/events.ts';
import { CORS_HEADERS, TRANSACTION_HEADER } from './call.ts';

/** The one place where what was thrown becomes an answer: `{"code": transaction id, "error": sentence}` (ErrorResponse.scala). */
export function refusalResponse(thrown: unknown, transactionId: string, events: Events): Response {
  const refusal = refusalOf(thrown, transactionId, events);
  return new Response(JSON.stringify({ code: transactionId, error: refusal.message }), {
    status: refusal.status,
    headers: {
      ...(refusal.rejected ? {} : CORS_HEADERS),
      ...refusal.headers,
      'Content-Type': 'application/json',
      [TRANSACTION_HEADER]: transactionId,
    },
  });
}

/** Whatever is no refusal is a fault of ours: the log has the story, the caller the transaction id to ask for it. */
export function refusalOf(thrown: unknown, transactionId: string, events: Events): Refusal {
  const refusal = thrown instanceof Unavailable ? refuseForNow(messages.storeUnreachable, thrown) : thrown;
  if (refusal instanceof Refusal) {
    const { cause } = refusal;
    if (cause instanceof Unavailable) {
      events.said.publish({ level: 'warn', transactionId, from: 'api', text: cause.message });
    }
    return refusal;
  }
  if (thrown instanceof Unreadable) {
    events.said.publish({ level: 'warn', transactionId, from: 'api', text: thrown.message });
    return refuse(500, messages.corrupted);
  }
  const text = thrown instanceof Error ? (thrown.stack ?? thrown.message) : String(thrown);
  events.said.publish({ level: 'error', transactionId, from: 'api', text });
  return new Refusal(500, messages.internalError);
}
