import { chmodSync, closeSync, mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { openFifos, type Pair } from '../streams/descriptors.ts';
import { type Hear, openPipe, Reader } from '../streams/reader.ts';
import { Writer } from '../streams/writer.ts';

/**
 * Two FIFOs in a folder of their own: `in` for what a place reads, `out` for what it writes. Whoever reaches the folder may open
 * them, but neither list nor change it.
 *
 *     const fifos = new FifoStreams('/run/node/whisklet-1'); // the place opens both, and says something
 *     fifos.release();
 *
 * Until `release` both ends of each are open here, so that neither side waits for the other, and none sees an end that is none.
 * From then on the end of the one is the end of the other. Every descriptor is closed exactly once.
 */
export class FifoStreams {
  readonly folder: string;
  readonly #input: Writer;
  readonly #output: Reader;
  #placeEnds: readonly number[];
  #closed: Promise<void> | undefined;

  /** @throws where this host cannot make them */
  constructor(folder: string) {
    this.folder = folder;
    mkdirSync(folder);
    try {
      // Whatever the umask.
      chmodSync(folder, FOLDER_MODE);
      const [input, output] = openFifos([join(folder, 'in'), join(folder, 'out')]) as [Pair, Pair];
      this.#placeEnds = [input.read, output.write];
      this.#input = new Writer(input.write);
      this.#output = new Reader(output.read, openPipe);
    } catch (error) {
      rmSync(folder, { recursive: true, force: true });
      throw error;
    }
  }

  write(bytes: Uint8Array): void {
    this.#input.write(bytes);
  }

  onOutput(listener: Hear): void {
    this.#output.listen(listener);
  }

  /** Once the place has opened its ends, or never will: takes the folder away. Idempotent. */
  release(): void {
    for (const fd of this.#placeEnds) closeSync(fd);
    this.#placeEnds = [];
    rmSync(this.folder, { recursive: true, force: true });
  }

  /** Resolves when all that the place wrote has been handed on: it has ended, or will not write any more. */
  async drained(): Promise<void> {
    this.release();
    await this.#output.ended;
  }

  /** Lets go of all. Resolves at once when the place has ended; else it may wait until that reads what is queued. Idempotent. */
  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  async #close(): Promise<void> {
    this.release();
    await Promise.all([this.#input.close(), this.#output.close()]);
  }
}

/** Others may go through it, and no more. */
const FOLDER_MODE = 0o711;
