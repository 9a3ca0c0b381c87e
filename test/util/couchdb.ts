import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Events } from '../../src/observe/events.ts';
import { CouchClient } from '../../src/store/couchdb/client.ts';
import { type DatabaseNames, databaseRoles } from '../../src/store/couchdb/designs.ts';
import { type CouchStoreOptions, openCouchStore } from '../../src/store/couchdb.ts';
import type { Data } from '../contract/store.ts';
import { freePort } from './ports.ts';

/**
 * Servers of CouchDB's protocol: a real CouchDB where WHISKLET_TEST_COUCHDB has its address with the key of an admin, and
 * pouchdb-server, which npm has, as a process of the test's own.
 */
export interface CouchServer {
  readonly name: string;
  /** With user and password where it wants them. */
  readonly url: string;
  /** Whether it is CouchDB itself. */
  readonly isReal: boolean;
  stop(): Promise<void>;
}

/** The address of a real CouchDB, for those who have one: none can be installed by the tests. */
export const realCouch = process.env.WHISKLET_TEST_COUCHDB;

/** The real one where there is one, else the stand-in: for tests that both can pass. */
export function startAnyCouch(): Promise<CouchServer> {
  return realCouch === undefined ? startPouch() : Promise.resolve(aRealCouch(realCouch));
}

export function aRealCouch(url: string): CouchServer {
  return { name: 'CouchDB', url, isReal: true, stop: async () => undefined };
}

/** Keeps all in memory; its port is free for others to take only after it was stopped. */
export async function startPouch(): Promise<CouchServer> {
  const folder = mkdtempSync(join(tmpdir(), 'whisklet-pouch-'));
  const program = join(import.meta.dir, '../../node_modules/pouchdb-server/bin/pouchdb-server');
  const port = freePort();
  const child = Bun.spawn(
    [process.execPath, program, '--in-memory', '--no-color', '--host', '127.0.0.1', '--port', String(port)],
    { cwd: folder, stdio: ['ignore', 'ignore', 'ignore'] },
  );
  const stop = async () => {
    child.kill('SIGKILL');
    await child.exited;
    rmSync(folder, { recursive: true, force: true });
  };
  const url = `http://127.0.0.1:${port}`;
  const client = new CouchClient({ url, timeoutMs: 1000 });
  try {
    for (let tries = 0; ; tries++) {
      const isThere = await client.request({ insists: true }).then(
        () => true,
        () => false,
      );
      if (isThere) break;
      if (tries === 200 || child.exitCode !== null) throw new Error('pouchdb-server did not get ready');
      await Bun.sleep(50);
    }
  } catch (error) {
    await stop();
    throw error;
  } finally {
    client.close();
  }
  return { name: 'pouchdb-server', url, isReal: false, stop };
}

export interface CouchData extends Data {
  readonly names: DatabaseNames;
  readonly prefix: string;
}

/** Databases of a name that was never used, all gone after `remove`. */
export function couchData(server: CouchServer, options: Partial<CouchStoreOptions> = {}): CouchData {
  const prefix = freshPrefix();
  const names = { subjects: `${prefix}subjects`, whisks: `${prefix}whisks`, activations: `${prefix}activations` };
  return {
    ...{ names, prefix },
    open: () => openCouchStore({ url: server.url, timeoutMs: 10_000, events: new Events(), names, ...options }),
    remove: () => removeDatabases(server, names),
  };
}

export function freshPrefix(): string {
  return `whisklet_test_${process.pid}_${crypto.randomUUID().slice(0, 8)}_`;
}

export async function removeDatabases({ url }: CouchServer, names: DatabaseNames): Promise<void> {
  const client = new CouchClient({ url, timeoutMs: 10_000 });
  for (const role of databaseRoles) await client.find({ method: 'DELETE', db: names[role] });
  client.close();
}
