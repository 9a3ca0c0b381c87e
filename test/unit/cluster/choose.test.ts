import { describe, expect, test } from 'bun:test';
import { assignPartitions, choosePartition, choosePlace, chooseTaker } from '../../../src/cluster/choose.ts';

const taker = (node: string, room: number, ...partitions: number[]) => ({ node, room, partitions });

describe('the node for a job', () => {
  const nodes = [taker('a', 512, 0, 1), taker('b', 512, 2), taker('c', 512, 3)];

  test('is the same for the same action as long as it has room', () => {
    const first = chooseTaker('guest/hello', 256, nodes);
    expect(chooseTaker('guest/hello', 256, [...nodes].reverse())).toEqual(first);
    const full = nodes.map((each) => (each === first ? { ...each, room: 128 } : each));
    expect(chooseTaker('guest/hello', 256, full)?.node).not.toBe(first?.node);
  });

  test('is different for different actions', () => {
    const chosen = Array.from({ length: 60 }, (_, n) => chooseTaker(`guest/a${n}`, 256, nodes)?.node);
    expect(new Set(chosen)).toEqual(new Set(['a', 'b', 'c']));
  });

  test('is nobody when nobody has room, or who has room owns no partition', () => {
    expect(chooseTaker('guest/hello', 513, nodes)).toBeUndefined();
    expect(chooseTaker('guest/hello', 1, [taker('a', 512)])).toBeUndefined();
    expect(chooseTaker('guest/hello', 1, [])).toBeUndefined();
  });

  test('when one goes, only its own actions go elsewhere', () => {
    const [, b, c] = nodes;
    for (let n = 0; n < 50; n++) {
      const before = chooseTaker(`guest/a${n}`, 256, nodes);
      const after = chooseTaker(
        `guest/a${n}`,
        256,
        [b, c].filter((each) => each !== undefined),
      );
      if (before?.node !== 'a') expect(after).toEqual(before);
    }
  });
});

describe('the partition for accepted work', () => {
  const own = taker('own', 256, 0, 1);
  const others = [taker('x', 256, 2), taker('y', 0, 3)];

  const keys = (n: number) => ({ action: `a${n}`, work: `w${n}` });

  test('is an own one when there is room here', () => {
    for (let n = 0; n < 20; n++) expect([0, 1]).toContain(choosePlace(keys(n), 256, own, others, 4));
  });

  test('else one of a node with room', () => {
    expect(choosePlace(keys(0), 256, { ...own, room: 0 }, others, 4)).toBe(2);
  });

  test('else any, so that a flood of one action is shared out', () => {
    const chosen = [...Array(40).keys()].map((n) => choosePlace({ action: 'a', work: `w${n}` }, 512, own, others, 4));
    expect(new Set(chosen)).toEqual(new Set([0, 1, 2, 3]));
    expect(choosePartition('a', [])).toBeUndefined();
  });
});

describe('partitions are shared out', () => {
  const share = (members: Record<string, number[]>, count: number) =>
    Object.fromEntries(assignPartitions(new Map(Object.entries(members)), count));

  test('all of them, evenly', () => {
    const shares = share({ a: [], b: [], c: [] }, 8);
    expect(
      Object.values(shares)
        .map(({ length }) => length)
        .sort(),
    ).toEqual([2, 3, 3]);
    expect(Object.values(shares).flat().sort()).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
  });

  test('so that they stay where they are', () => {
    expect(share({ a: [0, 1, 2, 3], b: [4, 5, 6, 7] }, 8)).toEqual({ a: [0, 1, 2, 3], b: [4, 5, 6, 7] });
    const joined = share({ a: [0, 1, 2, 3], b: [4, 5, 6, 7], c: [] }, 8);
    expect(joined.a).toEqual([0, 1, 2]);
    expect(joined.b).toEqual([4, 5, 6]);
    expect(joined.c).toEqual([3, 7]);
  });

  test('so that only those of a node that went move', () => {
    const shares = share({ a: [0, 1, 2], b: [4, 5, 6] }, 8);
    expect(shares.a).toEqual(expect.arrayContaining([0, 1, 2]));
    expect(shares.b).toEqual(expect.arrayContaining([4, 5, 6]));
  });

  test('once each, whatever members claim', () => {
    const shares = share({ a: [0, 1, 1, 99], b: [0, 1, -1] }, 4);
    expect(Object.values(shares).flat().sort()).toEqual([0, 1, 2, 3]);
  });

  test('when there are more nodes than partitions, some own none; without nodes nobody does', () => {
    expect(
      Object.values(share({ a: [], b: [], c: [] }, 2))
        .flat()
        .sort(),
    ).toEqual([0, 1]);
    expect(share({}, 4)).toEqual({});
  });
});
