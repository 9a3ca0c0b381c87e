import type { Collection, Entity, Stored } from '../../model/entities.ts';
import { Conflict, type EntityQuery, type EntityStore } from '../store.ts';
import { type CouchClient, CouchError, docPath } from './client.ts';
import { type CodeFields, fromCodeFields, toCodeFields } from './code.ts';
import { type EntityDocument, fromEntityDocument, toEntityDocument } from './documents.ts';

const VIEWS = '_design/whisks.v2.1.0/_view';
/** After every number and text, in the order of CouchDB's keys. */
const LAST = {};

interface Rows {
  readonly rows: readonly { readonly value: unknown; readonly doc?: EntityDocument | null }[];
}

/** What a write answers. */
export interface Written {
  readonly id: string;
  readonly rev: string;
}

/** Actions, packages, triggers and rules in the database `whisks`. */
export class CouchEntities implements EntityStore {
  readonly #client: CouchClient;
  readonly #db: string;
  readonly #onUnreadable: (why: string) => void;
  /** Revisions of documents that cannot be read, of which that was said. */
  readonly #unreadable = new Set<string>();

  /** @param onUnreadable told once of each document that lists leave out, as a sentence for the operator */
  constructor(client: CouchClient, db: string, onUnreadable: (why: string) => void = () => undefined) {
    this.#client = client;
    this.#db = db;
    this.#onUnreadable = onUnreadable;
  }

  async get(id: string): Promise<Stored | undefined> {
    const document = await this.#client.find<EntityDocument>({ db: this.#db, path: docPath(id) });
    return document && { entity: fromEntityDocument(document), rev: document._rev };
  }

  async put(entity: Entity, rev?: string, code?: string): Promise<string> {
    const document = toEntityDocument(entity);
    const { code: field, attachments } = await this.#codeFor(entity, rev, code);
    const body = {
      ...document,
      ...(rev === undefined ? {} : { _rev: rev }),
      ...(field === undefined ? {} : { exec: { ...(document.exec as object), code: field } }),
      ...(attachments === undefined ? {} : { _attachments: attachments }),
    };
    const path = docPath(document._id);
    return (await writing(this.#client.request<Written>({ method: 'PUT', db: this.#db, path, body }))).rev;
  }

  async delete(id: string, rev: string): Promise<void> {
    await writing(this.#client.request({ method: 'DELETE', db: this.#db, path: docPath(id), qs: { rev } }));
  }

  async code(id: string, rev: string): Promise<string | undefined> {
    const qs = { attachments: true };
    const document = await this.#client.find<EntityDocument>({ db: this.#db, path: docPath(id), qs });
    if (document?._rev !== rev) return undefined;
    const entity = fromEntityDocument(document);
    if (entity.entityType !== 'action' || entity.exec.kind === 'sequence') return undefined;
    return fromCodeFields(codeOf(document), 'binary' in entity.exec && entity.exec.binary);
  }

  async list(query: EntityQuery): Promise<Stored[]> {
    const { skip, limit } = query;
    if (limit === 0) return [];
    const path = viewOf(query.collection, query.publicOnly);
    const range = { descending: true, startkey: [query.path, LAST], endkey: [query.path] };
    const page = { skip, ...(limit === undefined ? {} : { limit }) };
    const qs = { ...range, ...page, reduce: false, include_docs: true };
    const { rows } = await this.#client.request<Rows>({ db: this.#db, path, qs });
    return rows.flatMap(({ doc }) => (doc ? this.#readable(doc) : []));
  }

  async count({ collection, path, publicOnly, skip }: Omit<EntityQuery, 'limit'>): Promise<number> {
    const qs = { startkey: [path], endkey: [path, LAST], reduce: true };
    const { rows } = await this.#client.request<Rows>({ db: this.#db, path: viewOf(collection, publicOnly), qs });
    return Math.max(0, Number(rows[0]?.value ?? 0) - skip);
  }

  /** One document that cannot be read must not take the others of a list with it. */
  #readable(document: EntityDocument): Stored[] {
    try {
      return [{ entity: fromEntityDocument(document), rev: document._rev }];
    } catch (error) {
      const { _id, _rev } = document;
      if (!this.#unreadable.has(`${_id} ${_rev}`))
        this.#onUnreadable(`Left out of lists: ${(error as Error).message}.`);
      this.#unreadable.add(`${_id} ${_rev}`);
      return [];
    }
  }

  /** Where the code is after this write: where it is put now, or where it was, for which the document is read. */
  async #codeFor(entity: Entity, rev: string | undefined, code: string | undefined): Promise<CodeFields> {
    if (entity.entityType !== 'action' || entity.exec.kind === 'sequence') return {};
    if (code !== undefined) return toCodeFields(code, 'binary' in entity.exec && entity.exec.binary);
    if (rev === undefined) return {};
    const path = docPath(`${entity.namespace}/${entity.name}`);
    const before = await this.#client.find<EntityDocument>({ db: this.#db, path });
    if (before?._rev !== rev) throw new Conflict(`${entity.namespace}/${entity.name} is not at ${rev} any more`);
    return codeOf(before);
  }
}

function codeOf({ exec, _attachments }: EntityDocument): CodeFields {
  const code = exec?.code ?? exec?.jar;
  return {
    ...(code === undefined ? {} : { code }),
    ...(_attachments === undefined ? {} : { attachments: _attachments }),
  };
}

function viewOf(collection: Collection, publicOnly = false): string {
  return `${VIEWS}/${collection === 'packages' && publicOnly ? 'packages-public' : collection}`;
}

/** Somebody else wrote first, or what is to be replaced or deleted is gone. */
export async function writing<T>(write: Promise<T>): Promise<T> {
  try {
    return await write;
  } catch (error) {
    if (error instanceof CouchError && (error.status === 409 || error.status === 404))
      throw new Conflict(error.message);
    throw error;
  }
}
