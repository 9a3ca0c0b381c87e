import { closeSync } from 'node:fs';
import type { Stdio } from '../../model/place.ts';
import { openStreams } from '../streams/descriptors.ts';
import { type Hear, openPipe, openSocket, Reader } from '../streams/reader.ts';
import { LAST_WORDS_BYTES, Tail } from '../streams/tail.ts';
import { Writer } from '../streams/writer.ts';

/**
 * The standard streams of a child process: a socket pair each for stdin and stdout, a pipe for stderr. `Bun.spawn` makes
 * them too, but reads them as streams, through which a frame takes two to three times as long. Bun has no call that makes
 * them alone, so libc is asked. Sockets rather than pipes, because Bun waits for those with one call less on each side and
 * hands over what came without promises: a frame to a child and back takes a quarter less.
 *
 *     const streams = new ChildStreams();
 *     const child = Bun.spawn(argv, { stdio: streams.childEnds });
 *     streams.releaseChildEnds();
 *
 * Every descriptor is closed exactly once: the child's ends by `releaseChildEnds`, ours by `close`, which the
 * owner calls when the child is gone. Errors of writing to a child that died are not errors here.
 */
export class ChildStreams implements Stdio {
  readonly childEnds: [number, number, number];
  readonly #input: Writer;
  readonly #output: Reader;
  readonly #errors: Reader;
  readonly #lastWords = new Tail(LAST_WORDS_BYTES);
  #childEndsOpen = true;

  /** Throws when the process has no descriptors left. */
  constructor() {
    const [stdin, stdout, stderr] = openStreams();
    this.childEnds = [stdin.read, stdout.write, stderr.write];
    this.#input = new Writer(stdin.write);
    this.#output = new Reader(stdout.read, openSocket);
    this.#errors = new Reader(stderr.read, openPipe);
    this.#errors.listen((chunk) => this.#lastWords.add(chunk));
  }

  write(bytes: Uint8Array): void {
    this.#input.write(bytes);
  }

  onOutput(listener: Hear): void {
    this.#output.listen(listener);
  }

  onErrors(listener: Hear): void {
    this.#errors.listen(listener);
  }

  /** The end of what came on stderr; empty when a listener took it. */
  get lastWords(): string {
    return this.#lastWords.text;
  }

  /** Once the child has them, or could not be started. Without it the end of the child's output is never seen. */
  releaseChildEnds(): void {
    if (!this.#childEndsOpen) return;
    this.#childEndsOpen = false;
    for (const fd of this.childEnds) closeSync(fd);
  }

  /** Resolves when all that the child and its children wrote has been handed on, as far as somebody listens. */
  async drained(): Promise<void> {
    await Promise.all([this.#output.ended, this.#errors.ended]);
  }

  /** Lets go of our ends. What is unread and fits into a socket or pipe still reaches a listener that comes later. */
  async close(): Promise<void> {
    this.releaseChildEnds();
    await Promise.all([this.#input.close(), this.#output.close(), this.#errors.close()]);
  }
}
