import type { Activation } from '../model/activation.ts';
import type { Events } from '../observe/events.ts';
import { isAskedFor } from './page.ts';
import { type ActivationQuery, StoreUnavailable } from './store.ts';

const BATCH_BYTES = 4 * 1024 * 1024;
/** Without texts: the record's own objects. */
const RECORD_BYTES = 500;
const FIRST_RETRY_MS = 100;

export interface BufferOptions {
  readonly events: Events;
  /** Records are gathered for this long before they are sent, in milliseconds. */
  readonly gatherMs: number;
  /** Approximate bytes of the records that may wait; beyond it the oldest are dropped. */
  readonly maxBytes: number;
  /** A batch has at most so many. */
  readonly batchRecords: number;
  /** The longest pause between two attempts, in milliseconds. */
  readonly lastRetryMs: number;
}

/** A record that is not durable yet. */
export interface Waiting {
  readonly activation: Activation;
  readonly bytes: number;
  resolve(): void;
  reject(error: unknown): void;
  readonly promise: Promise<void>;
}

/**
 * Records on their way to a store, in memory and in the order of their arrival. One batch is under way at a time; each record stays
 * here, and visible, until its batch is answered. Whoever owns the buffer does the sending, when it is due.
 *
 *     put ──► waiting ──(gatherMs)──► under way ──► durable: resolved
 *                ▲                        │
 *                └── pause, then again ◄──┴── away
 *
 * A batch that is not taken as it is goes once more, record by record, so that the one that is in the way alone is given up. What waits
 * is bounded: beyond the bound the oldest records are dropped, and it is said how many.
 */
export class RecordBuffer {
  readonly #options: BufferOptions;
  /** The first `#sent` of them are under way. */
  readonly #waiting = new Map<string, Waiting>();
  #sent = 0;
  #bytes = 0;
  /** The pause after the last failure; 0 while all is well. */
  #retryMs = 0;
  /** So many of the next records go one by one, to find the one that is not taken. */
  #alone = 0;
  #lost = 0;
  #emptied: PromiseWithResolvers<void> | undefined;

  constructor(options: BufferOptions) {
    this.#options = options;
  }

  get size(): number {
    return this.#waiting.size;
  }

  /** The last attempt failed. */
  get isFailing(): boolean {
    return this.#retryMs > 0;
  }

  /** There is enough for a whole batch: waiting for more gains nothing. */
  get isFull(): boolean {
    return this.#bytes > BATCH_BYTES || this.#waiting.size >= this.#options.batchRecords;
  }

  /** In how many milliseconds the next batch is to be sent; undefined when nothing waits. */
  get dueMs(): number | undefined {
    if (this.#waiting.size === 0) return undefined;
    if (this.#retryMs > 0) return this.#retryMs;
    return this.#emptied || this.#alone > 0 || this.isFull ? 0 : this.#options.gatherMs;
  }

  /** Resolves when it is durable. The same record twice is one. @throws StoreUnavailable, by the promise, when it is given up */
  put(activation: Activation): Promise<void> {
    const known = this.#waiting.get(activation.activationId);
    if (known !== undefined) return known.promise;
    if (this.#emptied) return Promise.reject(new StoreUnavailable('The store is closed.'));
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const bytes = sizeOf(activation);
    this.#waiting.set(activation.activationId, { activation, bytes, promise, resolve, reject });
    this.#bytes += bytes;
    if (this.#bytes > this.#options.maxBytes) this.#dropOldest();
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

  /** The next batch, which is under way until it is `answered` or has `failed`. */
  begin(): Waiting[] {
    const most = this.#alone > 0 ? 1 : this.#options.batchRecords;
    const batch: Waiting[] = [];
    let bytes = 0;
    for (const each of this.#waiting.values()) {
      bytes += each.bytes;
      if (batch.length === most || (bytes > BATCH_BYTES && batch.length > 0)) break;
      batch.push(each);
    }
    this.#sent = batch.length;
    return batch;
  }

  /** @param problems why each could not be written; undefined where it was */
  answered(batch: readonly Waiting[], problems: readonly (string | undefined)[] = []): void {
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
    this.#sayEmpty();
  }

  /** @param isAway the store cannot write now; else it did not take the batch as it is */
  failed(batch: readonly Waiting[], error: unknown, isAway: boolean): void {
    this.#sent = 0;
    const text = error instanceof Error ? error.message : String(error);
    if (isAway && this.#emptied) {
      this.#drop(this.#waiting.size, `The store closes, and cannot write: ${text}`);
      this.#sayLost(text);
    } else if (isAway) {
      if (this.#retryMs === 0)
        this.#options.events.error('store', `Activation records wait in memory and are tried again: ${text}`);
      this.#retryMs = Math.min(this.#options.lastRetryMs, this.#retryMs === 0 ? FIRST_RETRY_MS : this.#retryMs * 2);
    } else if (batch.length > 1) {
      this.#alone = batch.length;
    } else {
      this.#alone = Math.max(0, this.#alone - 1);
      for (const each of batch) this.#giveUp(each, text);
    }
    this.#sayEmpty();
  }

  /** Takes no more. Resolves when nothing waits: what cannot be written now is lost, and that is said. */
  close(): Promise<void> {
    this.#emptied ??= Promise.withResolvers<void>();
    this.#sayEmpty();
    return this.#emptied.promise;
  }

  #sayEmpty(): void {
    if (this.#waiting.size === 0) this.#emptied?.resolve();
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
