import { expect } from 'bun:test';
import type { Entity } from '../../src/model/entities.ts';
import { Conflict } from '../../src/store/store.ts';
import { anAction, aPackage, aRule, aTrigger } from '../util/documents.ts';
import { errorOf } from '../util/errors.ts';
import { REV, type StoreTools } from './store.ts';

/** What every store does with actions, packages, triggers and rules. */
export function entityContract({ it, fresh, store }: StoreTools): void {
  it('gives back every kind of entity as it was put', async () => {
    const namespace = fresh();
    const all: Entity[] = [
      anAction({
        namespace,
        exec: { kind: 'nodejs:20', binary: true, main: 'start' },
        parameters: [{ key: 'secret', value: { deep: [1, null, 'x'] }, init: true }],
        annotations: [{ key: 'web-export', value: true }],
      }),
      anAction({ namespace: `${namespace}/tools`, name: 'inner' }),
      anAction({ namespace, name: 'chain', exec: { kind: 'sequence', components: [`/${namespace}/hello`] } }),
      anAction({ namespace, name: 'boxed', exec: { kind: 'blackbox', image: 'me/image', binary: false } }),
      aPackage({ namespace, publish: true }),
      aPackage({ namespace, name: 'bound', binding: { namespace: 'whisk.system', name: 'utils' } }),
      aTrigger({
        namespace,
        rules: { 'ns/r': { action: { path: namespace, name: 'hello' }, status: 'inactive' } },
      }),
      aRule({ namespace }),
    ];
    for (const entity of all) {
      const rev = await store().entities.put(entity);
      expect(rev).toMatch(REV);
      expect(await store().entities.get(`${entity.namespace}/${entity.name}`)).toEqual({ entity, rev });
    }
  });

  it('has nothing under an id that was never put', async () => {
    expect(await store().entities.get(`${fresh()}/nothing`)).toBeUndefined();
  });

  it('replaces an entity under the revision that was read, and counts the revision up', async () => {
    const namespace = fresh();
    const first = await store().entities.put(anAction({ namespace }));
    const changed = anAction({ namespace, version: '0.0.2' });
    const second = await store().entities.put(changed, first);
    expect(Number.parseInt(second, 10)).toBe(Number.parseInt(first, 10) + 1);
    expect(await store().entities.get(`${namespace}/hello`)).toEqual({ entity: changed, rev: second });
  });

  it('refuses to create what exists, to replace or delete under a stale revision, and changes nothing (ENT-13)', async () => {
    const namespace = fresh();
    const action = anAction({ namespace });
    const first = await store().entities.put(action, undefined, 'one');
    const rev = await store().entities.put(action, first, 'two');
    const intruder = anAction({ namespace, version: '6.6.6' });
    expect(await errorOf(store().entities.put(intruder, undefined, 'x'))).toBeInstanceOf(Conflict);
    expect(await errorOf(store().entities.put(intruder, first, 'x'))).toBeInstanceOf(Conflict);
    expect(await errorOf(store().entities.delete(`${namespace}/hello`, first))).toBeInstanceOf(Conflict);
    expect(await store().entities.get(`${namespace}/hello`)).toEqual({ entity: action, rev });
    expect(await store().entities.code(`${namespace}/hello`, rev)).toBe('two');
  });

  it('refuses to replace or delete what is gone', async () => {
    const namespace = fresh();
    const rev = await store().entities.put(anAction({ namespace }));
    await store().entities.delete(`${namespace}/hello`, rev);
    expect(await errorOf(store().entities.put(anAction({ namespace }), rev))).toBeInstanceOf(Conflict);
    expect(await errorOf(store().entities.delete(`${namespace}/hello`, rev))).toBeInstanceOf(Conflict);
  });

  it('lets exactly one of many racing writers win', async () => {
    const namespace = fresh();
    const rev = await store().entities.put(anAction({ namespace }));
    const creates = Array.from({ length: 8 }, (_, n) =>
      store().entities.put(anAction({ namespace, name: 'raced', version: `0.0.${n}` })),
    );
    const updates = Array.from({ length: 8 }, (_, n) =>
      store().entities.put(anAction({ namespace, version: `0.1.${n}` }), rev),
    );
    const races = await Promise.all([Promise.allSettled(creates), Promise.allSettled(updates)]);
    for (const [id, ends] of [
      ['raced', races[0]],
      ['hello', races[1]],
    ] as const) {
      const won = ends.filter((end) => end.status === 'fulfilled');
      const lost = ends.filter((end) => end.status === 'rejected');
      expect(won).toHaveLength(1);
      expect(lost.every(({ reason }) => reason instanceof Conflict)).toBe(true);
      expect((await store().entities.get(`${namespace}/${id}`))?.rev).toBe(won[0]?.value as string);
    }
  });

  it('deletes, and recreates under a revision that was never used', async () => {
    const namespace = fresh();
    const id = `${namespace}/hello`;
    const old = await store().entities.put(anAction({ namespace }), undefined, 'old');
    await store().entities.delete(id, old);
    expect(await store().entities.get(id)).toBeUndefined();
    expect(await store().entities.code(id, old)).toBeUndefined();
    const recreated = await store().entities.put(anAction({ namespace }));
    expect(recreated).not.toBe(old);
    expect(await store().entities.code(id, recreated)).toBeUndefined();
  });

  it('keeps code apart (ENT-15): as of its revision, kept by an update without code, replaced by one with code', async () => {
    const namespace = fresh();
    const id = `${namespace}/hello`;
    const first = await store().entities.put(anAction({ namespace }), undefined, 'function main() {}');
    expect(await store().entities.code(id, first)).toBe('function main() {}');
    const second = await store().entities.put(anAction({ namespace, version: '0.0.2' }), first);
    expect(await store().entities.code(id, second)).toBe('function main() {}');
    expect(await store().entities.code(id, first)).toBeUndefined();
    const third = await store().entities.put(anAction({ namespace, version: '0.0.3' }), second, 'other');
    expect(await store().entities.code(id, third)).toBe('other');
    expect(await store().entities.code(id, second)).toBeUndefined();
    expect(JSON.stringify(await store().entities.get(id))).not.toContain('other');
  });

  it('has no code of an action that has none, and forgets it when the action becomes a sequence', async () => {
    const namespace = fresh();
    const id = `${namespace}/hello`;
    const bare = await store().entities.put(anAction({ namespace, name: 'bare' }));
    expect(await store().entities.code(`${namespace}/bare`, bare)).toBeUndefined();
    const first = await store().entities.put(anAction({ namespace }), undefined, 'code');
    const sequence = anAction({ namespace, exec: { kind: 'sequence', components: ['/a/b'] } });
    const second = await store().entities.put(sequence, first);
    expect(await store().entities.code(id, second)).toBeUndefined();
    const third = await store().entities.put(anAction({ namespace }), second);
    expect(await store().entities.code(id, third)).toBeUndefined();
  });

  it('takes names in every script, with blanks and signs, and keeps large documents and code whole', async () => {
    const namespace = fresh();
    const code = `// ${'日本語 ünïcödé 🚀 "quoted" \\ \n'.repeat(100_000)}`;
    const value = 'x"\\\u2028é'.repeat(150_000);
    for (const action of [
      anAction({ namespace, name: '日本語の名前', parameters: [{ key: 'große', value }] }),
      anAction({ namespace, name: 'with blank @home.v-1&2' }),
    ]) {
      const id = `${action.namespace}/${action.name}`;
      const rev = await store().entities.put(action, undefined, code);
      expect(await store().entities.get(id)).toEqual({ entity: action, rev });
      expect((await store().entities.code(id, rev)) === code).toBe(true);
    }
    expect(await store().entities.count({ collection: 'actions', path: namespace, skip: 0 })).toBe(2);
  });

  it('lists a collection newest first, page by page', async () => {
    const namespace = fresh();
    const order = [3, 1, 4, 10, 5, 9, 2, 6, 8, 7];
    for (const n of order) await store().entities.put(aTrigger({ namespace, name: `t${n}`, updated: 1000 + n }));
    await store().entities.put(aRule({ namespace }));
    const query = { collection: 'triggers', path: namespace } as const;
    const names = async (skip: number, limit?: number) =>
      (await store().entities.list({ ...query, skip, ...(limit === undefined ? {} : { limit }) })).map(
        ({ entity }) => entity.name,
      );
    expect(await names(0, 3)).toEqual(['t10', 't9', 't8']);
    expect(await names(3, 3)).toEqual(['t7', 't6', 't5']);
    expect(await names(9, 3)).toEqual(['t1']);
    expect(await names(10, 3)).toEqual([]);
    expect(await names(0)).toHaveLength(10);
    expect(await store().entities.count({ ...query, skip: 0 })).toBe(10);
    expect(await store().entities.count({ ...query, skip: 4 })).toBe(6);
    expect(await store().entities.count({ ...query, skip: 40 })).toBe(0);
  });

  it('moves an entity to the front of the list when it is updated', async () => {
    const namespace = fresh();
    const rev = await store().entities.put(anAction({ namespace, name: 'a', updated: 1 }));
    await store().entities.put(anAction({ namespace, name: 'b', updated: 2 }));
    await store().entities.put(anAction({ namespace, name: 'a', updated: 3 }), rev);
    const listed = await store().entities.list({ collection: 'actions', path: namespace, skip: 0 });
    expect(listed.map(({ entity }) => entity.name)).toEqual(['a', 'b']);
  });

  it('lists all of a namespace with what is in its packages, or one package alone', async () => {
    const namespace = fresh();
    await store().entities.put(anAction({ namespace, name: 'plain', updated: 1 }));
    await store().entities.put(anAction({ namespace: `${namespace}/tools`, name: 'packaged', updated: 2 }));
    await store().entities.put(anAction({ namespace: `${namespace}/other`, name: 'elsewhere', updated: 3 }));
    await store().entities.put(anAction({ namespace: `${namespace}x`, name: 'stranger', updated: 4 }));
    await store().entities.put(aPackage({ namespace }));
    const names = async (path: string) =>
      (await store().entities.list({ collection: 'actions', path, skip: 0 })).map(({ entity }) => entity.name);
    expect(await names(namespace)).toEqual(['elsewhere', 'packaged', 'plain']);
    expect(await names(`${namespace}/tools`)).toEqual(['packaged']);
    expect(await names(`${namespace}/nothing`)).toEqual([]);
    const count = (path: string) => store().entities.count({ collection: 'actions', path, skip: 0 });
    expect([await count(namespace), await count(`${namespace}/tools`)]).toEqual([3, 1]);
  });

  it('shows others only packages that are published and no bindings', async () => {
    const namespace = fresh();
    const binding = { namespace: 'whisk.system', name: 'utils' };
    await store().entities.put(aPackage({ namespace, name: 'shared', publish: true, updated: 1 }));
    await store().entities.put(aPackage({ namespace, name: 'newer', publish: true, updated: 2 }));
    await store().entities.put(aPackage({ namespace, name: 'private', updated: 3 }));
    await store().entities.put(aPackage({ namespace, name: 'bound', publish: true, binding, updated: 4 }));
    const query = { collection: 'packages', path: namespace, skip: 0 } as const;
    const listed = await store().entities.list({ ...query, publicOnly: true });
    expect(listed.map(({ entity }) => entity.name)).toEqual(['newer', 'shared']);
    expect(await store().entities.count({ ...query, publicOnly: true })).toBe(2);
    expect(await store().entities.count(query)).toBe(4);
  });
}
