import type { Activation } from '../model/activation.ts';
import type { Events } from '../observe/events.ts';
import { isAskedFor } from './page.ts';
import { toHead } from './sqlite-rows.ts';
import { type ActivationQuery, StoreRefused, StoreUnavailable } from './store.ts';

/** A message to the writer, and so a transaction, holds at most this much. */
const BATCH_RECORDS = 1000;
const BATCH_BYTES = 4 * 1024 * 1024;
/** Without texts: the record's own objects. */
const RECORD_BYTES = 500;
const FIRST_RETRY_MS = 100;
const LAST_RETRY_MS = 5000;

/** Sends records away to be written, numbered from `firstSeq` on. Resolves when they are durable. */
export type Send = (firstSeq: number, heads: string, results: readonly string[]) => Promise<unknown>;

export interface QueueOptions {
  readonly send: Send;
  readonly events: Events;
  /** The highest number of a stored record. */
  readonly lastSeq: number;
  /** Records are gathered for this long before they are sent, in milliseconds. */
  readonly gatherMs: number;
  /** Approximate bytes of the records that may wait; beyond it the oldest are dropped. */
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
 * The records on their way to the disk. One batch is under way at a time, and the next is gathered meanwhile: the
 * busier the node, the larger the transactions. Each record stays here, and visible, until its batch is answered.
 *
 * When the disk is full the batch is kept and tried again with growing pauses. What waits is bounded: beyond the bound
 * the oldest records are dropped, and it is said how many.
 */
export class RecordQueue {
  readonly #options: QueueOptions;
  /** In the order of arrival; the first `#sent` of them are under way. */
  readonly #waiting = new Map<string, Waiting>();
  #sent = 0;
  #bytes = 0;
  /** The highest number of a record whose batch was answered: what a read from the disk may show. */
  #seq: number;
  #timer: ReturnType<typeof setTimeout> | undefined;
  /** The pause after the last failure; 0 while all is well. */
  #retryMs = 0;
  /** So many of the next records go one by one, to find the one that cannot be written. */
  #alone = 0;
  #lost = 0;
  #isClosing = false;
  #emptied: PromiseWithResolvers<void> | undefined;

  constructor(options: QueueOptions) {
    this.#options = options;
    this.#seq = options.lastSeq;
  }

  get seq(): number {
    return this.#seq;
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
    if (this.#bytes > BATCH_BYTES && this.#retryMs === 0) this.#sendNow();
    else this.#arm(this.#options.gatherMs);
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

  /** Tries at once, without waiting out a pause: there may be room again. */
  retry(): void {
    if (this.#retryMs > 0) this.#sendNow();
  }

  /** Sends all that waits, and takes no more. What cannot be written now is lost, and that is said. */
  async close(): Promise<void> {
    this.#isClosing = true;
    if (this.#waiting.size === 0) return;
    this.#emptied = Promise.withResolvers<void>();
    this.#sendNow();
    await this.#emptied.promise;
  }

  #arm(ms: number): void {
    if (this.#timer !== undefined || this.#sent > 0) return;
    this.#timer = setTimeout(this.#sendNow, ms);
  }

  readonly #sendNow = (): void => {
    if (this.#sent > 0) return;
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const batch = this.#nextBatch();
    if (batch.length === 0) return;
    this.#sent = batch.length;
    const heads = JSON.stringify(batch.map(({ activation }) => toHead(activation)));
    const results = batch.map(({ activation }) => activation.response.result);
    this.#options.send(this.#seq + 1, heads, results).then(
      () => this.#written(batch),
      (error: unknown) => this.#failed(batch, error),
    );
  };

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

  #written(batch: readonly Waiting[]): void {
    this.#sent = 0;
    this.#seq += batch.length;
    if (this.#alone > 0) this.#alone--;
    for (const each of batch) {
      this.#remove(each);
      each.resolve();
    }
    if (this.#retryMs > 0) this.#sayWell();
    this.#goOn();
  }

  #failed(batch: readonly Waiting[], error: unknown): void {
    this.#sent = 0;
    const text = error instanceof Error ? error.message : String(error);
    const isAway = error instanceof StoreUnavailable || error instanceof StoreRefused;
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
      this.#options.events.error('store', `The record ${batch[0]?.activation.activationId} cannot be written: ${text}`);
      this.#drop(1, text);
    }
    this.#goOn();
  }

  #goOn(): void {
    if (this.#waiting.size === 0) this.#emptied?.resolve();
    else if (this.#retryMs > 0) this.#arm(this.#retryMs);
    else if (this.#isClosing || this.#alone > 0 || this.#bytes > BATCH_BYTES) this.#sendNow();
    else this.#arm(this.#options.gatherMs);
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
