import { beforeEach, describe, expect, test } from 'bun:test';
import { bootstrapUsers, KeyRefused } from '../../../src/admin/bootstrap.ts';
import { isWellKnown, showKey, wellKnownKeys } from '../../../src/admin/keys.ts';
import { FakeSubjects } from '../../fake/subjects.ts';

const guest = showKey(wellKnownKeys.guest);
const system = showKey(wellKnownKeys['whisk.system']);
const own = `0a0a0a0a-1111-4222-8333-444444444444:${'k'.repeat(64)}`;
const nobody = new Map<string, string>();

let subjects: FakeSubjects;
beforeEach(() => {
  subjects = new FakeSubjects();
});

async function keyOf(name: string): Promise<string | undefined> {
  const namespace = (await subjects.get(name))?.subject.namespaces.find((each) => each.name === name);
  return namespace && showKey(namespace);
}

describe('on a node that only this machine reaches (STD-19)', () => {
  test("guest and whisk.system get OpenWhisk's well-known keys", async () => {
    const { fresh, guestKey } = await bootstrapUsers({ subjects, users: nobody, exposed: false });
    expect([await keyOf('guest'), await keyOf('whisk.system')]).toEqual([guest, system]);
    expect(guestKey).toBe(guest);
    expect(fresh.size).toBe(0);
  });

  test('the second start writes nothing', async () => {
    await bootstrapUsers({ subjects, users: new Map([['alice', own]]), exposed: false });
    const { writes } = subjects;
    await bootstrapUsers({ subjects, users: new Map([['alice', own]]), exposed: false });
    expect(subjects.writes).toBe(writes);
  });

  test('a key that an operator gave to guest stays, and is not shown', async () => {
    await subjects.put({ subject: 'guest', namespaces: [{ name: 'guest', uuid: 'u', key: 'k' }] });
    const { guestKey } = await bootstrapUsers({ subjects, users: nobody, exposed: false });
    expect(await keyOf('guest')).toBe('u:k');
    expect(guestKey).toBeUndefined();
  });

  test('a guest who was blocked stays blocked', async () => {
    await bootstrapUsers({ subjects, users: nobody, exposed: false });
    const { subject, rev } = (await subjects.get('guest')) ?? expect.unreachable();
    await subjects.put({ ...subject, blocked: true }, rev);
    await bootstrapUsers({ subjects, users: nobody, exposed: false });
    expect((await subjects.get('guest'))?.subject.blocked).toBe(true);
  });
});

describe('on a node that other machines reach', () => {
  test('guest and whisk.system get random keys, which are shown once', async () => {
    const first = await bootstrapUsers({ subjects, users: nobody, exposed: true });
    const [guestKey, systemKey] = [await keyOf('guest'), await keyOf('whisk.system')] as [string, string];
    expect([guestKey, systemKey]).not.toContain(guest);
    expect([...first.fresh]).toEqual([
      ['guest', guestKey],
      ['whisk.system', systemKey],
    ]);
    expect(first.guestKey).toBe(guestKey);
    const second = await bootstrapUsers({ subjects, users: nobody, exposed: true });
    expect(second).toEqual({ fresh: new Map(), guestKey: undefined, wellKnown: [] });
    expect(await keyOf('guest')).toBe(guestKey);
  });

  test('well-known keys of earlier are replaced, whoever has them', async () => {
    await bootstrapUsers({ subjects, users: nobody, exposed: false });
    const other = { name: 'other', uuid: 'u', key: 'k' };
    const borrowed = { name: 'team', ...wellKnownKeys.guest };
    await subjects.put({ subject: 'alice', namespaces: [other, borrowed] });
    const { fresh } = await bootstrapUsers({ subjects, users: nobody, exposed: true });
    expect([...fresh.keys()].sort()).toEqual(['guest', 'team', 'whisk.system']);
    const all = (await subjects.list()).flatMap(({ subject }) => subject.namespaces);
    expect(all.filter(isWellKnown)).toEqual([]);
    expect(all).toContainEqual(other);
    expect(all.map(showKey)).toContain(fresh.get('team') as string);
  });

  test('well-known keys of subjects that are not ours stay, and are told of', async () => {
    await bootstrapUsers({ subjects, users: nobody, exposed: false });
    const shared = { subjects, users: nobody, exposed: true, isOwn: false };
    const { fresh, wellKnown, guestKey } = await bootstrapUsers(shared);
    expect([[...fresh.keys()], [...wellKnown].sort(), guestKey]).toEqual([[], ['guest', 'whisk.system'], guest]);
    expect(await keyOf('guest')).toBe(guest);
    await bootstrapUsers({ ...shared, users: new Map([['guest', own]]) });
    expect((await bootstrapUsers(shared)).wellKnown).toEqual(['whisk.system']);
  });

  test('subjects that are missing among those that are not ours get random keys', async () => {
    const { fresh, wellKnown } = await bootstrapUsers({ subjects, users: nobody, exposed: true, isOwn: false });
    expect([[...fresh.keys()], wellKnown]).toEqual([['guest', 'whisk.system'], []]);
  });

  test('the random keys stay when only this machine reaches it again', async () => {
    await bootstrapUsers({ subjects, users: nobody, exposed: true });
    const before = await keyOf('guest');
    await bootstrapUsers({ subjects, users: nobody, exposed: false });
    expect(await keyOf('guest')).toBe(before);
  });

  test('a well-known key in the configuration is refused', async () => {
    const starting = bootstrapUsers({ subjects, users: new Map([['guest', guest]]), exposed: true });
    await expect(starting).rejects.toThrow(KeyRefused);
  });
});

describe('subjects of the configuration', () => {
  test('are created, and get the key that it says now', async () => {
    await bootstrapUsers({ subjects, users: new Map([['alice', own]]), exposed: false });
    expect(await keyOf('alice')).toBe(own);
    const other = own.replaceAll('k', 'n');
    await bootstrapUsers({ subjects, users: new Map([['alice', other]]), exposed: false });
    expect(await keyOf('alice')).toBe(other);
  });

  test('keep their other namespaces', async () => {
    const team = { name: 'team', uuid: 'u', key: 'k' };
    await subjects.put({ subject: 'alice', namespaces: [team] });
    await bootstrapUsers({ subjects, users: new Map([['alice', own]]), exposed: false });
    expect((await subjects.get('alice'))?.subject.namespaces).toContainEqual(team);
    expect(await keyOf('alice')).toBe(own);
  });

  test('may say the key of guest, which is not shown then', async () => {
    const { guestKey } = await bootstrapUsers({ subjects, users: new Map([['guest', own]]), exposed: true });
    expect(await keyOf('guest')).toBe(own);
    expect(guestKey).toBeUndefined();
  });
});
