import { BusAway } from './bus.ts';

export interface Parcel {
  readonly partition: number;
  readonly value: Uint8Array;
}

interface Waiting extends Parcel {
  readonly resolve: () => void;
  readonly reject: (error: Error) => void;
  readonly timer: ReturnType<typeof setTimeout>;
}

/**
 * Sends the messages of one topic: one batch at a time, with all that has come since the one before.
 *
 * One at a time for a reason: an idempotent producer numbers what it sends, and kafkajs takes a number back when a send fails. If
 * another message took it then, the broker would hold that one for a repetition of the first, confirm it, and drop it.
 */
export class Lane {
  readonly #send: (batch: readonly Parcel[]) => Promise<void>;
  readonly #maxBytes: () => number;
  readonly #queue: Waiting[] = [];
  #isSending = false;

  /** @param maxBytes of one batch: what Kafka's limit for a message means */
  constructor(send: (batch: readonly Parcel[]) => Promise<void>, maxBytes: () => number) {
    this.#send = send;
    this.#maxBytes = maxBytes;
  }

  /** @throws BusAway after `limitMs`; a message that is on its way by then may arrive */
  push(parcel: Parcel, limitMs: number): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const timer = setTimeout(() => {
      const at = this.#queue.indexOf(waiting);
      if (at >= 0) this.#queue.splice(at, 1);
      reject(new BusAway(`no answer within ${limitMs} ms`));
    }, limitMs);
    const waiting: Waiting = { ...parcel, resolve, reject, timer };
    this.#queue.push(waiting);
    if (!this.#isSending) void this.#run();
    return promise;
  }

  async #run(): Promise<void> {
    this.#isSending = true;
    // What comes in the same turn goes into the same batch.
    await Promise.resolve();
    while (this.#queue.length > 0) {
      const batch = this.#nextBatch();
      try {
        await this.#send(batch);
        for (const { resolve } of batch) resolve();
      } catch (error) {
        for (const { reject } of batch) reject(new BusAway((error as Error).message));
      }
      for (const { timer } of batch) clearTimeout(timer);
    }
    this.#isSending = false;
  }

  #nextBatch(): Waiting[] {
    const maxBytes = this.#maxBytes();
    let [count, bytes] = [0, 0];
    for (const { value } of this.#queue) {
      bytes += value.byteLength + PARCEL_BYTES;
      if (count > 0 && bytes > maxBytes) break;
      count++;
    }
    return this.#queue.splice(0, count);
  }
}

/** What a message costs in a batch besides its value, generously. */
const PARCEL_BYTES = 64;
