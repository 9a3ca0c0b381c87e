import type { Stdio } from '../../model/place.ts';
import type { Hear } from '../streams/reader.ts';
import type { AttachedStreams } from './attached-streams.ts';
import type { FifoStreams } from './fifo-streams.ts';

type Way = Pick<Stdio, 'write' | 'onOutput'>;

/**
 * The standard streams of a container: the stream that the engine attaches, and FIFOs that lead past the engine, where it was given
 * some. What goes over those is not copied through the engine's processes.
 *
 * Only the container knows whether it can open FIFOs. So the way on which it speaks first is the one that is used; what is written
 * before waits for that. Its last words come by the attached stream.
 */
export class DockerStdio implements Stdio {
  /** Resolves when nothing comes any more. Never rejects. */
  readonly ended: Promise<void>;
  readonly #attached: AttachedStreams;
  readonly #fifos: FifoStreams | undefined;
  #way: Way | undefined;
  /** What was written before the container had spoken. */
  #unsent: Uint8Array[] = [];
  #listener: Hear | undefined;
  /** What came before anybody listened. */
  #unheard: Uint8Array[] = [];

  constructor(attached: AttachedStreams, fifos?: FifoStreams) {
    this.#attached = attached;
    this.#fifos = fifos;
    if (!fifos) this.#way = attached;
    for (const way of fifos ? [attached, fifos] : [attached]) way.onOutput((chunk) => this.#hear(way, chunk));
    this.ended = this.#end();
  }

  /** The end of what came on stderr; empty when a listener took it. */
  get lastWords(): string {
    return this.#attached.lastWords;
  }

  write(bytes: Uint8Array): void {
    if (this.#way) this.#way.write(bytes);
    else this.#unsent.push(new Uint8Array(bytes));
  }

  onOutput(listener: Hear): void {
    this.#listener = listener;
    for (const chunk of this.#unheard.splice(0)) listener(chunk);
  }

  onErrors(listener: Hear): void {
    this.#attached.onErrors(listener);
  }

  /** Lets go of the container. Resolves at once when that has ended; else it may wait until that reads what is queued. */
  async close(): Promise<void> {
    this.#attached.close();
    await this.#fifos?.close();
  }

  #hear(way: Way, chunk: Uint8Array): void {
    if (!this.#way) this.#choose(way);
    if (way !== this.#way) return;
    if (this.#listener) this.#listener(chunk);
    else this.#unheard.push(chunk);
  }

  #choose(way: Way): void {
    this.#way = way;
    if (way === this.#fifos) this.#fifos.release();
    else void this.#fifos?.close();
    for (const bytes of this.#unsent.splice(0)) way.write(bytes);
  }

  async #end(): Promise<void> {
    await this.#attached.ended;
    await this.#fifos?.drained();
  }
}
