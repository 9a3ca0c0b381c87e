import type { Activation } from '../../model/activation.ts';
import type { Events } from '../../observe/events.ts';
import { RecordBuffer, type Waiting } from '../record-buffer.ts';
import { type ActivationQuery, StoreRefused, StoreUnavailable } from '../store.ts';
import { toHead } from './rows.ts';

/** A message to the writer, and so a transaction, holds at most this much. */
const BATCH_RECORDS = 1000;
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

/**
 * The records on their way to the disk, numbered in their order. The busier the node, the larger the transactions. When the disk is
 * full the batch is kept and tried again with growing pauses.
 */
export class RecordQueue {
  readonly #send: Send;
  readonly #gatherMs: number;
  readonly #buffer: RecordBuffer;
  #isSending = false;
  /** The highest number of a record whose batch was answered: what a read from the disk may show. */
  #seq: number;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor({ send, lastSeq, ...options }: QueueOptions) {
    this.#send = send;
    this.#gatherMs = options.gatherMs;
    this.#seq = lastSeq;
    this.#buffer = new RecordBuffer({ ...options, batchRecords: BATCH_RECORDS, lastRetryMs: LAST_RETRY_MS });
  }

  get seq(): number {
    return this.#seq;
  }

  put(activation: Activation): Promise<void> {
    const durable = this.#buffer.put(activation);
    if (this.#buffer.isFull && !this.#buffer.isFailing) this.#sendNow();
    else this.#arm(this.#gatherMs);
    return durable;
  }

  get(id: string): Activation | undefined {
    return this.#buffer.get(id);
  }

  /** See `RecordBuffer`. */
  matching(query: Omit<ActivationQuery, 'skip' | 'limit'>): Activation[] {
    return this.#buffer.matching(query);
  }

  /** Tries at once, without waiting out a pause: there may be room again. */
  retry(): void {
    if (this.#buffer.isFailing) this.#sendNow();
  }

  /** Sends all that waits, and takes no more. What cannot be written now is lost, and that is said. */
  close(): Promise<void> {
    const emptied = this.#buffer.close();
    this.#sendNow();
    return emptied;
  }

  #arm(ms: number): void {
    if (this.#timer !== undefined || this.#isSending) return;
    this.#timer = setTimeout(this.#sendNow, ms);
  }

  readonly #sendNow = (): void => {
    if (this.#isSending) return;
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const batch = this.#buffer.begin();
    if (batch.length === 0) return;
    this.#isSending = true;
    const heads = JSON.stringify(batch.map(({ activation }) => toHead(activation)));
    const results = batch.map(({ activation }) => activation.response.result);
    this.#send(this.#seq + 1, heads, results).then(
      () => this.#written(batch),
      (error: unknown) => this.#failed(batch, error),
    );
  };

  #written(batch: readonly Waiting[]): void {
    this.#seq += batch.length;
    this.#buffer.answered(batch);
    this.#goOn();
  }

  #failed(batch: readonly Waiting[], error: unknown): void {
    const isAway = error instanceof StoreUnavailable || error instanceof StoreRefused;
    this.#buffer.failed(batch, error, isAway);
    this.#goOn();
  }

  #goOn(): void {
    this.#isSending = false;
    const { dueMs } = this.#buffer;
    if (dueMs === 0) this.#sendNow();
    else if (dueMs !== undefined) this.#arm(dueMs);
  }
}
