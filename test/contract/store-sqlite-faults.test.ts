import { Database } from 'bun:sqlite';
import { afterEach, describe, expect, test } from 'bun:test';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Events, type Said } from '../../src/observe/events.ts';
import { SCHEMA_VERSION } from '../../src/store/sqlite/schema.ts';
import { openSqliteStore, type SqliteOptions, type SqliteStore } from '../../src/store/sqlite.ts';
import { type Store, StoreRefused, StoreUnavailable } from '../../src/store/store.ts';
import { anAction, anActivation } from '../util/documents.ts';
import { errorOf } from '../util/errors.ts';
import { need } from '../util/need.ts';

const HOLDER = join(import.meta.dir, '../fixture/store/hold.ts');

const undo: (() => unknown)[] = [];
afterEach(async () => {
  for (const each of undo.splice(0).reverse()) await each();
});

function aFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'whisklet-store-'));
  undo.push(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

const aFile = () => join(aFolder(), 'whisklet.db');

async function open(file: string, options: Partial<SqliteOptions> = {}): Promise<Store> {
  const store = await openSqliteStore({ file, events: new Events(), ...options });
  undo.push(() => store.close());
  return store;
}

/** Starts a process that holds the store, and gives it back when it said `open`, with the lines that follow. */
async function startHolder(file: string, ...task: string[]) {
  const child = Bun.spawn([process.execPath, HOLDER, file, ...task], { stdout: 'pipe', stderr: 'inherit' });
  undo.push(async () => {
    child.kill('SIGKILL');
    await child.exited;
  });
  const lines = linesOf(child.stdout);
  expect((await lines.next()).value).toBe('open');
  return { child, lines };
}

async function* linesOf(stream: ReadableStream<Uint8Array>): AsyncGenerator<string, undefined> {
  const decoder = new TextDecoder();
  let rest = '';
  for await (const chunk of stream) {
    const lines = (rest + decoder.decode(chunk, { stream: true })).split('\n');
    rest = lines.pop() ?? '';
    yield* lines;
  }
  return undefined;
}

async function killed({ child }: Awaited<ReturnType<typeof startHolder>>): Promise<void> {
  child.kill('SIGKILL');
  await child.exited;
}

describe('a killed node', () => {
  test('has every write that was answered', async () => {
    const file = aFile();
    const holder = await startHolder(file, 'write');
    const records: string[] = [];
    const revs = new Map<string, string>();
    for await (const line of holder.lines) {
      const [kind, id = '', rev = ''] = line.split(' ');
      if (kind === 'record') records.push(id);
      else revs.set(id, rev);
      // What it had still said when it was killed is read to the end.
      if (records.length === 2000) await killed(holder);
    }
    expect(records.length).toBeGreaterThanOrEqual(2000);
    expect(revs.size).toBe(2);
    const store = await open(file);
    for (const id of records) expect(await store.activations.get('guest', id)).toBeDefined();
    for (const [name, rev] of revs) {
      const stored = await store.entities.get(`guest/${name}`);
      // At most the one write more that was durable and not yet answered.
      expect(generation(stored?.rev) - generation(rev)).toBeOneOf([0, 1]);
      expect(await store.entities.code(`guest/${name}`, stored?.rev ?? '')).toBe(
        `code ${stored?.entity.version.split('.')[2]}`,
      );
    }
  });
});

const generation = (rev: string | undefined) => Number.parseInt(rev ?? '', 10);

describe('a second node on the same data', () => {
  test('is refused and told who holds it, and may have it when that process was killed', async () => {
    const file = aFile();
    const holder = await startHolder(file);
    const refusal = await errorOf(openSqliteStore({ file, events: new Events() }));
    expect(refusal).toBeInstanceOf(StoreRefused);
    expect(String(refusal)).toContain(`${file} is in use by process ${holder.child.pid} on `);
    expect(String(refusal)).toContain('Stop that node first');
    await killed(holder);
    const store = await open(file);
    expect(await store.entities.get('guest/hello')).toBeUndefined();
  });

  test('is refused within one process too, and may have it after the first is closed', async () => {
    const file = aFile();
    const first = await open(file);
    expect(await errorOf(openSqliteStore({ file, events: new Events() }))).toBeInstanceOf(StoreRefused);
    await first.entities.put(anAction());
    await first.close();
    await first.close();
    const second = await open(file);
    expect(await second.entities.get('guest/hello')).toBeDefined();
  });
});

describe('data that cannot be used', () => {
  /** Opens it, expects these words, and that not a byte was changed; then that the lock is free again. */
  async function expectRefused(file: string, words: RegExp): Promise<void> {
    const before = readFileSync(file);
    for (const attempt of [1, 2]) {
      const refusal = await errorOf(openSqliteStore({ file, events: new Events() }));
      expect([attempt, refusal]).toEqual([attempt, expect.any(StoreRefused)]);
      expect(String(refusal)).toMatch(words);
      expect(String(refusal)).toContain(file);
    }
    expect(readFileSync(file).equals(before)).toBe(true);
  }

  async function aWrittenFile(): Promise<string> {
    const file = aFile();
    const store = await openSqliteStore({ file, events: new Events() });
    const response = { status: 'success', result: `"${'x'.repeat(3000)}"` } as const;
    await Promise.all(Array.from({ length: 200 }, () => store.activations.put(anActivation({ response }))));
    await store.close();
    return file;
  }

  test('is refused when it is no database', async () => {
    const file = aFile();
    writeFileSync(file, 'These are my notes, and not a database at all.\n'.repeat(100));
    await expectRefused(file, /damaged or is no database/);
  });

  test('is refused when it is the database of another program', async () => {
    const file = aFile();
    const other = new Database(file);
    other.run('PRAGMA journal_mode = WAL');
    other.run('CREATE TABLE notes (text TEXT)');
    other.close();
    await expectRefused(file, /database of another program/);
  });

  test('is refused when a newer version wrote it', async () => {
    const file = await aWrittenFile();
    const newer = new Database(file);
    newer.run(`PRAGMA user_version = ${SCHEMA_VERSION + 1}`);
    newer.close();
    await expectRefused(file, new RegExp(`newer Whisklet \\(schema ${SCHEMA_VERSION + 1}, this one knows up to`));
  });

  test('is refused when a part of it is missing', async () => {
    const file = await aWrittenFile();
    truncateSync(file, Math.floor(statSync(file).size / 2 / 4096) * 4096);
    await expectRefused(file, /damaged or is no database/);
  });

  test('is refused when a page of it was overwritten', async () => {
    const file = await aWrittenFile();
    const bytes = readFileSync(file);
    bytes.fill(0x5a, 4096, 2 * 4096);
    writeFileSync(file, bytes);
    await expectRefused(file, /damaged or is no database/);
  });

  test('is made where there is none, in folders that are made too, for its owner alone', async () => {
    const file = join(aFolder(), 'a', 'b', 'whisklet.db');
    await open(file);
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(statSync(join(file, '..')).mode & 0o777).toBe(0o700);
  });

  test('is refused when its folder cannot be made', async () => {
    const file = aFile();
    writeFileSync(file, '');
    const refusal = await errorOf(openSqliteStore({ file: join(file, 'below.db'), events: new Events() }));
    expect(refusal).toBeInstanceOf(StoreRefused);
    expect(String(refusal)).toContain('Choose a data folder that this user may write to');
  });
});

/** Fills a store until it has no room, and shows that it loses nothing by that and works again when there is room. */
async function expectSurvivesFullDisk(file: string, makeRoom: () => unknown) {
  const events = new Events();
  const said: Said[] = [];
  events.said.subscribe((each) => said.push(each));
  const isFull = new Promise<void>((resolve) => events.said.subscribe(({ level }) => level === 'error' && resolve()));
  const isWell = new Promise<void>((resolve) => events.said.subscribe(({ level }) => level === 'info' && resolve()));
  const store = await open(file, { events });
  const rev = await store.entities.put(anAction(), undefined, 'code');

  const response = { status: 'success', result: `"${'x'.repeat(20_000)}"` } as const;
  const activations = Array.from({ length: 400 }, (_, n) => anActivation({ start: n + 1, response }));
  const puts: Promise<void>[] = [];
  for (const activation of activations) puts.push(store.activations.put(activation));
  await isFull;
  expect(said[0]?.text).toMatch(/wait in memory.*(no room|cannot be written now)/);

  const refused = await errorOf(store.entities.put(anAction({ version: '0.0.2' }), rev, 'y'.repeat(2_000_000)));
  expect(refused).toBeInstanceOf(StoreUnavailable);
  expect(await store.entities.get('guest/hello')).toEqual({ entity: anAction(), rev });
  expect(await store.entities.code('guest/hello', rev)).toBe('code');
  const last = activations.at(-1);
  expect(await store.activations.get('guest', last?.activationId ?? '')).toEqual(last);
  expect(await store.activations.count({ namespace: 'guest', skip: 0 })).toBe(400);
  const [newest] = await store.activations.summaries({ namespace: 'guest', skip: 0, limit: 1 });
  expect(newest?.start).toBe(400);

  await makeRoom();
  await isWell;
  await Promise.all(puts);
  expect(await store.activations.count({ namespace: 'guest', skip: 0 })).toBe(400);
  await store.entities.put(anAction({ version: '0.0.2' }), rev, 'other');
  await store.close();
  const again = await open(file);
  expect(await again.activations.count({ namespace: 'guest', skip: 0 })).toBe(400);
  expect((await again.entities.get('guest/hello'))?.entity.version).toBe('0.0.2');
}

/** A file system of 6 MB on the folder; false where this process may not mount one. */
function mountSmallDisk(folder: string): boolean {
  return spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=6m', 'tmpfs', folder]).status === 0;
}

/** The right to mount: tried out, because a container's root may be without it. */
function mayMount(): true | undefined {
  const folder = mkdtempSync(join(tmpdir(), 'whisklet-disk-'));
  const did = mountSmallDisk(folder);
  if (did) spawnSync('umount', [folder]);
  rmSync(folder, { recursive: true });
  return did || undefined;
}

describe('a full disk', () => {
  if (need('right to mount a small disk', mayMount()))
    test('refuses writes without doing them by half, and keeps records until there is room', async () => {
      const folder = aFolder();
      expect(mountSmallDisk(folder)).toBe(true);
      undo.push(() => spawnSync('umount', [folder]));
      await expectSurvivesFullDisk(join(folder, 'whisklet.db'), () =>
        spawnSync('mount', ['-o', 'remount,size=60m', folder]),
      );
    });

  test('is the bound on the size of the file too: pruning makes room', async () => {
    const file = aFile();
    const events = new Events();
    const isFull = new Promise<void>((resolve) => events.said.subscribe(({ level }) => level === 'error' && resolve()));
    const store = await open(file, { events, maxFileBytes: 1_000_000 });
    const response = { status: 'success', result: `"${'x'.repeat(5000)}"` } as const;
    const record = (start: number) => anActivation({ start, response });
    await Promise.all(Array.from({ length: 100 }, (_, n) => store.activations.put(record(n))));
    const waiting = Array.from({ length: 80 }, (_, n) => store.activations.put(record(1000 + n)));
    await isFull;
    expect(await errorOf(store.entities.put(anAction(), undefined, 'x'.repeat(600_000)))).toBeInstanceOf(
      StoreUnavailable,
    );
    expect(await store.activations.prune({ olderThan: 1000 })).toBe(100);
    await Promise.all(waiting);
    expect(await store.activations.count({ namespace: 'guest', skip: 0 })).toBe(80);
    expect(statSync(file).size).toBeLessThanOrEqual(1_000_000);
  });

  test('loses records only when the store must close before there is room, and says so', async () => {
    const events = new Events();
    const said: Said[] = [];
    events.said.subscribe((each) => said.push(each));
    const store = await open(aFile(), { events, maxFileBytes: 200_000 });
    const response = { status: 'success', result: `"${'x'.repeat(300_000)}"` } as const;
    const put = errorOf(store.activations.put(anActivation({ response })));
    await store.close();
    expect(await put).toBeInstanceOf(StoreUnavailable);
    expect(said.map(({ text }) => text)).toEqual([expect.stringMatching(/^1 activation records are lost: .*no room/)]);
  });
});

describe('a closed store', () => {
  test('takes no writes', async () => {
    const store = await open(aFile());
    await store.close();
    expect(await errorOf(store.entities.put(anAction()))).toBeInstanceOf(StoreUnavailable);
    expect(await errorOf(store.activations.put(anActivation()))).toBeInstanceOf(StoreUnavailable);
    expect(await errorOf(store.activations.count({ namespace: 'guest', skip: 0 }))).toBeInstanceOf(StoreUnavailable);
  });
});

test('a store whose writer thread ends says so at once: it is away for good, still reads, and lets go of the file', async () => {
  const file = aFile();
  const events = new Events();
  const said: Said[] = [];
  events.said.subscribe((each) => said.push(each));
  const threads: Worker[] = [];
  const { Worker: Thread } = globalThis;
  globalThis.Worker = class extends Thread {
    constructor(...args: ConstructorParameters<typeof Thread>) {
      super(...args);
      threads.push(this);
    }
  };
  let store: SqliteStore;
  try {
    store = await openSqliteStore({ file, events });
  } finally {
    globalThis.Worker = Thread;
  }
  const action = anAction();
  await store.entities.put(action);
  expect(store.journal.away).toBeUndefined();
  const [thread] = threads as [Worker];
  const ended = new Promise((resolve) => thread.addEventListener('close', resolve));
  thread.terminate();
  await ended;
  expect(store.journal.away).toBe("The store's writer has ended.");
  expect(said.map(({ level, text }) => [level, text])).toEqual([
    ['error', "The store's writer has ended. Nothing is stored until this node is started again."],
  ]);
  expect(await errorOf(store.entities.put(anAction({ name: 'other' })))).toBeInstanceOf(StoreUnavailable);
  expect((await store.entities.get('guest/hello'))?.entity).toEqual(action);
  await store.close().catch(() => undefined);
  const again = await open(file);
  expect((await again.entities.get('guest/hello'))?.entity).toEqual(action);
});
