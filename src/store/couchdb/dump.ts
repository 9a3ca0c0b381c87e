import type { JsonObject } from '../../model/json.ts';
import type { UserLimits } from '../../model/limits.ts';
import type { DumpOptions, Item } from '../dump.ts';
import { StoreUnavailable } from '../store.ts';
import type { CouchClient } from './client.ts';
import type { DatabaseNames } from './designs.ts';
import {
  type ActivationDocument,
  type DocumentHead,
  type EntityDocument,
  fromActivationDocument,
  fromEntityDocument,
  fromLimitsDocument,
  fromSubjectDocument,
  isSubjectDocument,
} from './documents.ts';
import { CouchEntities } from './entities.ts';
import type { DatabaseInfo } from './retention.ts';

/** One request reads at most so many documents, and about so many bytes: all of an answer is in memory, and it has a deadline. */
const PAGE = 200;
const PAGE_BYTES = 16 * 1024 * 1024;
const LIMITS = /^(.+)\/limits$/;

/** All that the databases keep. What is changed meanwhile is in it as it was or as it is. @throws StoreUnavailable */
export async function* dumpCouch(
  client: CouchClient,
  names: DatabaseNames,
  { withRecords, onSkipped }: DumpOptions,
): AsyncGenerator<Item> {
  const limits: Item[] = [];
  for await (const document of documents<DocumentHead & UserLimits & JsonObject>(client, names.subjects)) {
    const namespace = LIMITS.exec(document._id)?.[1];
    if (isSubjectDocument(document)) yield { type: 'subject', subject: fromSubjectDocument(document) };
    else if (namespace !== undefined) limits.push({ type: 'limits', namespace, limits: fromLimitsDocument(document) });
  }
  yield* limits;
  const entities = new CouchEntities(client, names.whisks);
  for await (const document of documents<EntityDocument>(client, names.whisks)) {
    try {
      yield await entityItem(entities, document);
    } catch (error) {
      if (error instanceof StoreUnavailable) throw error;
      onSkipped(`'${document._id}': ${(error as Error).message}`);
    }
  }
  if (!withRecords) return;
  for await (const document of documents<ActivationDocument>(client, names.activations)) {
    if (document.activationId !== undefined) yield { type: 'activation', activation: fromActivationDocument(document) };
  }
}

async function entityItem(entities: CouchEntities, document: EntityDocument): Promise<Item> {
  const entity = fromEntityDocument(document);
  const code = entity.entityType === 'action' ? await entities.code(document._id, document._rev) : undefined;
  return { type: 'entity', entity, ...(code === undefined ? {} : { code }) };
}

/** All documents in the order of their ids, without design documents. */
async function* documents<D extends DocumentHead>(client: CouchClient, db: string): AsyncGenerator<D> {
  const { doc_count, sizes } = await client.request<DatabaseInfo>({ db });
  const bytesOfOne = (sizes?.external ?? 0) / Math.max(1, doc_count);
  const limit = Math.max(1, Math.min(PAGE, Math.floor(PAGE_BYTES / Math.max(1, bytesOfOne))));
  let after: { startkey?: string; skip?: number } = {};
  for (;;) {
    const qs = { include_docs: true, limit, ...after };
    const { rows } = await client.request<{ rows: { id: string; doc: D | null }[] }>({
      ...{ db, path: '_all_docs', qs, exact: true },
    });
    for (const { id, doc } of rows) if (doc && !id.startsWith('_design/')) yield doc;
    const last = rows.at(-1);
    if (last === undefined || rows.length < limit) return;
    after = { startkey: last.id, skip: 1 };
  }
}
