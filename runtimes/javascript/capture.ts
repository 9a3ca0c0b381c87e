import fs from 'node:fs';

/** The file behind descriptor 1 or 2: what the user's code writes there directly, and what its children write. */
export class Capture {
  readonly stream: 1 | 2;
  readonly #fd: number;
  readonly #decoder = new TextDecoder();
  #offset = 0;

  constructor(stream: 1 | 2, fd: number) {
    this.stream = stream;
    this.#fd = fd;
  }

  /** Hands over what was written since the last time, in pieces. Costs one `fstat` when nothing was. */
  drain(take: (stream: 1 | 2, text: string) => void): void {
    const { size } = fs.fstatSync(this.#fd);
    if (size === this.#offset) return;
    // Somebody opened /dev/stdout anew and truncated it.
    if (size < this.#offset) this.#offset = 0;
    readBuffer ??= Buffer.allocUnsafe(CHUNK_BYTES);
    for (;;) {
      const count = fs.readSync(this.#fd, readBuffer, 0, CHUNK_BYTES, this.#offset);
      if (count === 0) break;
      this.#offset += count;
      take(this.stream, this.#decoder.decode(readBuffer.subarray(0, count), { stream: true }));
    }
    if (this.#offset > KEPT_BYTES) {
      // All was read a moment ago. Rarely, and not after every run: what is written in this moment is lost.
      fs.ftruncateSync(this.#fd, 0);
      this.#offset = 0;
    }
  }
}

const CHUNK_BYTES = 64 * 1024;
/** The file may live in memory (a tmpfs), so it does not keep what was read for ever. */
const KEPT_BYTES = 1024 * 1024;
/** One for all, because nothing is awaited between filling and using it; made when it is needed first. */
let readBuffer: Buffer | undefined;
