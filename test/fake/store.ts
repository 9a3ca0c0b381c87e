import { createHash } from 'node:crypto';
import { type Activation, summarize } from '../../src/model/activation.ts';
import type { Entity, Stored } from '../../src/model/entities.ts';
import type { Subject } from '../../src/model/identity.ts';
import type { UserLimits } from '../../src/model/limits.ts';
import { isAskedFor } from '../../src/store/page.ts';
import {
  type ActivationQuery,
  type ActivationStore,
  Conflict,
  type EntityQuery,
  type EntityStore,
  type Retention,
  type Store,
  type StoredSubject,
  StoreUnavailable,
  type SubjectStore,
} from '../../src/store/store.ts';

/** A store in memory. It keeps the contract but for the disk, and is told when to be away. */
export class FakeStore implements Store {
  readonly entities = new FakeEntities();
  readonly activations = new FakeActivations();
  readonly subjects = new FakeSubjects();
  async close(): Promise<void> {}
}

const nextRev = (rev: string | undefined, document: unknown) => {
  const hash = createHash('md5').update(JSON.stringify(document)).digest('hex');
  return `${Number(rev?.split('-')[0] ?? 0) + 1}-${hash}`;
};
const page = <T>(rows: T[], { skip, limit }: { skip: number; limit?: number }) =>
  rows.slice(skip, limit === undefined ? undefined : skip + limit);

export class FakeEntities implements EntityStore {
  readonly #documents = new Map<string, Stored>();
  readonly #code = new Map<string, string | undefined>();
  isAway = false;

  /** As the cache in front of a real store has it. */
  peek(id: string): Stored | undefined {
    return this.#documents.get(id);
  }
  async get(id: string): Promise<Stored | undefined> {
    return this.#documents.get(id);
  }
  async put(entity: Entity, rev?: string, code?: string): Promise<string> {
    const id = `${entity.namespace}/${entity.name}`;
    this.#check(this.#documents.get(id), rev);
    const next = nextRev(rev, [entity, code]);
    this.#documents.set(id, { entity, rev: next });
    const hasCode = entity.entityType === 'action' && entity.exec.kind !== 'sequence';
    this.#code.set(id, hasCode ? (code ?? this.#code.get(id)) : undefined);
    return next;
  }
  async delete(id: string, rev: string): Promise<void> {
    this.#check(this.#documents.get(id), rev);
    this.#documents.delete(id);
    this.#code.delete(id);
  }
  async code(id: string, rev: string): Promise<string | undefined> {
    return this.#documents.get(id)?.rev === rev ? this.#code.get(id) : undefined;
  }
  async list(query: EntityQuery): Promise<Stored[]> {
    return page(this.#matching(query), query);
  }
  async count(query: Omit<EntityQuery, 'limit'>): Promise<number> {
    return page(this.#matching(query), query).length;
  }
  #matching({ collection, path, publicOnly }: Omit<EntityQuery, 'limit' | 'skip'>): Stored[] {
    const isPublic = (entity: Entity) =>
      entity.entityType === 'package' && entity.publish && Object.keys(entity.binding).length === 0;
    return [...this.#documents.values()]
      .filter(({ entity }) => `${entity.entityType}s` === collection)
      .filter(({ entity: { namespace } }) => namespace === path || namespace.startsWith(`${path}/`))
      .filter(({ entity }) => !publicOnly || isPublic(entity))
      .sort((a, b) => b.entity.updated - a.entity.updated);
  }
  #check(old: Stored | undefined, rev: string | undefined): void {
    if (this.isAway) throw new StoreUnavailable('the disk is full');
    if (old?.rev !== rev) throw new Conflict('stale');
  }
}

export class FakeActivations implements ActivationStore {
  readonly records = new Map<string, Activation>();

  async put(activation: Activation): Promise<void> {
    const isKnown = [...this.records.values()].some(({ activationId }) => activationId === activation.activationId);
    if (!isKnown) this.records.set(`${activation.namespace}/${activation.activationId}`, activation);
  }
  async get(namespace: string, activationId: string): Promise<Activation | undefined> {
    return this.records.get(`${namespace}/${activationId}`);
  }
  async list(query: ActivationQuery): Promise<Activation[]> {
    return page(this.#matching(query), query);
  }
  async summaries(query: ActivationQuery) {
    return page(this.#matching(query), query).map(summarize);
  }
  async count(query: Omit<ActivationQuery, 'limit'>): Promise<number> {
    return page(this.#matching(query), query).length;
  }
  async prune({ olderThan = 0, maxBytes = Number.POSITIVE_INFINITY }: Retention): Promise<number> {
    const before = this.records.size;
    let bytes = 0;
    for (const [id, record] of [...this.records].sort(([, a], [, b]) => b.start - a.start)) {
      bytes += JSON.stringify(record).length;
      if (record.start < olderThan || bytes > maxBytes) this.records.delete(id);
    }
    return before - this.records.size;
  }
  #matching(query: Omit<ActivationQuery, 'skip'>): Activation[] {
    return [...this.records.values()]
      .filter((each) => isAskedFor(each, query))
      .reverse()
      .sort((a, b) => b.start - a.start);
  }
}

export class FakeSubjects implements SubjectStore {
  readonly #subjects = new Map<string, StoredSubject>();
  readonly #limits = new Map<string, UserLimits>();

  async get(subject: string): Promise<StoredSubject | undefined> {
    return this.#subjects.get(subject);
  }
  async put(subject: Subject, rev?: string): Promise<string> {
    if (this.#subjects.get(subject.subject)?.rev !== rev) throw new Conflict('stale');
    const next = nextRev(rev, subject);
    this.#subjects.set(subject.subject, { subject, rev: next });
    return next;
  }
  async delete(subject: string, rev: string): Promise<void> {
    if (this.#subjects.get(subject)?.rev !== rev) throw new Conflict('stale');
    this.#subjects.delete(subject);
  }
  async find(by: { uuid: string } | { namespace: string }): Promise<StoredSubject[]> {
    return [...this.#subjects.values()].filter(
      ({ subject }) =>
        !subject.blocked &&
        subject.namespaces.some((each) => ('uuid' in by ? each.uuid === by.uuid : each.name === by.namespace)),
    );
  }
  async list(): Promise<StoredSubject[]> {
    return [...this.#subjects.values()].sort((a, b) => (a.subject.subject < b.subject.subject ? -1 : 1));
  }
  async limits(namespace: string): Promise<UserLimits | undefined> {
    return this.#limits.get(namespace);
  }
  async setLimits(namespace: string, limits: UserLimits | undefined): Promise<void> {
    if (limits) this.#limits.set(namespace, limits);
    else this.#limits.delete(namespace);
  }
}
