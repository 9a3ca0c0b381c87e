import type { Retention } from '../store.ts';
import type { CouchClient } from './client.ts';

const BY_DATE = '_design/activations/_view/byDate';
/** Records that are deleted with one request. */
const BATCH = 500;

interface ByDate {
  readonly rows: readonly { readonly value: readonly [id: string, rev: string] }[];
}

export interface DatabaseInfo {
  readonly doc_count: number;
  /** Bytes; `external` is what the documents take as JSON. */
  readonly sizes?: { readonly external?: number };
}

/** Deletes the oldest records beyond the age or the size, batch by batch; answers how many. */
export async function pruneRecords(
  client: CouchClient,
  db: string,
  { olderThan, maxBytes }: Retention,
): Promise<number> {
  let deleted = 0;
  if (olderThan !== undefined) {
    deleted += await deleteWhile(client, db, { endkey: olderThan, inclusive_end: false }, async () => BATCH);
  }
  if (maxBytes !== undefined) {
    deleted += await deleteWhile(client, db, {}, async () => countBeyond(await client.request({ db }), maxBytes));
  }
  return deleted;
}

/** How many records go, if all are of the same size. */
function countBeyond({ doc_count, sizes }: DatabaseInfo, maxBytes: number): number {
  const bytes = sizes?.external ?? 0;
  if (bytes <= maxBytes || doc_count === 0) return 0;
  return Math.ceil((bytes - maxBytes) / (bytes / doc_count));
}

async function deleteWhile(
  client: CouchClient,
  db: string,
  range: Readonly<Record<string, unknown>>,
  howMany: () => Promise<number>,
): Promise<number> {
  for (let deleted = 0; ; ) {
    const wanted = Math.min(BATCH, await howMany());
    if (wanted === 0) return deleted;
    const qs = { ...range, limit: wanted };
    const { rows } = await client.request<ByDate>({ db, path: BY_DATE, qs });
    if (rows.length === 0) return deleted;
    const docs = rows.map(({ value: [_id, _rev] }) => ({ _id, _rev, _deleted: true }));
    const answers = await client.request<{ readonly error?: string }[]>({
      ...{ method: 'POST', db, path: '_bulk_docs', body: { docs } },
    });
    const done = answers.filter(({ error }) => error === undefined).length;
    // Another node deletes them too.
    if (done === 0) return deleted;
    deleted += done;
  }
}

/** Has CouchDB give back the room of what was deleted: of the database and of the indexes of its views. */
export async function compact(client: CouchClient, db: string, designs: readonly string[]): Promise<void> {
  await client.request({ method: 'POST', db, path: '_compact', body: {} });
  for (const design of designs) await client.request({ method: 'POST', db, path: `_compact/${design}`, body: {} });
  await client.request({ method: 'POST', db, path: '_view_cleanup', body: {} });
}
