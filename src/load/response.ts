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
  /** What came of an answer that is not whole; put together once, when it may be. */
  #rest: Buffer[] = [];
  #have = 0;
  /** Bytes that the answer has at least. */
  #wanted = 0;

  /** @returns the answers that are now whole @throws Error for an answer whose length is not said, or whose chunks are none */
  push(chunk: Buffer): Answer[] {
    if (this.#rest.length > 0) {
      // The chunk's memory is the socket's, which uses it again.
      this.#keep(Buffer.from(chunk));
      if (this.#have < this.#wanted) return [];
    }
    let bytes = this.#rest.length > 0 ? Buffer.concat(this.#rest) : chunk;
    const answers: Answer[] = [];
    while (bytes.length > 0) {
      const next = read(bytes);
      if (typeof next === 'number') {
        this.#rest = [];
        this.#have = 0;
        this.#wanted = next;
        this.#keep(Buffer.from(bytes));
        return answers;
      }
      // Before the answer itself there may be others, such as `100 Continue`.
      if (next.answer.status >= 200) answers.push(next.answer);
      bytes = bytes.subarray(next.length);
    }
    this.#rest = [];
    this.#have = 0;
    return answers;
  }

  #keep(bytes: Buffer): void {
    this.#rest.push(bytes);
    this.#have += bytes.length;
  }
}

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

interface Read {
  readonly answer: Answer;
  /** Bytes of the whole of it. */
  readonly length: number;
}

/** The first answer, or how many bytes there must be before it is worth looking again. */
function read(bytes: Buffer): Read | number {
  const end = bytes.indexOf(HEAD_END);
  if (end < 0) return bytes.length + 1;
  const head = bytes.toString('latin1', 0, end);
  const start = end + HEAD_END.length;
  const status = Number(head.slice(9, 12));
  const declared = LENGTH.exec(head)?.[1];
  if (declared !== undefined) {
    const length = start + Number(declared);
    if (bytes.length < length) return length;
    // A copy, because the answer outlives the chunk.
    return { answer: { status, head, body: Buffer.from(bytes.subarray(start, length)) }, length };
  }
  if (status < 200 || status === 204 || status === 304) {
    return { answer: { status, head, body: Buffer.alloc(0) }, length: start };
  }
  if (!CHUNKED.test(head)) throw new Error(`an answer without a length: ${head}`);
  const chunks = readChunks(bytes, start);
  return chunks ? { answer: { status, head, body: chunks.body }, length: chunks.end } : bytes.length + 1;
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
