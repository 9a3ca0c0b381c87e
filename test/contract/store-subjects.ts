import { expect } from 'bun:test';
import { Conflict } from '../../src/store/store.ts';
import { aSubject } from '../util/documents.ts';
import { errorOf } from '../util/errors.ts';
import { REV, type StoreTools } from './store.ts';

/** What every store does with subjects and the limits of namespaces. */
export function subjectContract({ it, fresh, store }: StoreTools): void {
  it('creates, reads, replaces and deletes a subject under its revision', async () => {
    const subject = aSubject({ subject: fresh('user') });
    const rev = await store().subjects.put(subject);
    expect(rev).toMatch(REV);
    expect(await store().subjects.get(subject.subject)).toEqual({ subject, rev });
    expect(await errorOf(store().subjects.put(subject))).toBeInstanceOf(Conflict);
    const blocked = { ...subject, blocked: true };
    const next = await store().subjects.put(blocked, rev);
    expect(await store().subjects.get(subject.subject)).toEqual({ subject: blocked, rev: next });
    expect(await errorOf(store().subjects.put(subject, rev))).toBeInstanceOf(Conflict);
    expect(await errorOf(store().subjects.delete(subject.subject, rev))).toBeInstanceOf(Conflict);
    await store().subjects.delete(subject.subject, next);
    expect(await store().subjects.get(subject.subject)).toBeUndefined();
  });

  it('finds subjects by key and by namespace, but no blocked ones', async () => {
    const shared = fresh();
    const space = (name: string) => ({ name, uuid: crypto.randomUUID(), key: 'k' });
    const own = space(fresh());
    const one = aSubject({ subject: fresh('user'), namespaces: [own, space(shared)] });
    const two = aSubject({ subject: fresh('user'), namespaces: [space(shared), space(shared)] });
    const blocked = aSubject({ subject: fresh('user'), namespaces: [space(shared)], blocked: true });
    for (const each of [one, two, blocked]) await store().subjects.put(each);
    const names = async (by: { uuid: string } | { namespace: string }) =>
      (await store().subjects.find(by)).map(({ subject }) => subject.subject).sort();
    expect(await names({ uuid: own.uuid })).toEqual([one.subject]);
    expect(await names({ namespace: own.name })).toEqual([one.subject]);
    expect(await names({ namespace: shared })).toEqual([one.subject, two.subject].sort());
    expect(await names({ uuid: blocked.namespaces[0]?.uuid ?? '' })).toEqual([]);
    expect(await names({ uuid: crypto.randomUUID() })).toEqual([]);
  });

  it('no longer finds a subject by what was taken from it', async () => {
    const subject = aSubject({ subject: fresh('user') });
    const old = subject.namespaces[0]?.uuid ?? '';
    const rev = await store().subjects.put(subject);
    const namespaces = [{ name: fresh(), uuid: crypto.randomUUID(), key: 'k' }];
    const next = await store().subjects.put({ ...subject, namespaces }, rev);
    expect(await store().subjects.find({ uuid: old })).toEqual([]);
    expect(await store().subjects.find({ uuid: namespaces[0]?.uuid ?? '' })).toHaveLength(1);
    await store().subjects.delete(subject.subject, next);
    expect(await store().subjects.find({ uuid: namespaces[0]?.uuid ?? '' })).toEqual([]);
  });

  it('lists all subjects in the order of their names', async () => {
    const prefix = fresh('user');
    for (const tail of ['b', 'a', 'c']) await store().subjects.put(aSubject({ subject: `${prefix}-${tail}` }));
    const names = (await store().subjects.list()).map(({ subject }) => subject.subject);
    expect(names.filter((each) => each.startsWith(prefix))).toEqual(['a', 'b', 'c'].map((t) => `${prefix}-${t}`));
  });

  it('keeps, replaces and deletes the limits of a namespace', async () => {
    const namespace = fresh();
    expect(await store().subjects.limits(namespace)).toBeUndefined();
    await store().subjects.setLimits(namespace, { invocationsPerMinute: 0, allowedKinds: ['nodejs:20'] });
    expect(await store().subjects.limits(namespace)).toEqual({
      invocationsPerMinute: 0,
      allowedKinds: ['nodejs:20'],
    });
    await store().subjects.setLimits(namespace, { storeActivations: false });
    expect(await store().subjects.limits(namespace)).toEqual({ storeActivations: false });
    await store().subjects.setLimits(namespace, undefined);
    await store().subjects.setLimits(namespace, undefined);
    expect(await store().subjects.limits(namespace)).toBeUndefined();
  });
}
