import { type Activation, type ActivationSummary, summarize } from '../../model/activation.ts';
import { messages } from '../../model/messages.ts';
import type { Events } from '../../observe/events.ts';
import { mergePage, windowFor } from '../page.ts';
import { type ActivationQuery, type ActivationStore, type Retention, StoreUnavailable } from '../store.ts';
import { type CouchClient, CouchError, docPath } from './client.ts';
import {
  type ActivationDocument,
  type ActivationRow,
  fromActivationDocument,
  fromActivationRow,
  toActivationText,
} from './documents.ts';
import { WaitingRecords } from './queue.ts';
import { pruneRecords } from './retention.ts';

const BY_NAMESPACE = '_design/whisks.v2.1.0/_view/activations';
const BY_NAME = '_design/whisks-filters.v2.1.1/_view/activations';
/** After every number, in the order of CouchDB's keys. */
const LAST = {};
/** A document that the server finds too large keeps so much of its log. */
const CUT_LOG_BYTES = 1024 * 1024;

export interface CouchActivationsOptions {
  readonly client: CouchClient;
  readonly db: string;
  readonly events: Events;
  /** How long a request may take, in milliseconds; a batch, which is larger, twice as long. */
  readonly timeoutMs: number;
  /** Records are gathered for this long before they are sent, in milliseconds. */
  readonly gatherMs: number;
  /** Approximate bytes of records that may wait in memory. */
  readonly maxWaitingBytes: number;
  /** False leaves all records alone: they may be OpenWhisk's. */
  readonly mayPrune: boolean;
}

interface Rows {
  readonly rows: readonly { readonly value: unknown; readonly doc?: ActivationDocument | null }[];
}

interface BulkAnswer {
  readonly error?: string;
  readonly reason?: string;
}

/** Records in the database `activations`: written in batches, read through OpenWhisk's views. */
export class CouchActivations implements ActivationStore {
  readonly #client: CouchClient;
  readonly #db: string;
  readonly #mayPrune: boolean;
  readonly #timeoutMs: number;
  readonly #waiting: WaitingRecords;

  constructor(options: CouchActivationsOptions) {
    const { client, db, events, gatherMs, maxWaitingBytes, mayPrune, timeoutMs } = options;
    this.#client = client;
    this.#db = db;
    this.#mayPrune = mayPrune;
    this.#timeoutMs = timeoutMs;
    const send = (batch: readonly Activation[]) => this.#write(batch);
    this.#waiting = new WaitingRecords({ send, events, gatherMs, maxBytes: maxWaitingBytes });
  }

  /** How many records wait to be written. */
  get waiting(): number {
    return this.#waiting.size;
  }

  put(activation: Activation): Promise<void> {
    return this.#waiting.put(activation);
  }

  async get(namespace: string, activationId: string): Promise<Activation | undefined> {
    const waiting = this.#waiting.get(activationId);
    if (waiting !== undefined) return waiting.namespace === namespace ? waiting : undefined;
    const path = docPath(`${namespace}/${activationId}`);
    const document = await this.#client.find<ActivationDocument>({ db: this.#db, path, exact: true });
    return document && fromActivationDocument(document);
  }

  list(query: ActivationQuery): Promise<Activation[]> {
    return this.#page(
      query,
      (each) => each,
      async (window) => {
        const { rows } = await this.#rows({ ...window, include_docs: true });
        return rows.flatMap(({ doc }) => (doc ? [fromActivationDocument(doc)] : []));
      },
    );
  }

  summaries(query: ActivationQuery): Promise<ActivationSummary[]> {
    return this.#page<ActivationSummary>(query, asRow, async (window) => {
      const { rows } = await this.#rows(window);
      return rows.map(({ value }) => fromActivationRow(value as ActivationRow));
    });
  }

  async count({ skip, ...query }: Omit<ActivationQuery, 'limit'>): Promise<number> {
    const key = keyOf(query);
    const qs = { startkey: [key, query.since ?? 0], endkey: [key, query.upto ?? LAST], reduce: true };
    const ask = async () => {
      const waiting = this.#waiting.matching(query).length;
      const { rows } = await this.#client.request<Rows>({ db: this.#db, path: viewOf(query), qs });
      return Math.max(0, Number(rows[0]?.value ?? 0) + waiting - skip);
    };
    return this.#inOrder(query, ask);
  }

  async prune(keep: Retention): Promise<number> {
    return this.#mayPrune ? pruneRecords(this.#client, this.#db, keep) : 0;
  }

  close(): Promise<void> {
    return this.#waiting.close();
  }

  #page<T extends Activation | ActivationSummary>(
    query: ActivationQuery,
    shape: (waiting: Activation) => T,
    read: (window: Window) => Promise<T[]>,
  ): Promise<T[]> {
    const { skip, limit = Number.MAX_SAFE_INTEGER } = query;
    if (limit === 0) return Promise.resolve([]);
    const ask = async () => {
      const waiting = this.#waiting.matching(query).map(shape);
      const window = windowFor(waiting.length, skip, limit);
      const rows = await read({
        ...query,
        skip: window.offset,
        limit: query.limit === undefined ? undefined : window.limit,
      });
      // A record that was put a second time waits although it is stored.
      const others =
        waiting.length === 0 ? rows : rows.filter((each) => this.#waiting.get(each.activationId) === undefined);
      return mergePage(waiting, others, skip, limit);
    };
    return this.#inOrder(query, ask);
  }

  /** Reads so that no record is counted twice: as one that waits, and as one that is written. */
  async #inOrder<T>(query: Omit<ActivationQuery, 'skip' | 'limit'>, read: () => Promise<T>): Promise<T> {
    if (this.#waiting.matching(query).length === 0) return read();
    if (this.#client.away !== undefined) throw new StoreUnavailable(this.#client.away);
    return this.#waiting.quietly(read, this.#timeoutMs);
  }

  #rows({ skip, limit, include_docs = false, ...query }: Window): Promise<Rows> {
    const key = keyOf(query);
    const range = { descending: true, startkey: [key, query.upto ?? LAST], endkey: [key, query.since ?? 0] };
    const qs = { ...range, skip, ...(limit === undefined ? {} : { limit }), reduce: false, include_docs };
    return this.#client.request<Rows>({ db: this.#db, path: viewOf(query), qs, exact: include_docs });
  }

  /** A conflict means that the record is written already, and the first one stays. */
  async #write(batch: readonly Activation[]): Promise<(string | undefined)[]> {
    try {
      const body = `{"docs":[${batch.map(toActivationText).join(',')}]}`;
      const request = {
        method: 'POST',
        db: this.#db,
        path: '_bulk_docs',
        body,
        insists: true,
        timeoutMs: this.#timeoutMs * 2,
      } as const;
      const answers = await this.#client.request<BulkAnswer[]>(request);
      return answers.map(({ error, reason }) =>
        error === undefined || error === 'conflict' ? undefined : `${error}: ${reason}`,
      );
    } catch (error) {
      const [only] = batch;
      if (!isTooLarge(error) || batch.length > 1 || only === undefined || only.logs.length === 0) throw error;
      return this.#write([withCutLog(only)]);
    }
  }
}

type Window = Omit<ActivationQuery, 'limit'> & { readonly limit: number | undefined; readonly include_docs?: boolean };

function keyOf({ namespace, name }: Pick<ActivationQuery, 'namespace' | 'name'>): string {
  return name === undefined ? namespace : `${namespace}/${name}`;
}

function viewOf({ name }: Pick<ActivationQuery, 'name'>): string {
  return name === undefined ? BY_NAMESPACE : BY_NAME;
}

function isTooLarge(error: unknown): boolean {
  return error instanceof CouchError && error.status === 413;
}

/** As the views show it. */
function asRow(activation: Activation): ActivationSummary {
  const { subject: _subject, ...row } = summarize(activation);
  return row;
}

/** Better a record with less of its log than none (`couchdb/max_document_size` is 8 MB where nobody changed it). */
function withCutLog(activation: Activation): Activation {
  let bytes = 0;
  const kept = activation.logs.filter((line) => {
    bytes += line.length;
    return bytes <= CUT_LOG_BYTES;
  });
  const isCut = kept.length < activation.logs.length;
  return { ...activation, logs: isCut ? [...kept, messages.logsTruncated(CUT_LOG_BYTES)] : [] };
}
