import { serializeError } from 'serialize-error';
import type { FromRuntime } from '../../src/protocol/frame.ts';

/** What the action answered, as a frame. Pure. */

type Answer = Extract<FromRuntime, { type: 'result' | 'failure' }>;

/**
 * @param value what `main` returned, or what its promise was fulfilled with
 * @param limit bytes of JSON after which it is cut
 * @throws where it cannot be JSON: circular, a BigInt
 */
export function resultFrame(id: string, value: unknown, limit: number): Answer {
  // A bare `return`, or none at all.
  const result = value === undefined ? {} : value;
  const text = typeof result === 'object' ? JSON.stringify(result) : undefined;
  if (text === undefined) return failureFrame(id, 'The action did not return a dictionary.', limit);
  // One UTF-16 unit is at most three bytes of UTF-8, so most results need no counting.
  const size = text.length * 3 <= limit ? 0 : Buffer.byteLength(text);
  return size <= limit ? { type: 'result', id, value: text } : { type: 'result', id, value: cut(text, limit), size };
}

/** A rejected promise is a result with an `error`. */
export function rejectionFrame(id: string, reason: unknown, limit: number): Answer {
  return resultFrame(id, { error: reason ? serializeError(reason) : {} }, limit);
}

export function failureFrame(id: string, error: string, limit: number): Answer {
  return { type: 'failure', id, error: cut(error, limit) };
}

/** The beginning of a text, at most so many bytes of UTF-8, no character cut in two. */
function cut(text: string, limit: number): string {
  if (text.length * 3 <= limit) return text;
  const bytes = Buffer.from(text);
  if (bytes.length <= limit) return text;
  let end = limit;
  while (end > 0 && ((bytes[end] as number) & 0xc0) === 0x80) end -= 1;
  return bytes.toString('utf8', 0, end);
}
