import { beforeEach, describe, expect, test } from 'bun:test';
import { Admin } from '../../../src/admin/admin.ts';
import type { AdminAnswer, AdminCommand } from '../../../src/admin/command.ts';
import { showKey, wellKnownKeys } from '../../../src/admin/keys.ts';
import { Refusal } from '../../../src/model/refusal.ts';
import type { Work } from '../../../src/model/work.ts';
import { StoreUnavailable } from '../../../src/store/store.ts';
import { FakeJournal } from '../../fake/journal.ts';
import { FakeSubjects } from '../../fake/subjects.ts';
import { aFire, anInvocation } from '../../util/work.ts';

const uuid = '0a0a0a0a-1111-4222-8333-444444444444';
const key = 'k'.repeat(64);
const missing = '{"error":"not_found","reason":"missing"}';
const plain = { revoke: false, genonly: false, silent: false };

let subjects: FakeSubjects;
let changes: number;
let journal: FakeJournal;
let replayed: Work[];
let admin: Admin;

beforeEach(() => {
  subjects = new FakeSubjects();
  changes = 0;
  journal = new FakeJournal();
  replayed = [];
  admin = anAdmin();
});

/** Which takes work on again under the id `again-N`. */
function anAdmin(refuseWellKnownKeys = false): Admin {
  const replay = async (work: Work) => `again-${replayed.push(work)}`;
  const { deadLetters } = journal;
  return new Admin({ subjects, deadLetters, replay, refuseWellKnownKeys, onChange: () => changes++ });
}

function create(subject: string, more: Partial<Extract<AdminCommand, { do: 'user create' }>> = {}) {
  return admin.run({ do: 'user create', subject, ...plain, ...more });
}

/** The one line and the exit code. */
function said({ lines, exit }: AdminAnswer): [string, number] {
  expect(lines.length).toBeLessThanOrEqual(1);
  return [lines[0] ?? '', exit];
}

describe('user create (ADM-01, REST-04)', () => {
  test('shows a random key that opens the namespace of the same name', async () => {
    const [line, exit] = said(await create('alice'));
    expect(exit).toBe(0);
    expect(line).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}:[A-Za-z0-9]{64}$/);
    const found = await subjects.get('alice');
    expect(found?.subject.namespaces.map((each) => [each.name, showKey(each)])).toEqual([['alice', line]]);
    expect(changes).toBe(1);
  });

  test('takes the key that is given, and trims the name', async () => {
    expect(said(await create('  alice ', { auth: `${uuid}:${key}` }))).toEqual([`${uuid}:${key}`, 0]);
    expect(await subjects.get('alice')).toBeDefined();
  });

  test.each([
    ['0A0A0A0A-1111-4222-8333-444444444444', uuid],
    ['0a0a0a0a111142228333444444444444', uuid],
    ['{0a0a0a0a-1111-4222-8333-444444444444}', uuid],
    ['0a0a0a0a-1111-1222-f333-444444444444', '0a0a0a0a-1111-1222-f333-444444444444'],
  ])('stores the id %s as %s: the key that was given must open', async (given, stored) => {
    expect(said(await create('alice', { auth: `${given}:${key}` }))).toEqual([`${stored}:${key}`, 0]);
  });

  test.each([
    ['abcd', {}, 'Subject name must be at least 5 characters', 2],
    ['alice', { namespace: ' ' }, 'Namespace must not be empty', 2],
    ['alice', { namespace: 'a/b' }, 'The namespace contains illegal characters', 2],
    ['alice', { auth: `nonsense:${key}` }, 'authorization id is not a valid UUID', 2],
    ['alice', { auth: `${uuid}:short` }, 'authorization key must be at least 64 characters long', 2],
    ['alice', { auth: uuid }, 'failed to determine authorization id and key: list index out of range', 2],
  ])('refuses %s %j: %s', async (subject, more, sentence, exit) => {
    expect(said(await create(subject, more))).toEqual([sentence, exit]);
    expect(subjects.writes).toBe(0);
  });

  test('with genonly shows a key and stores nothing', async () => {
    expect(said(await create('alice', { genonly: true, auth: `${uuid}:${key}` }))).toEqual([`${uuid}:${key}`, 0]);
    expect(subjects.writes).toBe(0);
  });

  test('with silent stores the key and shows nothing', async () => {
    expect(await create('alice', { silent: true })).toEqual({ lines: [], exit: 0 });
    expect(subjects.writes).toBe(1);
  });

  test('gives a subject one more namespace, once (ENT-12)', async () => {
    await create('alice');
    expect((await create('alice', { namespace: 'team' })).exit).toBe(0);
    expect(said(await create('alice', { namespace: 'team' }))).toEqual(['Namespace already exists', 1]);
    expect((await subjects.get('alice'))?.subject.namespaces.map(({ name }) => name)).toEqual(['alice', 'team']);
  });

  test('with revoke replaces the key of that namespace only', async () => {
    const [first] = said(await create('alice'));
    const [team] = said(await create('alice', { namespace: 'team' }));
    const [renewed] = said(await create('alice', { namespace: 'team', revoke: true }));
    expect(renewed).not.toBe(team);
    const all = await admin.run({ do: 'user get', subject: 'alice', all: true });
    expect(all.lines).toEqual([`alice\t${first}`, `team\t${renewed}`]);
  });

  test('with revoke may set the same key again', async () => {
    await create('alice', { auth: `${uuid}:${key}` });
    const again = await create('alice', { auth: `${uuid}:${key}`, revoke: true });
    expect(said(again)).toEqual([`${uuid}:${key}`, 0]);
  });

  test('does not choose between two namespaces of one name', async () => {
    const twin = { name: 'alice', uuid, key };
    await subjects.put({ subject: 'alice', namespaces: [twin, twin] });
    expect(said(await create('alice', { revoke: true }))).toEqual(['Namespace is not unique', 1]);
  });

  test('leaves a blocked subject alone', async () => {
    await create('alice');
    await admin.run({ do: 'user block', subjects: ['alice'] });
    const answer = await create('alice', { namespace: 'team' });
    expect(said(answer)).toEqual(['The subject you want to edit is blocked', 1]);
  });

  test('refuses a key that opens another namespace', async () => {
    await create('alice', { auth: `${uuid}:${key}` });
    const sentence = 'This key belongs to another namespace already';
    expect(said(await create('robert', { auth: `${uuid}:${key}` }))).toEqual([sentence, 1]);
    expect(said(await create('alice', { auth: `${uuid}:${key}`, namespace: 'team' }))).toEqual([sentence, 1]);
  });

  test('refuses a well-known key where other machines can reach the node', async () => {
    const exposed = anAdmin(true);
    const auth = showKey(wellKnownKeys.guest);
    const answer = await exposed.run({ do: 'user create', subject: 'alice', auth, ...plain });
    expect(said(answer)).toEqual(['This key is known to everybody, and other machines can reach this node', 1]);
    expect(said(await create('alice', { auth }))).toEqual([auth, 0]);
  });

  test('tries again when somebody else wrote in between, but not for ever', async () => {
    subjects.conflicts = 3;
    expect((await create('alice')).exit).toBe(0);
    subjects.conflicts = 1000;
    const answer = await create('robert');
    expect(said(answer)).toEqual(['Somebody else changed it at the same time. Try again', 1]);
  });

  test('says so when the store cannot write', async () => {
    subjects.failure = new StoreUnavailable('the disk is full');
    expect(said(await create('alice'))).toEqual(['The store cannot write now: the disk is full', 1]);
  });
});

describe('user delete (ADM-02)', () => {
  test('deletes a subject', async () => {
    await create('alice');
    expect(said(await admin.run({ do: 'user delete', subject: 'alice' }))).toEqual(['Subject deleted', 0]);
    expect(await subjects.get('alice')).toBeUndefined();
  });

  test('deletes one namespace of a subject', async () => {
    await create('alice');
    await create('alice', { namespace: 'team' });
    const remove = { do: 'user delete', subject: 'alice', namespace: 'team' } as const;
    expect(said(await admin.run(remove))).toEqual(['Namespace deleted', 0]);
    expect(said(await admin.run(remove))).toEqual(['Namespace "team" does not exist for "alice"', 1]);
    expect((await subjects.get('alice'))?.subject.namespaces.map(({ name }) => name)).toEqual(['alice']);
  });

  test.each([
    [{ subject: 'alice' }, `Failed to delete subject (${missing})`, 1],
    [{ subject: ' ' }, 'Subject must not be empty', 2],
    [{ subject: 'alice', namespace: ' ' }, 'Namespace must not be empty', 2],
  ])('refuses %j: %s', async (which, sentence, exit) => {
    expect(said(await admin.run({ do: 'user delete', ...which }))).toEqual([sentence, exit]);
  });
});

describe('user get (ADM-03)', () => {
  test("shows the key of the subject's own namespace, or of another one", async () => {
    const [own] = said(await create('alice'));
    const [team] = said(await create('alice', { namespace: 'team' }));
    expect(said(await admin.run({ do: 'user get', subject: 'alice', all: false }))).toEqual([own, 0]);
    const other = await admin.run({ do: 'user get', subject: 'alice', namespace: 'team', all: false });
    expect(said(other)).toEqual([team, 0]);
    expect(changes).toBe(2);
  });

  test('says what is not there', async () => {
    const nobody = await admin.run({ do: 'user get', subject: 'alice', all: false });
    expect(said(nobody)).toEqual([`Failed to get subject (${missing})`, 1]);
    await create('alice');
    const none = await admin.run({ do: 'user get', subject: 'alice', namespace: 'team', all: false });
    expect(said(none)).toEqual(['namespace "team" not found for "alice"', 1]);
  });
});

describe('user list (ADM-06)', () => {
  const list = { do: 'user list', namespace: 'team', pick: 1, all: false, key: false } as const;

  test('shows the keys that open a namespace, with whose they are', async () => {
    const [alice] = said(await create('alice', { namespace: 'team' }));
    const [robert] = said(await create('robert', { namespace: 'team' }));
    await create('carol');
    expect((await admin.run(list)).lines).toEqual([`${alice}\talice`]);
    expect((await admin.run({ ...list, pick: 2 })).lines).toEqual([`${alice}\talice`, `${robert}\trobert`]);
    expect((await admin.run({ ...list, all: true, key: true })).lines).toEqual([alice, robert]);
  });

  test('leaves blocked subjects out', async () => {
    await create('alice', { namespace: 'team' });
    await admin.run({ do: 'user block', subjects: ['alice'] });
    expect(said(await admin.run(list))).toEqual(['no identities found for namespace "team"', 0]);
  });

  test('picks at least one', async () => {
    expect(said(await admin.run({ ...list, pick: 0 }))).toEqual(['pick at least 1 identity to show', 2]);
  });
});

describe('user whois (ADM-04)', () => {
  test('tells whose key it is', async () => {
    const [auth] = said(await create('alice', { namespace: 'team' }));
    const answer = await admin.run({ do: 'user whois', auth });
    expect(answer).toEqual({ lines: ['subject: alice', 'namespace: team'], exit: 0 });
  });

  test('needs both halves of the key to be right', async () => {
    const [auth] = said(await create('alice'));
    const answer = await admin.run({ do: 'user whois', auth: `${auth.split(':')[0]}:${key}` });
    expect(said(answer)).toEqual(['Subject id is not recognized', 0]);
    expect((await admin.run({ do: 'user whois', auth: 'nonsense' })).exit).toBe(2);
  });
});

describe('user block and unblock (ADM-05)', () => {
  test('change those that are there, and count those that are not', async () => {
    await create('alice');
    const block = await admin.run({ do: 'user block', subjects: ['alice', 'nobody', ' '] });
    expect(block).toEqual({
      lines: ['"alice" blocked successfully', `Failed to block "nobody" (${missing})`],
      exit: 1,
    });
    expect((await subjects.get('alice'))?.subject.blocked).toBe(true);
    const unblock = await admin.run({ do: 'user unblock', subjects: ['alice'] });
    expect(said(unblock)).toEqual(['"alice" unblocked successfully', 0]);
    expect((await subjects.get('alice'))?.subject.blocked).toBe(false);
  });
});

describe('limits (ADM-07, ADM-08, LIM-16)', () => {
  test('are set one by one, and shown as wskadmin shows them', async () => {
    const set = { do: 'limits set', namespace: 'alice' } as const;
    expect(said(await admin.run({ ...set, limits: { invocationsPerMinute: 5 } }))).toEqual([
      'Limits successfully set for "alice"',
      0,
    ]);
    await admin.run({ ...set, limits: { allowedKinds: ['nodejs:20', 'python:3'], storeActivations: false } });
    const shown = await admin.run({ do: 'limits get', namespace: 'alice' });
    expect(shown.lines).toEqual([
      'invocationsPerMinute = 5',
      "allowedKinds = ['nodejs:20', 'python:3']",
      'storeActivations = False',
    ]);
    expect(changes).toBe(2);
  });

  test('can be deleted, once', async () => {
    await admin.run({ do: 'limits set', namespace: 'alice', limits: { firesPerMinute: 0 } });
    const remove = { do: 'limits delete', namespace: 'alice' } as const;
    expect(said(await admin.run(remove))).toEqual(['Limits deleted', 0]);
    expect(said(await admin.run(remove))).toEqual([`Failed to delete limits (${missing})`, 1]);
    const shown = await admin.run({ do: 'limits get', namespace: 'alice' });
    expect(said(shown)).toEqual(['No limits found, default system limits apply', 0]);
  });
});

test('a command of another version is refused by name', async () => {
  const answer = await admin.run({ do: 'user promote', subject: 'alice' } as unknown as AdminCommand);
  expect(said(answer)).toEqual(["This node does not know the command 'user promote'", 2]);
});

describe('dead-letters', () => {
  const invocation = anInvocation({ activationId: 'a'.repeat(32), args: '{"n":1.5}' });
  const fire = aFire({ activationId: 'b'.repeat(32) });

  beforeEach(async () => {
    await journal.deadLetters.bury({ work: invocation, tries: 3, why: 'it ended us', buriedAt: 1_700_000_001_000 });
    await journal.deadLetters.bury({ work: fire, tries: 2, why: 'it ended us, too', buriedAt: 1_700_000_002_000 });
  });

  test('list shows a line for each, the last one first', async () => {
    expect(await admin.run({ do: 'dead-letters list' })).toEqual({
      lines: [
        `${'b'.repeat(32)}\t2023-11-14T22:13:22.000Z\tguest\t/guest/tick\tit ended us, too`,
        `${'a'.repeat(32)}\t2023-11-14T22:13:21.000Z\tguest\t/guest/hello\tit ended us`,
      ],
      exit: 0,
    });
  });

  test('list says when there are none', async () => {
    await admin.run({ do: 'dead-letters delete', activationIds: ['a'.repeat(32), 'b'.repeat(32)] });
    expect(said(await admin.run({ do: 'dead-letters list' }))).toEqual(['no dead letters', 0]);
  });

  test.each([
    [invocation, { action: '/guest/hello', version: '0.0.1', args: { n: 1.5 }, tries: 3, why: 'it ended us' }],
    [fire, { trigger: '/guest/tick', version: '0.0.2', payload: { p: 1 }, tries: 2, why: 'it ended us, too' }],
  ])('get shows all of %j but nothing secret', async ({ activationId }, fields) => {
    const { lines, exit } = await admin.run({ do: 'dead-letters get', activationId });
    const accepted = '2023-11-14T22:13:20.000Z';
    const givenUp = expect.stringContaining('2023-11-14T22:13:2');
    const common = { activationId, namespace: 'guest', subject: 'guest-subject', accepted, givenUp };
    expect([JSON.parse(lines.join('\n')), exit]).toEqual([{ ...common, ...fields }, 0]);
  });

  test('get knows no others', async () => {
    expect(said(await admin.run({ do: 'dead-letters get', activationId: 'c' }))).toEqual([
      'There is no dead letter c',
      1,
    ]);
  });

  test('replay takes them on again, and counts those that there are not', async () => {
    const activationIds = ['c', 'a'.repeat(32)];
    expect(await admin.run({ do: 'dead-letters replay', activationIds })).toEqual({
      lines: ['There is no dead letter c', `${'a'.repeat(32)} is done again as again-1`],
      exit: 1,
    });
    expect(replayed).toEqual([invocation]);
    expect(journal.size.dead).toBe(1);
  });

  test('replay keeps what cannot be taken on now', async () => {
    const sentence = 'nothing can be written';
    const replay = () => Promise.reject(new Refusal(503, sentence));
    const { deadLetters } = journal;
    const full = new Admin({ subjects, deadLetters, replay, refuseWellKnownKeys: false, onChange: () => undefined });
    const answer = await full.run({ do: 'dead-letters replay', activationIds: ['a'.repeat(32)] });
    expect(said(answer)).toEqual([sentence, 1]);
    expect(journal.size.dead).toBe(2);
  });

  test('delete takes them away, and counts those that there are not', async () => {
    const activationIds = ['b'.repeat(32), 'c'];
    expect(await admin.run({ do: 'dead-letters delete', activationIds })).toEqual({
      lines: [`${'b'.repeat(32)} deleted`, 'There is no dead letter c'],
      exit: 1,
    });
    expect((await journal.deadLetters.list()).map(({ work }) => work.activationId)).toEqual([invocation.activationId]);
    expect(changes).toBe(0);
  });
});
