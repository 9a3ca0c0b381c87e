import { messages } from '../model/messages.ts';
import { whiskError } from '../model/outcome.ts';
import { ENVELOPE_BYTES } from './overflow.ts';
import { encode, type OutcomeMessage } from './wire.ts';

/**
 * The message, in as many bytes as Kafka takes: with as many of its log lines as there is room for. A result that has no room at
 * all becomes an error that says so: topics that others have made may take less than the longest result. Pure.
 */
export function fitting(message: OutcomeMessage, limit: number): Uint8Array {
  const excess = (bytes: Uint8Array) => bytes.byteLength + ENVELOPE_BYTES - limit;
  const whole = encode(message);
  if (excess(whole) <= 0) return whole;
  const { logs, response } = message.outcome;
  const bare = { ...message.outcome, logs: [] };
  const isTooLong = excess(encode({ ...message, outcome: bare })) > 0;
  const outcome = { ...bare, response: isTooLong ? whiskError(messages.resultUnsendable(limit)) : response };
  const over = excess(encode({ ...message, outcome: { ...outcome, logs } }));
  if (over <= 0) return encode({ ...message, outcome: { ...outcome, logs } });
  const kept = [...logs];
  // A line costs up to five bytes more than its text.
  for (let gone = 0; gone < over && kept.length > 0; ) gone += Buffer.byteLength(kept.pop() as string);
  return encode({ ...message, outcome: { ...outcome, logs: [...kept, messages.logsTruncated(limit)] } });
}
