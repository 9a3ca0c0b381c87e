/** What OpenWhisk's runtimes write on stdout and on stderr after each activation. */
export const SENTINEL = 'XXX_THE_END_OF_A_WHISK_ACTIVATION_XXX';

/** A longer line is handed on in pieces, so that output without line ends cannot fill the memory. */
export const MAX_LINE = 1024 * 1024;

/**
 * Makes lines of one output stream, and finds the sentinels in it. Chunks may be cut anywhere, also inside a
 * character or a sentinel. Text that stands before a sentinel on its line was printed without a line end and is a line of its own.
 * Pure: what it finds, it gives to its two listeners, in order.
 */
export class SentinelReader {
  readonly #onLine: (text: string) => void;
  readonly #onEnd: () => void;
  #decoder = new TextDecoder();
  /** The beginning of a line whose end has not come. */
  #rest = '';

  constructor(onLine: (text: string) => void, onEnd: () => void) {
    this.#onLine = onLine;
    this.#onEnd = onEnd;
  }

  push(chunk: Uint8Array): void {
    const lines = (this.#rest + this.#decoder.decode(chunk, { stream: true })).split('\n');
    this.#rest = lines.pop() ?? '';
    for (const line of lines) this.#take(line.endsWith('\r') ? line.slice(0, -1) : line);
    // A runtime may write the sentinel without a line end.
    if (this.#rest.endsWith(SENTINEL)) this.flush();
    while (this.#rest.length > MAX_LINE) {
      this.#onLine(this.#rest.slice(0, MAX_LINE));
      this.#rest = this.#rest.slice(MAX_LINE);
    }
  }

  /** Hands on the line that has no end yet: nothing more is to come of it. */
  flush(): void {
    const rest = this.#rest;
    this.#rest = '';
    if (rest !== '') this.#take(rest);
  }

  #take(line: string): void {
    const at = line.indexOf(SENTINEL);
    if (at < 0) {
      this.#onLine(line);
      return;
    }
    if (at > 0) this.#onLine(line.slice(0, at));
    this.#onEnd();
    const after = line.slice(at + SENTINEL.length);
    if (after !== '') this.#take(after);
  }
}
