/**
 * Takes Docker's one stream apart into stdout and stderr. Each piece has a header of eight bytes: the stream (0 and
 * 1 are stdout, 2 is stderr), three zeros, the length as an unsigned big-endian number. Chunks may be cut anywhere,
 * also inside a header. Pure.
 */
export class Demultiplexer {
  readonly #out: (bytes: Uint8Array) => void;
  readonly #err: (bytes: Uint8Array) => void;
  readonly #header = new Uint8Array(HEADER_BYTES);
  readonly #view = new DataView(this.#header.buffer);
  #headerBytes = 0;
  /** Bytes of the piece that are still to come. */
  #left = 0;

  constructor(out: (bytes: Uint8Array) => void, err: (bytes: Uint8Array) => void) {
    this.#out = out;
    this.#err = err;
  }

  push(chunk: Uint8Array): void {
    let at = 0;
    while (at < chunk.length) {
      if (this.#left === 0) {
        const take = Math.min(HEADER_BYTES - this.#headerBytes, chunk.length - at);
        this.#header.set(chunk.subarray(at, at + take), this.#headerBytes);
        this.#headerBytes += take;
        at += take;
        if (this.#headerBytes < HEADER_BYTES) return;
        this.#headerBytes = 0;
        this.#left = this.#view.getUint32(4);
        continue;
      }
      const piece = chunk.subarray(at, at + this.#left);
      this.#left -= piece.length;
      at += piece.length;
      if (this.#header[0] === 2) this.#err(piece);
      else this.#out(piece);
    }
  }
}

const HEADER_BYTES = 8;
