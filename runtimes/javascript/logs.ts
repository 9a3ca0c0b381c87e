import type { AsyncLocalStorage } from 'node:async_hooks';
import { later } from '../../src/protocol/awake.ts';
import type { FromRuntime } from '../../src/protocol/frame.ts';
import { Activation, type Stream } from './activation.ts';
import type { Capture } from './capture.ts';
import type { Output } from './output.ts';

/** Lines in one millisecond that are sent one by one; in a longer burst they are gathered. */
const SINGLE_LINES = 16;
const BURST_LENGTH = 64 * 1024;
/** How often the captured streams are looked at while runs are under way, in milliseconds. */
const WATCH_MS = 100;
/** What is printed between runs is kept for the next one, as OpenWhisk does, up to this many bytes. */
const BETWEEN_BYTES = 64 * 1024;

/**
 * Brings what is printed to the activation that printed it. With one run under way all belongs to that one; only
 * when a second one comes are calls tracked, because tracking costs time in everything that is awaited.
 *
 * A line is sent as soon as it is printed: code that blocks for ever, and is ended for it, must not take the lines
 * that explain it along. What comes in bursts is gathered.
 */
export class Logs {
  readonly #output: Output;
  readonly #captures: readonly Capture[];
  readonly #active = new Set<Activation>();
  #between = new Activation('', BETWEEN_BYTES);
  /** The run that began when there was no other; at most one is without a track. */
  #untracked: Activation | undefined;
  #tracker: AsyncLocalStorage<Activation> | undefined;
  #burstTime = 0;
  #burstLines = 0;
  #flushing: NodeJS.Immediate | undefined;
  #watching: NodeJS.Timeout | undefined;
  #exiting = false;

  constructor(output: Output, captures: readonly Capture[]) {
    this.#output = output;
    this.#captures = captures;
  }

  begin(id: string, limit: number): Activation {
    const activation = new Activation(id, limit);
    if (this.#active.size === 0) this.#untracked = activation;
    this.#active.add(activation);
    if (this.#between.waiting > 0) {
      activation.adopt(this.#between);
      this.#between = new Activation('', BETWEEN_BYTES);
    }
    return activation;
  }

  /** Calls, so that what is printed in it and in all that it starts belongs to the activation. */
  during<T>(activation: Activation, call: () => T): T {
    if (activation === this.#untracked) return call();
    this.#tracker ??= new (require('node:async_hooks') as typeof import('node:async_hooks')).AsyncLocalStorage();
    return this.#tracker.run(activation, call);
  }

  /** Looks at the captured streams from time to time, until no run is under way. */
  watch(): void {
    this.#watching ??= setTimeout(() => {
      this.#watching = undefined;
      this.#drain();
      if (this.#active.size > 0) this.watch();
    }, WATCH_MS);
  }

  /** Ends the activation, and answers its last lines: they are sent together with its result. */
  finish(activation: Activation): FromRuntime[] {
    this.#drain();
    activation.finish(Date.now());
    this.#active.delete(activation);
    if (activation === this.#untracked) this.#untracked = undefined;
    return activation.take();
  }

  /** Takes what was printed through the console, or through `process.stdout` and `process.stderr`. */
  print(stream: Stream, text: string): void {
    // What children and descriptors wrote before it comes before it.
    this.#drain();
    this.#take(stream, text);
  }

  /** The process is about to end: sends all there is, says what was begun, and from now on every line goes at once. */
  exit(): void {
    this.#exiting = true;
    this.#drain();
    for (const activation of this.#active) {
      activation.finish(Date.now());
      this.#output.send(activation.take());
    }
    this.#output.send([{ type: 'ending', begun: [...this.#active].map(({ id }) => id) }]);
  }

  #drain(): void {
    for (const capture of this.#captures) capture.drain(this.#takeCaptured);
  }

  readonly #takeCaptured = (stream: Stream, text: string): void => this.#take(stream, text);

  #take(stream: Stream, text: string): void {
    const activation = this.#current();
    const time = Date.now();
    activation.print(time, stream, text);
    if (activation === this.#between || activation.waiting === 0) return;
    if (time !== this.#burstTime) {
      this.#burstTime = time;
      this.#burstLines = 0;
    }
    this.#burstLines += 1;
    if (this.#exiting || this.#burstLines <= SINGLE_LINES || activation.waiting > BURST_LENGTH) {
      this.#output.send(activation.take());
    } else {
      this.#flushing ??= later(() => this.#flush());
    }
  }

  #flush(): void {
    this.#flushing = undefined;
    for (const activation of this.#active) this.#output.send(activation.take());
  }

  #current(): Activation {
    const tracked = this.#tracker?.getStore();
    if (tracked && this.#active.has(tracked)) return tracked;
    if (this.#untracked) return this.#untracked;
    for (const activation of this.#active) return activation;
    return this.#between;
  }
}
