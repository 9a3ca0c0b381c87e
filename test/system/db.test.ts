import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Events } from '../../src/observe/events.ts';
import { openSqliteStore } from '../../src/store/sqlite.ts';
import type { Store } from '../../src/store/store.ts';
import { type CouchData, type CouchServer, couchData, startAnyCouch } from '../util/couchdb.ts';
import { anAction, anActivation, aPackage, aRule, aSubject, aTrigger } from '../util/documents.ts';
import { run, temporaryFolder } from '../util/whisklet.ts';
import { aFire, anInvocation } from '../util/work.ts';

/** `whisklet db`: from a data folder to a file, to CouchDB, and back. */

const folder = temporaryFolder();
const inFolder = (name: string) => join(folder.path, name);
let server: CouchServer;
let data: CouchData;
let couch: string[];

const LARGE = `// ${'ü'.repeat(20_000)}`;
const ZIP = Buffer.from([80, 75, 3, 4, 255, 0, 128]).toString('base64');
const subject = aSubject({ subject: 'alice-user' });
const blocked = aSubject({ subject: 'bob-user', blocked: true });
const entities = [
  anAction({ name: 'small' }),
  anAction({ name: 'large', namespace: 'guest/tools' }),
  anAction({ name: 'zip', exec: { kind: 'nodejs:20', binary: true } }),
  anAction({ name: 'chain', exec: { kind: 'sequence', components: ['/guest/small'] } }),
  aPackage({ publish: true }),
  aTrigger({ rules: { 'guest/every': { action: { path: 'guest', name: 'small' }, status: 'active' } } }),
  aRule(),
];
const code: Readonly<Record<string, string>> = { small: 'function main() {}', large: LARGE, zip: ZIP };
const records = Array.from({ length: 450 }, (_, n) => anActivation({ start: 1_700_000_000_000 + n }));

const openFolder = (path: string) => openSqliteStore({ file: join(path, 'whisklet.db'), events: new Events() });

/** Does the work on a store, and closes it. */
async function on<T>(opening: Promise<Store>, work: (store: Store) => Promise<T>): Promise<T> {
  const store = await opening;
  try {
    return await work(store);
  } finally {
    await store.close();
  }
}

async function expectAll(opening: Promise<Store>): Promise<void> {
  await on(opening, async (store) => {
    expect((await store.subjects.list()).map((each) => each.subject)).toEqual([subject, blocked]);
    expect(await store.subjects.limits('guest')).toEqual({ firesPerMinute: 7 });
    for (const entity of entities) {
      const id = `${entity.namespace}/${entity.name}`;
      const stored = await store.entities.get(id);
      expect(stored?.entity).toEqual(entity);
      expect(await store.entities.code(id, stored?.rev ?? '')).toBe(code[entity.name] as string);
    }
    expect(await store.activations.list({ namespace: 'guest', skip: 0 })).toEqual(records.toReversed());
  });
}

beforeAll(async () => {
  server = await startAnyCouch();
  data = couchData(server);
  couch = ['--couchdb', server.url, '--couchdb-prefix', data.prefix];
  await on(openFolder(inFolder('old')), async (store) => {
    await store.subjects.put(subject);
    await store.subjects.put(blocked);
    await store.subjects.setLimits('guest', { firesPerMinute: 7 });
    for (const entity of entities) await store.entities.put(entity, undefined, code[entity.name]);
    await Promise.all(records.map((each) => store.activations.put(each)));
  });
});
afterAll(async () => {
  await data.remove();
  await server.stop();
  folder.remove();
});

describe('whisklet db', () => {
  test('says what is missing in CouchDB, makes it, and finds it there', async () => {
    const before = await run(['db', 'check', ...couch]);
    expect(before.exit).toBe(1);
    expect(before.out).toContain(`There is no database '${data.prefix}whisks': whisklet db init makes it.`);
    const made = await run(['db', 'init', ...couch]);
    expect([made.exit, made.err]).toEqual([0, '']);
    expect(made.out).toContain(`${data.prefix}whisks/_design/whisks.v2.1.0`);
    expect(await run(['db', 'check', ...couch])).toMatchObject({ exit: 0, out: 'CouchDB has all that is needed.\n' });
    expect((await run(['db', 'init', ...couch])).out).toBe('The databases are there, with their views.\n');
  });

  test('copies a data folder to CouchDB, and once more changes nothing', async () => {
    const up = await run(['db', 'migrate', 'couchdb', '--data-dir', inFolder('old'), ...couch]);
    expect([up.exit, up.err]).toEqual([0, '']);
    expect(up.out).toBe('subjects: 2 written\nlimits: 1 written\nentities: 7 written\nrecords: 450 written\n');
    await expectAll(data.open());
    const again = await run(['db', 'migrate', 'couchdb', '--data-dir', inFolder('old'), ...couch]);
    expect(again.out).toContain('entities: 0 written, 7 were there already and are as they were');
    expect(again.out).toContain('records: 0 written, 450 were there');
  });

  test('says what accepted work it does not copy, and where that stays', async () => {
    const path = inFolder('undone');
    const store = await openFolder(path);
    const works = [anInvocation(), anInvocation(), aFire()];
    await store.journal.add(works, 1);
    await store.journal.deadLetters.bury({ work: anInvocation(), tries: 3, why: 'so', buriedAt: 1 });
    await store.close();
    const up = await run(['db', 'migrate', 'couchdb', '--data-dir', path, ...couch]);
    expect([up.exit, up.err]).toEqual([0, '']);
    expect(up.out).toContain(`Not copied: 3 activations that were accepted and are not done. They stay in ${path}`);
    expect(up.out).toContain('Not copied: 1 dead letters.');
    const exported = await run(['db', 'export', inFolder('undone.ndjson'), '--data-dir', path]);
    expect([exported.exit, exported.out]).toEqual([0, expect.stringContaining('Not copied: 3 activations')]);
    const after = await openFolder(path);
    expect(after.journal.size).toEqual({ pending: 3, dead: 1 });
    await after.close();
  });

  test('copies CouchDB to a data folder', async () => {
    const down = await run(['db', 'migrate', 'folder', '--data-dir', inFolder('new'), ...couch]);
    expect([down.exit, down.err]).toEqual([0, '']);
    await expectAll(openFolder(inFolder('new')));
  });

  test.each(['the data folder', 'CouchDB'])(
    'writes all of %s to a file, and reads it into a new folder',
    async (from) => {
      const file = inFolder(from === 'CouchDB' ? 'couch.ndjson' : 'folder.ndjson');
      const source = from === 'CouchDB' ? couch : ['--data-dir', inFolder('old')];
      const written = await run(['db', 'export', file, ...source]);
      expect([written.exit, written.err]).toEqual([0, '']);
      expect(written.out).toContain(`460 things are in ${file}.`);
      expect(statSync(file).mode & 0o777).toBe(0o600);
      expect((await run(['db', 'export', file, ...source])).exit).toBe(2);
      const target = inFolder(`from-${from === 'CouchDB' ? 'couch' : 'folder'}`);
      const read = await run(['db', 'import', file, '--data-dir', target]);
      expect([read.exit, read.err]).toEqual([0, '']);
      await expectAll(openFolder(target));
    },
  );

  test('leaves what is there, and replaces it when it is told to', async () => {
    const target = inFolder('other');
    const file = inFolder('entities.ndjson');
    await on(openFolder(target), (store) => store.entities.put(anAction({ name: 'small', version: '9.9.9' })));
    const exported = await run(['db', 'export', file, '--without-records', '--data-dir', inFolder('old')]);
    expect(exported.out).toContain('10 things');
    const version = () =>
      on(openFolder(target), async (store) => (await store.entities.get('guest/small'))?.entity.version);
    expect((await run(['db', 'import', file, '--data-dir', target])).out).toContain('6 written, 1 were there already');
    expect(await version()).toBe('9.9.9');
    await run(['db', 'import', file, '--overwrite', '--data-dir', target]);
    expect(await version()).toBe('0.0.1');
  });

  test('refuses a file that is not whole, before anything is written', async () => {
    const whole = readFileSync(inFolder('entities.ndjson'), 'utf8');
    const torn = inFolder('torn.ndjson');
    writeFileSync(torn, whole.slice(0, whole.lastIndexOf('{"type":"end"')));
    const refused = await run(['db', 'import', torn, '--data-dir', inFolder('empty')]);
    expect(refused).toMatchObject({ exit: 1, err: `whisklet: ${torn} is not whole: its last line is missing.\n` });
    writeFileSync(torn, 'no export\n');
    expect((await run(['db', 'import', torn, '--data-dir', inFolder('empty')])).err).toContain(
      'line 1 is not a JSON object',
    );
    expect((await run(['db', 'check', '--data-dir', inFolder('empty')])).out).toContain('There is no data file');
  });

  test('looks at a data folder, whole or damaged', async () => {
    expect((await run(['db', 'check', '--data-dir', inFolder('old')])).out).toContain('is whole');
    await run(['db', 'init', '--data-dir', inFolder('damaged')]);
    const file = join(inFolder('damaged'), 'whisklet.db');
    const bytes = readFileSync(file);
    bytes.fill(255, 5000, 9000);
    writeFileSync(file, bytes);
    const found = await run(['db', 'check', '--data-dir', inFolder('damaged')]);
    expect(found.exit).toBe(1);
    expect(found.out).toContain(file);
  });

  test('says when CouchDB is not there, and when it refuses the key', async () => {
    const away = await run(['db', 'check', '--couchdb', 'http://127.0.0.1:1']);
    expect(away.exit).toBe(1);
    expect(away.out).toContain('CouchDB at http://127.0.0.1:1/ cannot be used');
    expect((await run(['db', 'migrate', 'couchdb', '--data-dir', inFolder('old')])).exit).toBe(2);
  });
});
