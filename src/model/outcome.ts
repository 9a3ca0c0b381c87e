import type { JsonObject, JsonText } from './json.ts';
import { outlineOf } from './json-outline.ts';
import { messages } from './messages.ts';

/**
 * How an activation ended. A failed action is a value, never an exception.
 *
 * | status | who is at fault |
 * | --- | --- |
 * | success | nobody |
 * | application error | the action says so: its result has an `error` |
 * | action developer error | the action broke: it threw, exited, ran out of time or memory, or answered no object |
 * | whisk internal error | we broke: no container could be had |
 */
export type Status = 'success' | 'application error' | 'action developer error' | 'whisk internal error';

/** The numbers of ActivationResult.scala, in stored documents and in lists. */
export const statusCodes: Readonly<Record<Status, 0 | 1 | 2 | 3>> = {
  success: 0,
  'application error': 1,
  'action developer error': 2,
  'whisk internal error': 3,
};
export const statuses: readonly Status[] = [
  'success',
  'application error',
  'action developer error',
  'whisk internal error',
];

export interface Response {
  readonly status: Status;
  readonly result: JsonText;
  /** Bytes of the result as the runtime sent it; absent where no answer came. */
  readonly size?: number;
}

/** What became of a job, with all that its activation record needs to know. */
export interface Outcome {
  readonly response: Response;
  readonly logs: readonly string[];
  /** Milliseconds since the epoch; init counts into the run, so a cold start begins earlier (ContainerProxy.initRunInterval). */
  readonly start: number;
  readonly end: number;
  /** Milliseconds from acceptance until the container got the job. */
  readonly waitMs: number;
  /** Milliseconds of init; only when the container was initialized for this job. */
  readonly initMs?: number;
  readonly timedOut: boolean;
}

/** The outcome of a job that no container ever had. @param at milliseconds since the epoch @param waitMs from acceptance until then */
export function unserved(response: Response, at: number, waitMs: number): Outcome {
  return { response, logs: [], start: at, end: at, waitMs, timedOut: false };
}

const errorOf = (error: unknown) => JSON.stringify({ error });

/** @param size bytes of what the runtime answered; absent where it answered nothing */
export function developerError(error: unknown, size?: number): Response {
  const response = { status: 'action developer error', result: errorOf(error) } as const;
  return size === undefined ? response : { ...response, size };
}

/** The runtime answered that the developer's code failed. */
export function failure(error: unknown, maxBytes = Number.POSITIVE_INFINITY, keptBytes = maxBytes): Response {
  const result = errorOf(error);
  return tooLong(result, maxBytes, keptBytes) ?? { status: 'action developer error', result, size: result.length };
}

/** The action, or what was called in its place, says that it failed. */
export function applicationError(error: unknown): Response {
  return { status: 'application error', result: errorOf(error) };
}

export function whiskError(error: unknown): Response {
  return { status: 'whisk internal error', result: errorOf(error) };
}

/**
 * Reads what a runtime answered to a run (ActivationResponse.processRunResponseContent).
 *
 * @param text what it sent, to be checked: a runtime shares its process with the user's code and may lie
 * @param maxBytes a longer result becomes an application error that has its beginning
 * @param cutFrom its whole length in bytes, when the runtime sent only the beginning
 * @param keptBytes how much of that beginning
 */
export function readResult(text: string, maxBytes: number, cutFrom?: number, keptBytes = maxBytes): Response {
  const error = tooLong(text, maxBytes, keptBytes, cutFrom);
  if (error) return error;
  const size = text.length;
  const outline = outlineOf(text);
  if (outline === undefined || outline.type === 'other') return developerError(messages.invalidRun(text), size);
  if (outline.keys.includes('error')) {
    return { status: 'application error', result: errorOf((JSON.parse(text) as JsonObject).error), size };
  }
  return { status: 'success', result: text, size };
}

function tooLong(text: string, maxBytes: number, keptBytes: number, cutFrom?: number): Response | undefined {
  // One UTF-16 unit is at least one byte and at most three, so most results need no counting.
  if (cutFrom === undefined && text.length * 3 <= maxBytes) return undefined;
  const size = Math.max(cutFrom ?? 0, Buffer.byteLength(text));
  if (size <= maxBytes) return undefined;
  const head = Buffer.from(text).subarray(0, keptBytes).toString();
  return { status: 'application error', result: errorOf(messages.truncatedResponse(size, maxBytes, head)), size };
}
