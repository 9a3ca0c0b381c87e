import type { Subject } from '../../model/identity.ts';
import type { JsonObject } from '../../model/json.ts';
import type { UserLimits } from '../../model/limits.ts';
import { Conflict, type StoredSubject, type SubjectStore } from '../store.ts';
import { type CouchClient, docPath } from './client.ts';
import {
  type DocumentHead,
  fromLimitsDocument,
  fromSubjectDocument,
  isSubjectDocument,
  limitsId,
  type SubjectDocument,
} from './documents.ts';
import { type Written, writing } from './entities.ts';

const IDENTITIES = '_design/subjects.v2.0.0/_view/identities';
/** Of writers of the same namespace's limits at once, each but the last tries again. */
const TRIES = 10;

interface Rows<D> {
  readonly rows: readonly { readonly id: string; readonly doc?: D | null }[];
}

/** Subjects, and limits of namespaces, in the database `subjects`. */
export class CouchSubjects implements SubjectStore {
  readonly #client: CouchClient;
  readonly #db: string;

  constructor(client: CouchClient, db: string) {
    this.#client = client;
    this.#db = db;
  }

  async get(subject: string): Promise<StoredSubject | undefined> {
    const document = await this.#client.find<SubjectDocument>({ db: this.#db, path: docPath(subject) });
    return document && stored(document);
  }

  async put(subject: Subject, rev?: string): Promise<string> {
    const body = { _id: subject.subject, ...(rev === undefined ? {} : { _rev: rev }), ...subject };
    const path = docPath(subject.subject);
    return (await writing(this.#client.request<Written>({ method: 'PUT', db: this.#db, path, body }))).rev;
  }

  async delete(subject: string, rev: string): Promise<void> {
    await writing(this.#client.request({ method: 'DELETE', db: this.#db, path: docPath(subject), qs: { rev } }));
  }

  async find(by: { readonly uuid: string } | { readonly namespace: string }): Promise<StoredSubject[]> {
    const range =
      'uuid' in by
        ? { startkey: [by.uuid], endkey: [by.uuid, {}] }
        : { startkey: [by.namespace], endkey: [by.namespace] };
    const { rows } = await this.#client.request<Rows<never>>({ db: this.#db, path: IDENTITIES, qs: range });
    const ids = [...new Set(rows.map(({ id }) => id))];
    if (ids.length === 0) return [];
    const isMeant = ({ subject }: StoredSubject) =>
      !subject.blocked &&
      subject.namespaces.some((each) => ('uuid' in by ? each.uuid === by.uuid : each.name === by.namespace));
    return (await this.#all({ method: 'POST', body: { keys: ids } })).filter(isMeant);
  }

  async list(): Promise<StoredSubject[]> {
    const all = await this.#all({ method: 'GET' });
    return all.sort((a, b) => (a.subject.subject < b.subject.subject ? -1 : 1));
  }

  async limits(namespace: string): Promise<UserLimits | undefined> {
    const document = await this.#limitsOf(namespace);
    return document && fromLimitsDocument(document);
  }

  async setLimits(namespace: string, limits: UserLimits | undefined): Promise<void> {
    const path = docPath(limitsId(namespace));
    for (let tries = 1; ; tries++) {
      const found = await this.#limitsOf(namespace);
      if (found === undefined && limits === undefined) return;
      const rev = found === undefined ? {} : { _rev: found._rev };
      const body = limits === undefined ? { ...rev, _deleted: true } : { ...rev, ...limits };
      try {
        await writing(this.#client.request({ method: 'PUT', db: this.#db, path, body }));
        return;
      } catch (error) {
        if (!(error instanceof Conflict) || tries === TRIES) throw error;
      }
    }
  }

  #limitsOf(namespace: string): Promise<(DocumentHead & UserLimits & JsonObject) | undefined> {
    return this.#client.find({ db: this.#db, path: docPath(limitsId(namespace)) });
  }

  async #all(request: { readonly method: 'GET' | 'POST'; readonly body?: unknown }): Promise<StoredSubject[]> {
    const qs = { include_docs: true };
    const found = await this.#client.request<Rows<object>>({ db: this.#db, path: '_all_docs', qs, ...request });
    return found.rows.flatMap(({ doc }) => (doc && isSubjectDocument(doc) ? [stored(doc)] : []));
  }
}

function stored(document: SubjectDocument): StoredSubject {
  return { subject: fromSubjectDocument(document), rev: document._rev };
}
