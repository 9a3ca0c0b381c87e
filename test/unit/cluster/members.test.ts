import { describe, expect, test } from 'bun:test';
import { Members } from '../../../src/cluster/members.ts';
import type { BeatMessage } from '../../../src/cluster/wire.ts';

function beat(node: string, boot = '1', more: Partial<BeatMessage> = {}): BeatMessage {
  return {
    type: 'beat',
    from: { node, boot },
    ...{ reads: 1, address: `http://${node}:3233`, version: '1.0.0', state: 'up', kinds: ['nodejs:20'] },
    ...{ memoryTotal: 1024, memoryFree: 512, waiting: 0, partitions: [1], holding: [] },
    ...more,
  };
}

/** Members as node `own` sees them; every second it hears itself, and the others that are named. */
function table() {
  const members = new Members({ node: 'own', boot: '1' });
  let now = 0;
  return {
    members,
    get now() {
      return now;
    },
    /** Seconds go by. */
    pass(seconds: number, ...heard: BeatMessage[]) {
      for (let n = 0; n < seconds; n++) {
        now += 1_000;
        members.heard(beat('own'), now);
        for (const each of heard) members.heard(each, now);
      }
    },
    deaf: (seconds: number) => {
      now += seconds * 1_000;
    },
    statuses: () => Object.fromEntries(members.list(beat('own'), now).map(({ id, status }) => [id, status])),
  };
}

describe('members (INV-19)', () => {
  test('a node is up while it is heard, down within 10 s after its last word, and forgotten later', () => {
    const all = table();
    all.pass(3, beat('b'));
    expect(all.statuses()).toEqual({ own: 'up', b: 'up' });
    all.pass(8);
    expect(all.statuses()).toEqual({ own: 'up', b: 'up' });
    all.pass(1);
    expect(all.statuses()).toEqual({ own: 'up', b: 'down' });
    all.pass(600);
    expect(all.statuses()).toEqual({ own: 'up' });
  });

  test('one that says farewell is gone at once, but not for what an older process of it says', () => {
    const all = table();
    all.pass(1, beat('b', '2'));
    all.members.left({ node: 'b', boot: '1' });
    expect(all.statuses()).toEqual({ own: 'up', b: 'up' });
    all.members.left({ node: 'b', boot: '2' });
    expect(all.statuses()).toEqual({ own: 'up' });
  });

  test('when this node hears nothing at all, nobody is dead: they are out of reach', () => {
    const all = table();
    all.pass(2, beat('b'));
    all.deaf(60);
    expect(all.members.isHearing(all.now)).toBe(false);
    expect(all.statuses()).toEqual({ own: 'up', b: 'unresponsive' });
    expect(all.members.takers(all.now)).toEqual([]);
    expect(all.members.isGone({ node: 'b', boot: '1' }, all.now)).toBe(false);
  });

  test('when messages come again, nobody is dead for what was not heard before', () => {
    const all = table();
    all.pass(2, beat('b'));
    all.deaf(60);
    all.pass(3);
    expect(all.statuses()).toEqual({ own: 'up', b: 'up' });
    expect(all.members.isGone({ node: 'b', boot: '1' }, all.now)).toBe(false);
    all.pass(8);
    expect(all.members.isGone({ node: 'b', boot: '1' }, all.now)).toBe(true);
  });

  test('hears only what was heard after a failure', () => {
    const all = table();
    all.pass(2);
    expect(all.members.isHearing(all.now, all.now - 1)).toBe(true);
    expect(all.members.isHearing(all.now, all.now)).toBe(false);
  });

  test('a process is gone when it was restarted, silent, or never heard of for so long', () => {
    const all = table();
    all.pass(1, beat('b', '1'));
    expect(all.members.isGone({ node: 'b', boot: '1' }, all.now)).toBe(false);
    expect(all.members.isGone({ node: 'own', boot: '1' }, all.now)).toBe(false);
    expect(all.members.isGone({ node: 'own', boot: '0' }, all.now)).toBe(true);
    expect(all.members.isGone({ node: 'c', boot: '1' }, all.now)).toBe(false);
    all.pass(1, beat('b', '2'));
    expect(all.members.isGone({ node: 'b', boot: '1' }, all.now)).toBe(true);
    all.pass(9);
    expect(all.members.isGone({ node: 'b', boot: '2' }, all.now)).toBe(true);
    expect(all.members.isGone({ node: 'c', boot: '1' }, all.now)).toBe(true);
  });

  test('two processes with one name are told apart', () => {
    const all = table();
    expect(all.members.heard(beat('own', '1'), 0)).toBe(false);
    expect(all.members.heard(beat('own', 'other'), 0)).toBe(true);
  });

  test('those that take work: others that are up and can run the kind', () => {
    const all = table();
    all.pass(1, beat('b'), beat('c', '1', { state: 'draining' }), beat('d', '1', { kinds: ['python:3'] }));
    const nodes = (kind?: string) => all.members.takers(all.now, kind).map(({ node }) => node);
    expect(nodes()).toEqual(['b', 'd']);
    expect(nodes('nodejs:20')).toEqual(['b']);
  });

  test('room is what a node said, less what was sent to it since, and again what has come back', () => {
    const all = table();
    const room = () => all.members.takers(all.now)[0]?.room;
    all.pass(1, beat('b'));
    const first = all.members.sent('b', 256);
    all.members.sent('b', 256);
    expect(room()).toBe(0);
    all.pass(1, beat('b', '1', { memoryFree: 0 }));
    expect(room()).toBe(0);
    first();
    expect(room()).toBe(256);
    all.members.given('b', 256);
    expect(room()).toBe(0);
    all.pass(1, beat('b', '1', { memoryFree: 256 }));
    expect(room()).toBe(256);
    expect(() => all.members.sent('nobody', 1)()).not.toThrow();
  });
});
