import { expect, test } from 'bun:test';
import { followOthers } from '../../../src/node/follow.ts';
import { Events, type Said } from '../../../src/observe/events.ts';
import { CachedEntities } from '../../../src/store/cache.ts';
import type { ChangeListener } from '../../../src/store/store.ts';
import { FakeStore } from '../../fake/store.ts';
import { anAction } from '../../util/documents.ts';

/** A node that hears what the test tells it. */
function aNode() {
  const store = new FakeStore();
  const cached = new CachedEntities(store.entities);
  const changed: string[] = [];
  const said: Said[] = [];
  const events = new Events();
  events.said.subscribe((each) => said.push(each));
  const heard = { forgotten: 0, failure: undefined as Error | undefined };
  const actions = {
    changedElsewhere: async (id: string) => {
      changed.push(id);
      if (heard.failure) throw heard.failure;
    },
  };
  const listeners: ChangeListener[] = [];
  const shared = { follow: (listener: ChangeListener) => void listeners.push(listener) };
  followOthers(shared, { cached, actions, events, authenticator: { forget: () => heard.forgotten++ } });
  return { store, cached, changed, said, heard, told: listeners[0] as ChangeListener };
}

test('what this node uses is read again when it is changed elsewhere, and nothing else', async () => {
  const { store, cached, changed, told } = aNode();
  const rev = await store.entities.put(anAction());
  told.onEntity('guest/hello', rev);
  expect(changed).toEqual([]);
  await cached.get('guest/hello');
  told.onEntity('guest/hello', rev);
  expect([changed, cached.peek('guest/hello')?.rev]).toEqual([[], rev]);
  told.onEntity('guest/hello', '2-b');
  told.onEntity('guest/hello', '3-c');
  told.onEntity('guest/other', '1-a');
  expect([changed, cached.peek('guest/hello')]).toEqual([['guest/hello', 'guest/hello'], undefined]);
});

test('a change that cannot be read is told of, and ends nothing', async () => {
  const { store, cached, said, heard, told } = aNode();
  await store.entities.put(anAction());
  await cached.get('guest/hello');
  heard.failure = new Error('away');
  told.onEntity('guest/hello', '9-z');
  await Promise.resolve();
  await Promise.resolve();
  expect(said.map(({ text }) => text)).toEqual(["'guest/hello' was changed elsewhere, to what is not known: away"]);
});

test('identities are forgotten when subjects are changed, and all when changes were missed', async () => {
  const { store, cached, heard, told } = aNode();
  await store.entities.put(anAction());
  await cached.get('guest/hello');
  told.onSubjects();
  expect([heard.forgotten, cached.peek('guest/hello') !== undefined]).toEqual([1, true]);
  told.onLost();
  expect([heard.forgotten, cached.peek('guest/hello')]).toEqual([2, undefined]);
});
