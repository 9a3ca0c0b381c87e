import type { Subject } from '../../src/model/identity.ts';
import type { UserLimits } from '../../src/model/limits.ts';
import { Conflict, type StoredSubject, type SubjectStore } from '../../src/store/store.ts';

/** Subjects in memory. It counts its writes, and can let somebody else win the next ones. */
export class FakeSubjects implements SubjectStore {
  readonly #subjects = new Map<string, StoredSubject>();
  readonly #limits = new Map<string, UserLimits>();
  writes = 0;
  /** So many of the next writes meet a conflict. */
  conflicts = 0;
  /** Thrown by the next write. */
  failure: Error | undefined;

  get(subject: string): Promise<StoredSubject | undefined> {
    return Promise.resolve(this.#subjects.get(subject));
  }

  async put(subject: Subject, rev?: string): Promise<string> {
    await Promise.resolve();
    this.#check(subject.subject, rev);
    this.writes++;
    const next = `${Number.parseInt(rev ?? '0', 10) + 1}-${'0'.repeat(32)}`;
    this.#subjects.set(subject.subject, { subject: structuredClone(subject), rev: next });
    return next;
  }

  async delete(subject: string, rev: string): Promise<void> {
    await Promise.resolve();
    this.#check(subject, rev);
    this.writes++;
    this.#subjects.delete(subject);
  }

  find(by: { readonly uuid: string } | { readonly namespace: string }): Promise<StoredSubject[]> {
    const matches = ({ subject }: StoredSubject) =>
      subject.namespaces.some((each) => ('uuid' in by ? each.uuid === by.uuid : each.name === by.namespace));
    return Promise.resolve([...this.#subjects.values()].filter(matches));
  }

  list(): Promise<StoredSubject[]> {
    return Promise.resolve(
      [...this.#subjects.values()].sort((a, b) => (a.subject.subject < b.subject.subject ? -1 : 1)),
    );
  }

  limits(namespace: string): Promise<UserLimits | undefined> {
    return Promise.resolve(this.#limits.get(namespace));
  }

  async setLimits(namespace: string, limits: UserLimits | undefined): Promise<void> {
    await Promise.resolve();
    if (this.failure) throw this.failure;
    this.writes++;
    if (limits) this.#limits.set(namespace, limits);
    else this.#limits.delete(namespace);
  }

  #check(subject: string, rev: string | undefined): void {
    if (this.failure) throw this.failure;
    if (this.conflicts > 0) {
      this.conflicts--;
      throw new Conflict('somebody else was first');
    }
    if (this.#subjects.get(subject)?.rev !== rev) throw new Conflict('stale');
  }
}
