/** The last `size` bytes of what was added. */
export class Tail {
  readonly #size: number;
  #bytes = Buffer.alloc(0);

  constructor(size: number) {
    this.#size = size;
  }

  add(chunk: Uint8Array): void {
    this.#bytes = Buffer.concat([this.#bytes, chunk.subarray(-this.#size)]).subarray(-this.#size);
  }

  get text(): string {
    return this.#bytes.toString();
  }

  /** All of it, which is not kept any more. */
  take(): Uint8Array {
    const bytes = this.#bytes;
    this.#bytes = Buffer.alloc(0);
    return bytes;
  }
}

/** Of what a place says last, so much is told to its user. */
export const LAST_WORDS_BYTES = 4096;
