import { afterEach, beforeEach, describe, expect, test } from 'bun:test';
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Admin } from '../../../src/admin/admin.ts';
import { type AdminServer, adminSocket, askNode, serveAdmin } from '../../../src/admin/socket.ts';
import { Events } from '../../../src/observe/events.ts';
import { FakeJournal } from '../../fake/journal.ts';
import { FakeSubjects } from '../../fake/subjects.ts';

const create = { do: 'user create', subject: 'alice', revoke: false, genonly: false, silent: true } as const;

let dataDir: string;
let subjects: FakeSubjects;
let server: AdminServer | undefined;

beforeEach(() => {
  dataDir = mkdtempSync(join(tmpdir(), 'whisklet-socket-'));
  subjects = new FakeSubjects();
});

afterEach(async () => {
  await server?.close();
  server = undefined;
  rmSync(dataDir, { recursive: true, force: true });
});

function listen() {
  const { deadLetters } = new FakeJournal();
  const replay = () => Promise.reject(new Error('nothing is replayed here'));
  const admin = new Admin({ subjects, deadLetters, replay, refuseWellKnownKeys: false, onChange: () => undefined });
  server = serveAdmin(dataDir, admin, new Events());
}

describe('the socket of a running node', () => {
  test('takes commands and answers as the node decides', async () => {
    listen();
    expect(await askNode(dataDir, create)).toEqual({ lines: [], exit: 0 });
    expect(await askNode(dataDir, create)).toEqual({ lines: ['Namespace already exists'], exit: 1 });
    expect((await subjects.list()).map(({ subject }) => subject.subject)).toEqual(['alice']);
  });

  test('can be opened by the owner only', () => {
    listen();
    expect(statSync(adminSocket(dataDir)).mode & 0o777).toBe(0o600);
  });

  test('is nobody when no node runs, or a dead one left its file', async () => {
    expect(await askNode(dataDir, create)).toBeUndefined();
    writeFileSync(adminSocket(dataDir), '');
    expect(await askNode(dataDir, create)).toBeUndefined();
    listen();
    expect((await askNode(dataDir, create))?.exit).toBe(0);
  });

  test('is gone when the node has closed it', async () => {
    listen();
    await server?.close();
    server = undefined;
    expect(await askNode(dataDir, create)).toBeUndefined();
  });

  test('answers a request that is no command, and a fault of the store, with a sentence', async () => {
    listen();
    const unix = adminSocket(dataDir);
    const garbage = await fetch('http://whisklet/', { unix, method: 'POST', body: '{' });
    expect(await garbage.json()).toMatchObject({ exit: 1 });
    subjects.failure = new Error('out of order');
    const answer = await askNode(dataDir, create);
    expect(answer).toEqual({ lines: ['The node could not do it: Error: out of order'], exit: 1 });
  });
});
