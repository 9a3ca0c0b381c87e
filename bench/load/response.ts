/**
 * Reads HTTP/1.1 answers from the chunks of a connection, for a client that must cost as little as it can: it knows
 * the status, one header and the body, and no more. Pure.
 *
 * Only bodies with a `Content-Length` are understood, because that is what the servers under measurement send;
 * anything else is an error, never a wrong measurement.
 */
export interface Answer {
  readonly status: number;
  /** The header block with the status line, without the empty line behind it. */
  readonly head: string;
  readonly body: Buffer;
}

const HEAD_END = Buffer.from('\r\n\r\n');
const LENGTH = /\r\ncontent-length: *(\d+)/i;

export class ResponseReader {
  #rest: Buffer | undefined;

  /** @returns the answers that are now whole @throws Error for an answer whose length is not said */
  push(chunk: Buffer): Answer[] {
    let bytes = this.#rest ? Buffer.concat([this.#rest, chunk]) : chunk;
    const answers: Answer[] = [];
    for (let answer = read(bytes); answer; answer = read(bytes)) {
      answers.push(answer.answer);
      bytes = bytes.subarray(answer.length);
      if (bytes.length === 0) break;
    }
    // The chunk's memory is the socket's, which uses it again.
    this.#rest = bytes.length === 0 ? undefined : Buffer.from(bytes);
    return answers;
  }
}

function read(bytes: Buffer): { readonly answer: Answer; readonly length: number } | undefined {
  const end = bytes.indexOf(HEAD_END);
  if (end < 0) return undefined;
  const head = bytes.toString('latin1', 0, end);
  const declared = LENGTH.exec(head)?.[1];
  const status = Number(head.slice(9, 12));
  if (declared === undefined && status !== 204) throw new Error(`an answer without a length: ${head}`);
  const start = end + HEAD_END.length;
  const length = start + Number(declared ?? 0);
  if (bytes.length < length) return undefined;
  // A copy, because the answer outlives the chunk.
  return { answer: { status, head, body: Buffer.from(bytes.subarray(start, length)) }, length };
}
