import { messages } from '../model/messages.ts';
import type { Stdio } from '../model/place.ts';
import type { LogSink, Stream } from './logs.ts';
import { SentinelReader } from './sentinel.ts';

/** How long to wait for sentinels after an answer: since the last output, and at all. Milliseconds. */
interface Patience {
  readonly idle: number;
  readonly total: number;
}

/** A runtime that wrote sentinels before has them under way. */
const KNOWN: Patience = { idle: 1000, total: 5000 };
/** One that nobody knows yet, or whose run failed, may have none to write. */
const UNKNOWN: Patience = { idle: 500, total: 2000 };
/** One that writes none: only for the lines that travel slower than the answer. */
const QUIET: Patience = { idle: 5, total: 20 };

/**
 * The logs of a runtime that prints them on its standard streams, and marks the end of each activation with a
 * sentinel on both. Not all images do, and nobody says which: a runtime is waited for once, and from then on
 * as it showed. One that is thought to write none and then does is known from that moment on.
 *
 * The lines of several runs at once cannot be told apart: the oldest gets them, and none waits for sentinels.
 */
export class HttpLogs {
  readonly #sinks: LogSink[] = [];
  readonly #readers: Readonly<Record<Stream, SentinelReader>>;
  #writesSentinels: boolean | undefined;
  #ended: Record<Stream, boolean> = { stdout: false, stderr: false };
  #onOutput: (() => void) | undefined;

  constructor(stdio: Stdio) {
    const reader = (stream: Stream) =>
      new SentinelReader(
        (text) => this.#sinks[0]?.add(Date.now(), stream, text),
        () => this.#end(stream),
      );
    this.#readers = { stdout: reader('stdout'), stderr: reader('stderr') };
    stdio.onOutput((chunk) => this.#take('stdout', chunk));
    stdio.onErrors((chunk) => this.#take('stderr', chunk));
  }

  /** From now on lines belong to this activation. */
  begin(sink: LogSink): void {
    // What was left unfinished belongs to nobody any more.
    if (this.#sinks.length === 0) this.#flush();
    this.#sinks.push(sink);
    this.#ended = { stdout: false, stderr: false };
  }

  /**
   * The activation was answered: waits for the rest of its lines, and lets go of it.
   * @param how `init`: a successful init writes no sentinel; `failure`: a failed run may not have come to it
   */
  async finish(sink: LogSink, how: 'init' | 'run' | 'failure'): Promise<void> {
    const isAlone = this.#sinks.length === 1;
    if (sink.limitBytes > 0) {
      const isComplete = await this.#wait(isAlone ? this.#patience(how) : QUIET);
      if (isAlone && !isComplete) this.#conclude(sink, how);
    }
    if (isAlone) this.#flush();
    this.#sinks.splice(this.#sinks.indexOf(sink), 1);
  }

  /** What has come belongs to the activations that are under way: no more will come. */
  close(): void {
    this.#flush();
    this.#sinks.length = 0;
  }

  #patience(how: 'init' | 'run' | 'failure'): Patience {
    if (how === 'init' || this.#writesSentinels === false) return QUIET;
    return this.#writesSentinels && how === 'run' ? KNOWN : UNKNOWN;
  }

  #conclude(sink: LogSink, how: 'init' | 'run' | 'failure'): void {
    if (how === 'failure') sink.add(Date.now(), 'stderr', messages.logsDeveloperError);
    else if (how === 'run' && this.#writesSentinels) sink.add(Date.now(), 'stderr', messages.logsFailed);
    else if (how === 'run') this.#writesSentinels = false;
  }

  /** True when both sentinels came, false when patience ran out. */
  async #wait({ idle, total }: Patience): Promise<boolean> {
    const last = performance.now() + total;
    while (!this.#isComplete) {
      const left = Math.min(idle, last - performance.now());
      if (left <= 0) return false;
      const { promise, resolve } = Promise.withResolvers<boolean>();
      this.#onOutput = () => resolve(true);
      const timer = setTimeout(resolve, left, false);
      const hasMore = await promise;
      clearTimeout(timer);
      if (!hasMore) return this.#isComplete;
    }
    return true;
  }

  get #isComplete(): boolean {
    return this.#ended.stdout && this.#ended.stderr;
  }

  #take(stream: Stream, chunk: Uint8Array): void {
    this.#readers[stream].push(chunk);
    this.#onOutput?.();
  }

  #end(stream: Stream): void {
    this.#ended[stream] = true;
    if (this.#isComplete) this.#writesSentinels = true;
  }

  #flush(): void {
    this.#readers.stdout.flush();
    this.#readers.stderr.flush();
  }
}
