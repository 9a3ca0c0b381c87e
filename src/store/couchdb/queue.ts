import type { Activation } from '../../model/activation.ts';
import type { Events } from '../../observe/events.ts';
import { RecordBuffer } from '../record-buffer.ts';
import { type ActivationQuery, StoreUnavailable } from '../store.ts';

/** One request has at most this much: CouchDB takes larger ones faster (measured: 2000 at once 1.3 × as fast as 1000). */
const BATCH_RECORDS = 2000;
const LAST_RETRY_MS = 2000;
/**
 * A batch costs CouchDB about as much as twenty records (it syncs, and tells its views): after one that took some time the next is
 * gathered for so many times as long, but no longer than this.
 */
const REST = 4;
const MOST_GATHER_MS = 100;

export interface RecordsOptions {
  /**
   * Writes records; resolves when they are durable, with why each could not be written, or undefined where it was. Rejects with
   * `StoreUnavailable` when the server is away, and with anything else when it does not take the request as it is.
   */
  readonly send: (batch: readonly Activation[]) => Promise<readonly (string | undefined)[]>;
  readonly events: Events;
  /** Records are gathered for this long before they are sent, in milliseconds; longer while the server is busy with them. */
  readonly gatherMs: number;
  /** Approximate bytes of the records that may wait; beyond it the oldest are given up. */
  readonly maxBytes: number;
}

/**
 * The records on their way to a server. While a batch is under way nobody knows which of its records the server shows already. Who
 * counts both waits for it (`quietly`); batches and such readers take turns.
 */
export class WaitingRecords {
  readonly #send: RecordsOptions['send'];
  readonly #gatherMs: number;
  readonly #buffer: RecordBuffer;
  #timer: ReturnType<typeof setTimeout> | undefined;
  /** When the timer goes off, and until when the server is left alone. */
  #dueAt = 0;
  #restUntil = 0;
  /** The end of the last batch or quiet reader: the next begins after it. */
  #turn: Promise<unknown> = Promise.resolve();

  constructor({ send, ...options }: RecordsOptions) {
    this.#send = send;
    this.#gatherMs = options.gatherMs;
    this.#buffer = new RecordBuffer({ ...options, batchRecords: BATCH_RECORDS, lastRetryMs: LAST_RETRY_MS });
  }

  get size(): number {
    return this.#buffer.size;
  }

  put(activation: Activation): Promise<void> {
    const durable = this.#buffer.put(activation);
    this.#arm(this.#buffer.isFull && !this.#buffer.isFailing ? 0 : this.#dueMs);
    return durable;
  }

  get(id: string): Activation | undefined {
    return this.#buffer.get(id);
  }

  /** See `RecordBuffer`. */
  matching(query: Omit<ActivationQuery, 'skip' | 'limit'>): Activation[] {
    return this.#buffer.matching(query);
  }

  /** Reads while no batch is under way. @throws StoreUnavailable when one is for longer than `patienceMs` */
  quietly<T>(read: () => Promise<T>, patienceMs: number): Promise<T> {
    const late = Promise.withResolvers<never>();
    let isLate = false;
    const timer = setTimeout(() => {
      isLate = true;
      late.reject(new StoreUnavailable('The store does not answer in time.'));
    }, patienceMs);
    const turn = this.#turn.then(() => {
      clearTimeout(timer);
      return isLate ? late.promise : read();
    });
    this.#turn = turn.catch(() => undefined);
    return Promise.race([turn, late.promise]);
  }

  /** Sends all that waits, and takes no more. What cannot be written now is lost here, and that is said. */
  close(): Promise<void> {
    const emptied = this.#buffer.close();
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#buffer.size > 0) this.#arm(0);
    return emptied;
  }

  get #dueMs(): number {
    return Math.max(this.#gatherMs, this.#restUntil - performance.now());
  }

  #arm(ms: number): void {
    const at = performance.now() + ms;
    if (this.#timer !== undefined && this.#dueAt <= at) return;
    clearTimeout(this.#timer);
    this.#dueAt = at;
    this.#timer = setTimeout(() => {
      this.#turn = this.#turn.then(() => this.#sendNext());
    }, ms);
  }

  async #sendNext(): Promise<void> {
    this.#timer = undefined;
    const batch = this.#buffer.begin();
    const began = performance.now();
    try {
      if (batch.length > 0) this.#buffer.answered(batch, await this.#send(batch.map(({ activation }) => activation)));
    } catch (error) {
      this.#buffer.failed(batch, error, error instanceof StoreUnavailable);
    }
    const ended = performance.now();
    this.#restUntil = ended + Math.min(MOST_GATHER_MS, (ended - began) * REST);
    const { dueMs, isFailing } = this.#buffer;
    if (dueMs !== undefined) this.#arm(dueMs > 0 && !isFailing ? this.#dueMs : dueMs);
  }
}
