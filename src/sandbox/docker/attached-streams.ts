import type { Duplex } from 'node:stream';
import type { Stdio } from '../../model/place.ts';
import type { Hear } from '../streams/reader.ts';
import { LAST_WORDS_BYTES, Tail } from '../streams/tail.ts';
import { Demultiplexer } from './stream.ts';

/** The standard streams of a container in the one stream that the engine attaches. What comes before somebody listens to stdout is lost. */
export class AttachedStreams implements Stdio {
  /** Resolves when nothing comes any more. Never rejects. */
  readonly ended: Promise<void>;
  readonly #stream: Duplex;
  #onOutput: Hear | undefined;
  #onErrors: Hear | undefined;
  readonly #lastWords = new Tail(LAST_WORDS_BYTES);

  constructor(stream: Duplex) {
    this.#stream = stream;
    const parts = new Demultiplexer(
      (bytes) => this.#onOutput?.(bytes),
      (bytes) => {
        if (this.#onErrors) this.#onErrors(bytes);
        else this.#lastWords.add(bytes);
      },
    );
    const { promise, resolve } = Promise.withResolvers<void>();
    this.ended = promise;
    stream.on('data', (chunk: Uint8Array) => parts.push(chunk));
    stream.on('end', resolve);
    stream.on('close', resolve);
    stream.on('error', () => resolve());
  }

  get lastWords(): string {
    return this.#lastWords.text;
  }

  write(bytes: Uint8Array): void {
    // The stream queues what the engine does not take at once, in order.
    if (this.#stream.writable) this.#stream.write(bytes);
  }

  onOutput(listener: Hear): void {
    this.#onOutput = listener;
  }

  onErrors(listener: Hear): void {
    this.#onErrors = listener;
    const words = this.#lastWords.take();
    if (words.length > 0) listener(words);
  }

  close(): void {
    this.#stream.destroy();
  }
}
