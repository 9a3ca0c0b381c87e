import { Database } from 'bun:sqlite';
import { afterEach, beforeEach, describe, expect, test } from 'bun:test';
import { Events } from '../../src/observe/events.ts';
import { migrations } from '../../src/store/sqlite/schema.ts';
import { openSqliteJournal, openSqliteStore, type SqliteStore } from '../../src/store/sqlite.ts';
import { StoreUnavailable } from '../../src/store/store.ts';
import { anActivation } from '../util/documents.ts';
import { errorOf } from '../util/errors.ts';
import { temporaryData } from '../util/sqlite.ts';
import { anInvocation } from '../util/work.ts';
import { journalContract } from './journal.ts';

journalContract('SQLite with the store', async () => temporaryData());
journalContract('SQLite alone', async () => {
  const { file, remove } = temporaryData();
  return { open: () => openSqliteJournal({ file, events: new Events() }), remove };
});

describe('the journal in the file of the store', () => {
  const data = temporaryData();
  let store: SqliteStore;
  beforeEach(async () => {
    store = await openSqliteStore({ file: data.file, events: new Events() });
  });
  afterEach(async () => {
    await store.close();
    await data.remove();
  });

  test('loses an entry with the storing of its record, and no other', async () => {
    const [work, other] = [anInvocation(), anInvocation()];
    await store.journal.add([work, other], 1);
    await store.activations.put(anActivation({ activationId: work.activationId }));
    expect(store.journal.endsWithRecord).toBe(true);
    expect(await store.journal.find(work.activationId)).toBeUndefined();
    expect(await store.journal.find(other.activationId)).toBeDefined();
  });

  test('loses it with a record that was there already, too', async () => {
    const work = anInvocation();
    const record = anActivation({ activationId: work.activationId });
    await store.journal.add([work], 1);
    await Promise.all([store.activations.put(record), store.activations.put(record)]);
    expect(store.journal.size.pending).toBe(0);
  });

  test('takes no entry of what has its record', async () => {
    const work = anInvocation();
    await store.activations.put(anActivation({ activationId: work.activationId }));
    await store.journal.add([work], 1);
    expect(store.journal.size.pending).toBe(0);
  });

  test('keeps a dead letter when its record is stored', async () => {
    const work = anInvocation();
    await store.journal.add([work], 3);
    await store.journal.deadLetters.bury({ work, tries: 3, why: 'too often', buriedAt: 1 });
    await store.activations.put(anActivation({ activationId: work.activationId }));
    expect(store.journal.size).toEqual({ pending: 0, dead: 1 });
  });
});

test('a journal whose disk is full adds nothing and says so', async () => {
  const data = temporaryData();
  const opened = await openSqliteJournal({ file: data.file, events: new Events(), maxFileBytes: 200_000 });
  const small = anInvocation();
  const large = anInvocation({ args: `{"a":"${'x'.repeat(500_000)}"}` });
  expect(await errorOf(opened.journal.add([small, large], 1))).toBeInstanceOf(StoreUnavailable);
  expect(opened.journal.size.pending).toBe(0);
  await opened.journal.add([small], 1);
  expect(opened.journal.size.pending).toBe(1);
  await opened.close();
  expect(await errorOf(opened.journal.add([small], 1))).toBeInstanceOf(StoreUnavailable);
  await data.remove();
});

test('a file of before there was a journal gets one, and keeps all that is in it', async () => {
  const data = temporaryData();
  const old = new Database(data.file, { create: true });
  old.run('PRAGMA journal_mode = WAL');
  old.run(migrations[0] as string);
  old.run('PRAGMA application_id = 0x5768736b');
  old.run('PRAGMA user_version = 1');
  old.run(`INSERT INTO user_limits (namespace, document) VALUES ('guest', '{"firesPerMinute":7}')`);
  old.close();
  const store = await openSqliteStore({ file: data.file, events: new Events() });
  const work = anInvocation();
  await store.journal.add([work], 1);
  expect(await store.journal.find(work.activationId)).toMatchObject({ work });
  expect(await store.subjects.limits('guest')).toEqual({ firesPerMinute: 7 });
  await store.close();
  await data.remove();
});
