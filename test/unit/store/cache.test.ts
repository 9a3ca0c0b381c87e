import { describe, expect, test } from 'bun:test';
import type { Entity, Stored } from '../../../src/model/entities.ts';
import { CachedEntities } from '../../../src/store/cache.ts';
import { Conflict, type EntityStore, StoreUnavailable } from '../../../src/store/store.ts';
import { anAction } from '../../util/documents.ts';
import { errorOf } from '../../util/errors.ts';

/** A store whose answers wait until the test lets them go, and that counts what it was asked. */
class SlowEntities implements EntityStore {
  readonly documents = new Map<string, Stored>();
  readonly asked: string[] = [];
  readonly #held: (() => void)[] = [];
  isHolding = false;
  failure: Error | undefined;
  #revs = 0;

  async get(id: string): Promise<Stored | undefined> {
    this.asked.push(id);
    const failure = this.failure;
    const found = this.documents.get(id);
    await this.#turn();
    if (failure) throw failure;
    return found;
  }
  async put(entity: Entity): Promise<string> {
    const failure = this.failure;
    const rev = `${++this.#revs}-r`;
    if (!failure) this.documents.set(`${entity.namespace}/${entity.name}`, { entity, rev });
    await this.#turn();
    if (failure) throw failure;
    return rev;
  }
  async delete(id: string): Promise<void> {
    if (this.failure) throw this.failure;
    this.documents.delete(id);
    await this.#turn();
  }
  code = async () => 'code';
  list = async () => [...this.documents.values()];
  count = async () => this.documents.size;

  release(): void {
    for (const go of this.#held.splice(0)) go();
  }
  #turn(): Promise<void> {
    return this.isHolding ? new Promise((resolve) => this.#held.push(resolve)) : Promise.resolve();
  }
}

const ID = 'guest/hello';
const version = (stored: Stored | undefined) => stored?.entity.version;

async function filled(...names: string[]): Promise<SlowEntities> {
  const store = new SlowEntities();
  for (const name of names) await store.put(anAction({ name }));
  return store;
}

describe('the cache in front of the entities', () => {
  test('reads an entity once, then has it at hand', async () => {
    const store = await filled('hello');
    const cache = new CachedEntities(store);
    expect(cache.peek(ID)).toBeUndefined();
    const first = await cache.get(ID);
    expect(first).toEqual({ entity: anAction(), rev: '1-r' });
    expect(await cache.get(ID)).toBe(first as Stored);
    expect(cache.peek(ID)).toBe(first as Stored);
    expect(store.asked).toEqual([ID]);
  });

  test('reads once for many who ask at the same time', async () => {
    const store = await filled('hello');
    store.isHolding = true;
    const cache = new CachedEntities(store);
    expect(cache.knows(ID)).toBe(false);
    const answers = [cache.get(ID), cache.get(ID), cache.get(ID)];
    expect(cache.knows(ID)).toBe(true);
    await Promise.resolve();
    store.release();
    expect((await Promise.all(answers)).map(version)).toEqual(['0.0.1', '0.0.1', '0.0.1']);
    expect(store.asked).toEqual([ID]);
  });

  test('asks again for what does not exist', async () => {
    const store = await filled();
    const cache = new CachedEntities(store);
    expect(await cache.get(ID)).toBeUndefined();
    await store.put(anAction());
    expect(version(await cache.get(ID))).toBe('0.0.1');
    expect(store.asked).toEqual([ID, ID]);
  });

  test('asks again after a read that failed', async () => {
    const store = await filled('hello');
    const cache = new CachedEntities(store);
    store.failure = new StoreUnavailable('away');
    expect(await errorOf(cache.get(ID))).toBeInstanceOf(StoreUnavailable);
    store.failure = undefined;
    expect(version(await cache.get(ID))).toBe('0.0.1');
  });

  test('has what it wrote itself, without reading', async () => {
    const store = await filled();
    const cache = new CachedEntities(store);
    const rev = await cache.put(anAction());
    expect(cache.peek(ID)).toEqual({ entity: anAction(), rev });
    const next = await cache.put(anAction({ version: '0.0.2' }), rev);
    expect(await cache.get(ID)).toEqual({ entity: anAction({ version: '0.0.2' }), rev: next });
    await cache.delete(ID, next);
    expect(cache.peek(ID)).toBeUndefined();
    expect(store.asked).toEqual([]);
  });

  test('does not keep what was read before a write, even when the answer comes after it', async () => {
    const store = await filled('hello');
    const cache = new CachedEntities(store);
    store.isHolding = true;
    const late = cache.get(ID);
    store.isHolding = false;
    await cache.put(anAction({ version: '0.0.2' }), '1-r');
    store.release();
    await late;
    expect(version(cache.peek(ID))).toBe('0.0.2');
  });

  test('does not give those who ask after a delete what was read before it', async () => {
    const store = await filled('hello');
    const cache = new CachedEntities(store);
    store.isHolding = true;
    const late = cache.get(ID);
    store.isHolding = false;
    await cache.delete(ID, '1-r');
    expect(await cache.get(ID)).toBeUndefined();
    store.release();
    expect(version(await late)).toBe('0.0.1');
    expect(cache.peek(ID)).toBeUndefined();
  });

  test('forgets what another node changed', async () => {
    const store = await filled('hello', 'other');
    const cache = new CachedEntities(store);
    await cache.get(ID);
    await cache.get('guest/other');
    await store.put(anAction({ version: '0.0.2' }));
    cache.invalidate(ID);
    expect(cache.peek(ID)).toBeUndefined();
    expect(cache.peek('guest/other')).toBeDefined();
    expect(version(await cache.get(ID))).toBe('0.0.2');
    cache.invalidate();
    expect([cache.peek(ID), cache.peek('guest/other')]).toEqual([undefined, undefined]);
  });

  test('does not keep what it read or wrote while another node told of a change', async () => {
    const store = await filled('hello');
    const cache = new CachedEntities(store);
    store.isHolding = true;
    const read = cache.get(ID);
    const written = cache.put(anAction({ name: 'own' }));
    cache.invalidate(ID);
    cache.invalidate('guest/own');
    store.release();
    await Promise.all([read, written]);
    expect([cache.peek(ID), cache.peek('guest/own')]).toEqual([undefined, undefined]);
  });

  test('forgets on a conflict, and keeps when the store is away', async () => {
    const store = await filled('hello');
    const cache = new CachedEntities(store);
    await cache.get(ID);
    store.failure = new StoreUnavailable('away');
    expect(await errorOf(cache.put(anAction({ version: '6.6.6' }), '1-r'))).toBeInstanceOf(StoreUnavailable);
    expect(version(cache.peek(ID))).toBe('0.0.1');
    store.failure = new Conflict('stale');
    expect(await errorOf(cache.put(anAction({ version: '6.6.6' }), '1-r'))).toBeInstanceOf(Conflict);
    expect(cache.peek(ID)).toBeUndefined();
  });

  test('keeps what was written when only that very change is told, before or after the answer', async () => {
    const store = await filled();
    const cache = new CachedEntities(store);
    store.isHolding = true;
    const written = cache.put(anAction());
    cache.invalidate(ID, '1-r');
    store.release();
    const rev = await written;
    expect(cache.peek(ID)?.rev).toBe(rev);
    cache.invalidate(ID, rev);
    expect(cache.peek(ID)?.rev).toBe(rev);
    cache.invalidate(ID, `2-${'0'.repeat(32)}`);
    expect(cache.peek(ID)).toBeUndefined();
  });

  test('does not forget for the sake of a change that is older than what it keeps', async () => {
    const store = await filled('hello');
    const cache = new CachedEntities(store);
    const rev = await cache.put(anAction({ version: '0.0.2' }), '1-r');
    expect(rev).toBe('2-r');
    cache.invalidate(ID, '1-r');
    expect(cache.peek(ID)?.rev).toBe(rev);
  });

  test('reads again what is older than a second while nobody tells of changes, and gives what it has while the store is away', async () => {
    const store = await filled('hello');
    let now = 0;
    const cache = new CachedEntities(store, {}, () => now);
    await cache.get(ID);
    await store.put(anAction({ version: '0.0.2' }));
    expect(version(await cache.get(ID))).toBe('0.0.1');
    cache.trust('untold');
    now = 1000;
    expect(version(cache.peek(ID))).toBe('0.0.1');
    now = 1001;
    expect(cache.peek(ID)).toBeUndefined();
    store.failure = new StoreUnavailable('away');
    expect(version(await cache.get(ID))).toBe('0.0.1');
    cache.trust('away');
    expect(version(cache.peek(ID))).toBe('0.0.1');
    store.failure = undefined;
    cache.trust('untold');
    expect(version(await cache.get(ID))).toBe('0.0.2');
    expect(version(cache.peek(ID))).toBe('0.0.2');
  });

  test('forgets what turns out to be gone while nobody tells of changes', async () => {
    const store = await filled('hello');
    let now = 0;
    const cache = new CachedEntities(store, {}, () => now);
    await cache.get(ID);
    await store.delete(ID);
    cache.trust('untold');
    now = 2000;
    expect(await cache.get(ID)).toBeUndefined();
    cache.trust('away');
    expect(cache.peek(ID)).toBeUndefined();
  });

  test('lets the entries go that nobody asked for, in the order of their arrival', async () => {
    const store = await filled('a', 'b', 'c', 'd', 'e');
    const cache = new CachedEntities(store, { entries: 3 });
    for (const name of ['a', 'b', 'c']) await cache.get(`guest/${name}`);
    cache.peek('guest/a');
    await cache.get('guest/d');
    await cache.get('guest/e');
    const kept = ['a', 'b', 'c', 'd', 'e'].filter((name) => cache.peek(`guest/${name}`) !== undefined);
    expect(kept).toEqual(['a', 'd', 'e']);
  });

  test('keeps no more bytes than it may, and nothing that alone is more', async () => {
    const store = new SlowEntities();
    const large = (name: string, length: number) =>
      anAction({ name, parameters: [{ key: 'k', value: 'x'.repeat(length) }] });
    for (const [name, length] of Object.entries({ a: 4000, b: 4000, c: 4000, huge: 20_000 }))
      await store.put(large(name, length));
    const cache = new CachedEntities(store, { bytes: 10_000 });
    for (const name of ['a', 'b', 'c', 'huge']) await cache.get(`guest/${name}`);
    const kept = ['a', 'b', 'c', 'huge'].filter((name) => cache.peek(`guest/${name}`) !== undefined);
    expect(kept).toEqual(['b', 'c']);
    await cache.put(large('b', 10), '1-r');
    await cache.put(large('a', 4000), '1-r');
    expect(['a', 'b', 'c'].every((name) => cache.peek(`guest/${name}`) !== undefined)).toBe(true);
  });

  test('asks the store itself for code, lists and counts', async () => {
    const cache = new CachedEntities(await filled('hello'));
    const query = { collection: 'actions', path: 'guest', skip: 0 } as const;
    expect(await cache.code(ID, '1-r')).toBe('code');
    expect(await cache.list(query)).toHaveLength(1);
    expect(await cache.count(query)).toBe(1);
  });
});
