/**
 * A call that is refused: its status and OpenWhisk's sentence. Thrown by who finds the reason, turned into
 * an answer once, at the door (`api/refuse.ts`). Anything else that is thrown is a fault of ours: 500.
 *
 * OpenWhisk knows two sorts, and browsers see the difference: a *rejection* comes from routing, before the
 * operation began, and carries no CORS headers; a *refusal* is the operation's own answer and carries them.
 */
export class Refusal extends Error {
  override readonly name = 'Refusal';
  readonly status: number;
  /** True when routing or the reading of the request refused it, so that no CORS headers go out. */
  readonly rejected: boolean;
  readonly headers: Readonly<Record<string, string>>;

  constructor(
    status: number,
    sentence: string,
    options: { rejected?: boolean; headers?: Record<string, string>; cause?: unknown } = {},
  ) {
    super(sentence, { cause: options.cause });
    this.status = status;
    this.rejected = options.rejected ?? false;
    this.headers = options.headers ?? {};
  }
}

/** The operation's own "no": with CORS headers. */
export function refuse(status: number, sentence: string): Refusal {
  return new Refusal(status, sentence);
}

/** The request itself cannot be read: without CORS headers. */
export function malformed(sentence: string, status = 400): Refusal {
  return new Refusal(status, sentence, { rejected: true });
}

/** Seconds after which a client that was answered 503 may try again. */
export const RETRY_AFTER_S = 2;

/** What is needed is away now: nobody's fault, and gone in a moment. 503 with `Retry-After`, unless a room says something better. */
export class Unavailable extends Error {
  override readonly name: string = 'Unavailable';
}

/** What is stored is nothing that can be read, as others may have written it: 500 in OpenWhisk's words. */
export class Unreadable extends Error {
  override readonly name = 'Unreadable';
}

/** Whether nothing is broken: the call was refused, or something is away. What was not begun for that is to be tried again. */
export function isRefusedOrAway(error: unknown): boolean {
  return error instanceof Refusal || error instanceof Unavailable;
}

/** "Not now": with CORS headers, and when to try again. @param cause what the operator is to know of it */
export function refuseForNow(sentence: string, cause?: Unavailable): Refusal {
  return new Refusal(503, sentence, { headers: { 'Retry-After': String(RETRY_AFTER_S) }, cause });
}
