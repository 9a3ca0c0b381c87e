import type { Activation, ActivationSummary } from '../../model/activation.ts';
import type { Collection } from '../../model/entities.ts';
import type { ActivationQuery } from '../store.ts';
import type { WorkRow } from './work.ts';

/**
 * What the serving thread and the writer say to each other.
 *
 * Every message to the writer has the number of the call, which its answer repeats. Calls are carried out in the order
 * of their sending; all that lie ready become one transaction, and are answered when it is durable.
 *
 * Records come as one flat array, because that is what costs the serving thread least (measured, microseconds per
 * record of 600 bytes in batches of 16: this 0.6, an array of columns 1.4, objects 3.1; and the result, which
 * may be large, is handed over without being copied or escaped). A new kind of call is a new member of `Call`.
 */
export type RecordBatch = [
  call: number,
  /** The number of the first record; the others follow. */
  firstSeq: number,
  /** JSON of `Head[]` (rows.ts). */
  heads: string,
  /** One JSON text for each head. */
  ...results: string[],
];

export type Call =
  | { readonly kind: 'open'; readonly file: string; readonly maxFileBytes: number | undefined }
  | EntityWrite
  | { readonly kind: 'deleteEntity'; readonly id: string; readonly rev: string }
  | { readonly kind: 'putSubject'; readonly document: string; readonly rev: string | undefined }
  | { readonly kind: 'deleteSubject'; readonly subject: string; readonly rev: string }
  /** Without a document they are deleted. */
  | { readonly kind: 'setLimits'; readonly namespace: string; readonly document: string | undefined }
  /** Counting and deep pages walk all that comes before, so they are done here, beside the serving thread. */
  | { readonly kind: 'count'; readonly query: Omit<ActivationQuery, 'limit' | 'skip'>; readonly upToSeq: number }
  | { readonly kind: 'page'; readonly query: ActivationQuery; readonly upToSeq: number; readonly whole: boolean }
  /** What accepted work does to the journal. */
  | { readonly kind: 'addWork'; readonly works: readonly WorkRow[]; readonly tries: number }
  | { readonly kind: 'triedWork'; readonly id: string; readonly tries: number }
  | { readonly kind: 'removeWork'; readonly id: string }
  | {
      readonly kind: 'bury';
      readonly work: WorkRow;
      readonly tries: number;
      readonly why: string;
      readonly buried: number;
    }
  /** Answers how many there were. */
  | { readonly kind: 'removeDead'; readonly id: string }
  | { readonly kind: 'prune'; readonly olderThan: number | undefined; readonly maxBytes: number | undefined }
  | { readonly kind: 'close' };

export interface EntityWrite {
  readonly kind: 'putEntity';
  readonly id: string;
  readonly rev: string | undefined;
  readonly collection: Collection;
  readonly root: string;
  readonly path: string;
  readonly updated: number;
  readonly isPublic: boolean;
  readonly hasCode: boolean;
  readonly document: string;
  /** Undefined keeps the code that is there. */
  readonly code: string | undefined;
}

export type CallMessage = Call & { readonly call: number };
export type ToWriter = RecordBatch | CallMessage;

/** What a call answers: a revision, a number, a page of records, or nothing. */
export type Value = string | number | readonly (Activation | ActivationSummary)[] | undefined;

export type Answer =
  | { readonly call: number; readonly value: Value }
  | { readonly call: number; readonly error: Failure };

export interface Failure {
  /** `fault` is anything that the contract has no word for. */
  readonly kind: 'Conflict' | 'StoreUnavailable' | 'StoreRefused' | 'fault';
  readonly text: string;
}

/** All answers of one transaction. */
export type FromWriter = readonly Answer[];
