import type { Activation } from '../model/activation.ts';
import type { Events } from '../observe/events.ts';
import { isAskedFor } from './page.ts';
import { type ActivationQuery, StoreUnavailable } from './store.ts';

/** One request has at most this much: CouchDB takes larger ones faster (measured: 2000 at once 1.3 × as fast as 1000). */
const BATCH_RECORDS = 2000;
const BATCH_BYTES = 4 * 1024 * 1024;
/** Without texts: the record's own objects. */
const RECORD_BYTES = 500;
const FIRST_RETRY_MS = 100;
const LAST_RETRY_MS = 2000;

export interface RecordsOptions {
  /**
   * Writes records; resolves when they are durable, with why each could not be written, or undefined where it was. Rejects with
   * `StoreUnavailable` when the server is away, and with anything else when it does not take the request as it is.
   */
  readonly send: (batch: readonly Activation[]) => Promise<readonly (string | undefined)[]>;
  readonly events: Events;
  /** Records are gathered for this long before they are sent, in milliseconds. */
  readonly gatherMs: number;
  /** Approximate bytes of the records that may wait; beyond it the oldest are given up. */
  readonly maxBytes: number;
}

interface Waiting {
  readonly activation: Activation;
  readonly bytes: number;
  resolve(): void;
  reject(error: unknown): void;
  readonly promise: Promise<void>;
}

/**
 * The records on their way to a server. One batch is under way at a time, and the next is gathered meanwhile. Each record
 * stays here, and visible, until its batch is answered.
 *
 *     put ──► waiting ──(gatherMs)──► under way ──► durable: resolved
 *                ▲                        │
 *                └── pause, then again ◄──┴── away
 *
 * While a batch is under way nobody knows which of its records the server shows already. Who counts both waits for it
 * (`quietly`); batches and such readers take turns.
 */
export class WaitingRecords {
  readonly #options: RecordsOptions;
  /** In the order of arrival; the first `#sent` of them are under way. */
  readonly #waiting = new Map<string, Waiting>();
  #sent = 0;
  #bytes = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;
  /** The end of the last batch or quiet reader: the next begins after it. */
  #turn: Promise<unknown> = Promise.resolve();
  /** The pause after the last failure; 0 while all is well. */
  #retryMs = 0;
  /** So many of the next records go one by one, to find the one that is not taken. */
  #alone = 0;
  #lost = 0;
  #isClosing = false;
  #emptied: PromiseWithResolvers<void> | undefined;

  constructor(options: RecordsOptions) {
    this.#options = options;
  }

  get size(): number {
    return this.#waiting.size;
  }

  put(activation: Activation): Promise<void> {
    const known = this.#waiting.get(activation.activationId);
    if (known !== undefined) return known.promise;
    if (this.#isClosing) return Promise.reject(new StoreUnavailable('The store is closed.'));
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const bytes = sizeOf(activation);
    this.#waiting.set(activation.activationId, { activation, bytes, promise, resolve, reject });
    this.#bytes += bytes;
    if (this.#bytes > this.#options.maxBytes) this.#dropOldest();
    this.#arm(this.#isFull && this.#retryMs === 0 ? 0 : this.#options.gatherMs);
    return promise;
  }

  get(id: string): Activation | undefined {
    return this.#waiting.get(id)?.activation;
  }

  /** Those that wait and that the query asks for, newest `start` first, between equals the last to come first. */
  matching(query: Omit<ActivationQuery, 'skip' | 'limit'>): Activation[] {
    const found: Activation[] = [];
    for (const { activation } of this.#waiting.values()) if (isAskedFor(activation, query)) found.push(activation);
    return found.reverse().sort((a, b) => b.start - a.start);
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
  async close(): Promise<void> {
    this.#isClosing = true;
    if (this.#waiting.size === 0) return;
    this.#emptied = Promise.withResolvers<void>();
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#arm(0);
    await this.#emptied.promise;
  }

  /** There is enough for a whole batch: waiting for more gains nothing. */
  get #isFull(): boolean {
    return this.#bytes > BATCH_BYTES || this.#waiting.size >= BATCH_RECORDS;
  }

  #arm(ms: number): void {
    if (this.#timer !== undefined) return;
    this.#timer = setTimeout(() => {
      this.#turn = this.#turn.then(() => this.#sendNext());
    }, ms);
  }

  async #sendNext(): Promise<void> {
    this.#timer = undefined;
    const batch = this.#nextBatch();
    this.#sent = batch.length;
    try {
      if (batch.length > 0) this.#answered(batch, await this.#options.send(batch.map(({ activation }) => activation)));
    } catch (error) {
      this.#failed(batch, error);
    }
    this.#goOn();
  }

  #nextBatch(): Waiting[] {
    const most = this.#alone > 0 ? 1 : BATCH_RECORDS;
    const batch: Waiting[] = [];
    let bytes = 0;
    for (const each of this.#waiting.values()) {
      bytes += each.bytes;
      if (batch.length === most || (bytes > BATCH_BYTES && batch.length > 0)) break;
      batch.push(each);
    }
    return batch;
  }

  #answered(batch: readonly Waiting[], problems: readonly (string | undefined)[]): void {
    this.#sent = 0;
    if (this.#alone > 0) this.#alone--;
    for (const [index, each] of batch.entries()) {
      const problem = problems[index];
      if (problem === undefined) {
        this.#remove(each);
        each.resolve();
      } else this.#giveUp(each, problem);
    }
    if (this.#retryMs > 0) this.#sayWell();
  }

  #failed(batch: readonly Waiting[], error: unknown): void {
    this.#sent = 0;
    const text = error instanceof Error ? error.message : String(error);
    const isAway = error instanceof StoreUnavailable;
    if (isAway && this.#isClosing) {
      this.#drop(this.#waiting.size, `The store closes, and cannot write: ${text}`);
      this.#sayLost(text);
    } else if (isAway) {
      if (this.#retryMs === 0)
        this.#options.events.error('store', `Activation records wait in memory and are tried again: ${text}`);
      this.#retryMs = Math.min(LAST_RETRY_MS, this.#retryMs === 0 ? FIRST_RETRY_MS : this.#retryMs * 2);
    } else if (batch.length > 1) {
      this.#alone = batch.length;
    } else {
      this.#alone = Math.max(0, this.#alone - 1);
      for (const each of batch) this.#giveUp(each, text);
    }
  }

  #goOn(): void {
    if (this.#waiting.size === 0) this.#emptied?.resolve();
    else if (this.#retryMs > 0) this.#arm(this.#retryMs);
    else this.#arm(this.#isClosing || this.#alone > 0 || this.#isFull ? 0 : this.#options.gatherMs);
  }

  #giveUp(each: Waiting, why: string): void {
    this.#options.events.error('store', `The record ${each.activation.activationId} cannot be written: ${why}`);
    this.#remove(each);
    each.reject(new StoreUnavailable(why));
  }

  #dropOldest(): void {
    const before = this.#lost;
    while (this.#bytes > this.#options.maxBytes && this.#waiting.size > this.#sent + 1)
      this.#drop(1, 'Too many activation records wait to be written.');
    if (before === 0 && this.#lost > 0)
      this.#options.events.error('store', 'Too many activation records wait to be written: the oldest are dropped.');
  }

  /** Drops the oldest that are not under way. */
  #drop(count: number, why: string): void {
    let passed = 0;
    for (const each of this.#waiting.values()) {
      if (passed++ < this.#sent) continue;
      if (passed - this.#sent > count) break;
      this.#remove(each);
      this.#lost++;
      each.reject(new StoreUnavailable(why));
    }
  }

  #remove(each: Waiting): void {
    this.#waiting.delete(each.activation.activationId);
    this.#bytes -= each.bytes;
  }

  #sayWell(): void {
    this.#retryMs = 0;
    this.#options.events.info('store', 'Activation records are being written again.');
    if (this.#lost > 0) this.#sayLost('too many waited');
  }

  #sayLost(why: string): void {
    this.#options.events.error('store', `${this.#lost} activation records are lost: ${why.replace(/\.$/, '')}.`);
    this.#lost = 0;
  }
}

function sizeOf({ response, logs }: Activation): number {
  let bytes = RECORD_BYTES + response.result.length;
  for (const line of logs) bytes += line.length;
  return bytes;
}
