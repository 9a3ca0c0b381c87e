import { closeSync, writeSync } from 'node:fs';

/**
 * Our end of what a place reads: written at once while it has room, else queued and continued by Bun's event loop. The descriptor
 * does not block.
 */
export class Writer {
  readonly #fd: number;
  readonly #queue: Uint8Array[] = [];
  #sink: Bun.FileSink | undefined;
  #draining: Promise<void> | undefined;
  #broken = false;

  constructor(fd: number) {
    this.#fd = fd;
  }

  write(bytes: Uint8Array): void {
    if (this.#broken) return;
    if (this.#draining !== undefined) {
      this.#queue.push(copyOf(bytes));
      return;
    }
    const written = this.#writeNow(bytes);
    if (this.#broken || written === bytes.length) return;
    this.#queue.push(copyOf(bytes.subarray(written)));
    this.#draining = this.#drain();
  }

  /** Waits for a write that is under way, so that the other side must be gone, or read. */
  async close(): Promise<void> {
    this.#broken = true;
    this.#queue.length = 0;
    await this.#draining;
    try {
      await this.#sink?.end();
    } catch {
      // The other side is gone: nobody will miss what was left.
    }
    closeSync(this.#fd);
  }

  /** How many bytes it took. */
  #writeNow(bytes: Uint8Array): number {
    let offset = 0;
    while (offset < bytes.length) {
      try {
        offset += writeSync(this.#fd, bytes, offset);
      } catch (error) {
        this.#broken = (error as NodeJS.ErrnoException).code !== 'EAGAIN';
        break;
      }
    }
    return offset;
  }

  async #drain(): Promise<void> {
    this.#sink ??= Bun.file(this.#fd).writer();
    try {
      for (let next = this.#queue.shift(); next; next = this.#queue.shift()) {
        await this.#sink.write(next);
        await this.#sink.flush();
      }
    } catch {
      this.#broken = true;
      this.#queue.length = 0;
    }
    this.#draining = undefined;
  }
}

/** A buffer of its own: `slice` of a Buffer would share the memory, which the caller may use again. */
function copyOf(bytes: Uint8Array): Uint8Array {
  return new Uint8Array(bytes);
}
