import { beforeEach, describe, expect, test } from 'bun:test';
import { Authenticator } from '../../../src/auth/auth.ts';
import { FakeSubjects } from '../../fake/subjects.ts';

const KEY = 'k'.repeat(64);
const namespace = (name: string) => ({ name, uuid: `uuid-of-${name}`, key: KEY });

let subjects: FakeSubjects;
let authenticator: Authenticator;

beforeEach(async () => {
  subjects = new FakeSubjects();
  authenticator = new Authenticator(subjects);
  await subjects.put({ subject: 'alice', namespaces: [namespace('alice'), namespace('team')] });
  await subjects.setLimits('team', { invocationsPerMinute: 7 });
});

describe('the owner of a namespace', () => {
  test('is its subject, with the key and the limits of that namespace', async () => {
    expect(await authenticator.ownerOf('team')).toEqual({
      subject: 'alice',
      namespace: 'team',
      uuid: 'uuid-of-team',
      key: KEY,
      limits: { invocationsPerMinute: 7 },
    });
  });

  test('is known at once the second time', async () => {
    const first = await authenticator.ownerOf('team');
    expect(authenticator.ownerOf('team')).toBe(first as NonNullable<typeof first>);
  });

  test('is nobody where there is no such namespace; nothing is remembered of that', async () => {
    expect(await authenticator.ownerOf('bobby')).toBeUndefined();
    await subjects.put({ subject: 'bobby', namespaces: [namespace('bobby')] });
    expect((await authenticator.ownerOf('bobby'))?.subject).toBe('bobby');
  });

  test('is nobody when the subject is blocked', async () => {
    await subjects.put({ subject: 'carol', namespaces: [namespace('carol')], blocked: true });
    expect(await authenticator.ownerOf('carol')).toBeUndefined();
  });
});

describe('what was remembered', () => {
  const header = `Basic ${btoa(`uuid-of-team:${KEY}`)}`;

  test('is forgotten: of callers and of owners', async () => {
    await authenticator.identify(header);
    await authenticator.ownerOf('team');
    await subjects.setLimits('team', { invocationsPerMinute: 8 });
    authenticator.forget();
    expect((await authenticator.identify(header)).limits.invocationsPerMinute).toBe(8);
    expect((await authenticator.ownerOf('team'))?.limits.invocationsPerMinute).toBe(8);
  });

  test('is not what was being read when all was forgotten', async () => {
    const { promise, resolve } = Promise.withResolvers<undefined>();
    const { limits } = subjects;
    subjects.limits = async (name) => {
      const before = await limits.call(subjects, name);
      await promise;
      return before;
    };
    const reading = [authenticator.ownerOf('team'), authenticator.identify(header)];
    for (let turn = 0; turn < 10; turn++) await Promise.resolve();
    subjects.limits = limits;
    await subjects.setLimits('team', { invocationsPerMinute: 9 });
    authenticator.forget();
    resolve(undefined);
    await Promise.all(reading);
    expect((await authenticator.ownerOf('team'))?.limits.invocationsPerMinute).toBe(9);
    expect((await authenticator.identify(header)).limits.invocationsPerMinute).toBe(9);
  });
});
