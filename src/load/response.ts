/**
 * Reads HTTP/1.1 answers from the chunks of a connection, for a client that must cost as little as it can: it knows
 * the status, the head as text and the body, and no more. Pure.
 *
 * A body has a `Content-Length`, or comes in chunks; one that ends with the connection is an error, never a wrong measurement.
 */
export interface Answer {
  readonly status: number;
  /** The header block with the status line, without the empty line behind it. */
  readonly head: string;
  readonly body: Buffer;
}

const HEAD_END = Buffer.from('\r\n\r\n');
const LINE_END = Buffer.from('\r\n');
const LENGTH = /\r\ncontent-length: *(\d+)/i;
const CHUNKED = /\r\ntransfer-encoding: *chunked/i;

export class ResponseReader {
  /** What came of an answer whose length is not known yet. */
  #rest: Buffer = NOTHING;
  /** An answer whose body is not whole. */
  #open: Open | undefined;

  /** @returns the answers that are now whole @throws Error for an answer whose length is not said, or whose chunks are none */
  push(chunk: Buffer): Answer[] {
    let bytes = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
    this.#rest = NOTHING;
    const answers: Answer[] = [];
    while (bytes.length > 0) {
      const next = this.#open ?? read(bytes);
      if (next === undefined) {
        // A copy: the chunk's memory is the socket's, which uses it again.
        this.#rest = Buffer.from(bytes);
        break;
      }
      if (next !== this.#open) bytes = bytes.subarray(next.skipped);
      const { answer } = next;
      const part = bytes.subarray(0, answer.body.length - next.have);
      answer.body.set(part, next.have);
      bytes = bytes.subarray(part.length);
      const have = next.have + part.length;
      this.#open = have < answer.body.length ? { ...next, have } : undefined;
      // Before the answer itself there may be others, such as `100 Continue`.
      if (!this.#open && answer.status >= 200) answers.push(answer);
    }
    return answers;
  }
}

const NOTHING = Buffer.alloc(0);

/** A header's value by its name in lower case, or undefined. */
export function headerOf({ head }: Answer, name: string): string | undefined {
  let pattern = patterns.get(name);
  if (!pattern) {
    pattern = new RegExp(`\\r\\n${name}: *([^\\r\\n]*)`, 'i');
    patterns.set(name, pattern);
  }
  return pattern.exec(head)?.[1];
}

/** Made once: this is asked for every call. */
const patterns = new Map<string, RegExp>();

/** An answer whose head is there. */
interface Open {
  readonly answer: Answer;
  /** Bytes in front of what is still to come of the body. */
  readonly skipped: number;
  /** Bytes of the body that are there. */
  readonly have: number;
}

/** The first answer; undefined before its head, or all of its chunks, are there. */
function read(bytes: Buffer): Open | undefined {
  const end = bytes.indexOf(HEAD_END);
  if (end < 0) return undefined;
  const head = bytes.toString('latin1', 0, end);
  const skipped = end + HEAD_END.length;
  const status = Number(head.slice(9, 12));
  const declared = LENGTH.exec(head)?.[1];
  if (declared !== undefined) {
    return { answer: { status, head, body: Buffer.allocUnsafeSlow(Number(declared)) }, skipped, have: 0 };
  }
  if (status < 200 || status === 204 || status === 304)
    return { answer: { status, head, body: NOTHING }, skipped, have: 0 };
  if (!CHUNKED.test(head)) throw new Error(`an answer without a length: ${head.split('\r\n', 1)[0]}`);
  const chunks = readChunks(bytes, skipped);
  return chunks && { answer: { status, head, body: chunks.body }, skipped: chunks.end, have: chunks.body.length };
}

/** RFC 9112, 7.1: `size CRLF bytes CRLF`, and so on, until a size of 0; trailers are skipped. */
function readChunks(bytes: Buffer, from: number): { readonly body: Buffer; readonly end: number } | undefined {
  const parts: Buffer[] = [];
  for (let at = from; ; ) {
    const lineEnd = bytes.indexOf(LINE_END, at);
    if (lineEnd < 0) return undefined;
    const line = bytes.toString('latin1', at, lineEnd);
    const [, digits] = /^([0-9a-f]{1,8})\s*(?:;|$)/i.exec(line) ?? [];
    if (digits === undefined) throw new Error(`a chunk whose length is '${line.slice(0, 20)}'`);
    const size = Number.parseInt(digits, 16);
    const start = lineEnd + LINE_END.length;
    if (size === 0) {
      const end = bytes.indexOf(HEAD_END, lineEnd);
      return end < 0 ? undefined : { body: Buffer.concat(parts), end: end + HEAD_END.length };
    }
    if (bytes.length < start + size + LINE_END.length) return undefined;
    parts.push(bytes.subarray(start, start + size));
    at = start + size + LINE_END.length;
  }
}
