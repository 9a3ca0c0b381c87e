import { describe, expect, test } from 'bun:test';
import {
  compareTurns,
  expired,
  isGivenUp,
  makeRoom,
  pickStemCell,
  startsNeeded,
  stemCellsToStart,
} from '../../../src/invoker/choose.ts';

const view = (id: string, memory = 256, lastUsed = 0) => ({ id, memory, lastUsed });
const ids = (views: readonly { id: string }[] | undefined) => views?.map(({ id }) => id);

describe('pickStemCell (RT-05)', () => {
  test('takes the one of the right size before an older one of another', () => {
    expect(pickStemCell([view('big', 512), view('fit', 256)], 256)?.id).toBe('fit');
  });
  test('takes one of another size rather than none: it will be resized', () => {
    expect(pickStemCell([view('big', 512)], 256)?.id).toBe('big');
  });
  test('has nothing to take from nothing', () => {
    expect(pickStemCell([], 256)).toBeUndefined();
  });
});

describe('makeRoom (INV-13)', () => {
  const none = { surplus: [], idle: [], stemCells: [] };
  test('evicts nobody when it fits as it is', () => {
    expect(makeRoom(256, 256, { ...none, idle: [view('a')] })).toEqual([]);
  });
  test('evicts the one that was unused for longest', () => {
    const idle = [view('young', 256, 30), view('old', 256, 10), view('middle', 256, 20)];
    expect(ids(makeRoom(256, 0, { ...none, idle }))).toEqual(['old']);
  });
  test('evicts as many as it takes, counting what is free', () => {
    const idle = [view('a', 128, 1), view('b', 128, 2), view('c', 128, 3)];
    expect(ids(makeRoom(512, 256, { ...none, idle }))).toEqual(['a', 'b']);
  });
  test('takes surplus stem cells before warm containers, and wanted stem cells last', () => {
    const all = { surplus: [view('surplus', 256, 9)], idle: [view('warm', 256, 5)], stemCells: [view('cell', 256, 1)] };
    expect(ids(makeRoom(256, 0, all))).toEqual(['surplus']);
    expect(ids(makeRoom(512, 0, all))).toEqual(['surplus', 'warm']);
    expect(ids(makeRoom(768, 0, all))).toEqual(['surplus', 'warm', 'cell']);
  });
  test('evicts nobody when even all of them would not do', () => {
    expect(makeRoom(1024, 0, { ...none, idle: [view('a'), view('b')] })).toBeUndefined();
  });
});

const waiting = (since: number, held = 0) => ({ since, held });

test('compareTurns puts the namespace first that has least at work, and among equals who came first', () => {
  const flood = waiting(0, 1024);
  const quiet = waiting(50, 0);
  const small = waiting(10, 256);
  expect([flood, small, quiet].sort(compareTurns)).toEqual([quiet, small, flood]);
  expect([waiting(2), waiting(1)].sort(compareTurns)).toEqual([waiting(1), waiting(2)]);
});

describe('isGivenUp', () => {
  test('is given up for a namespace that has less at work, though it came later', () => {
    expect(isGivenUp(waiting(0, 768), waiting(50, 0), 150, 100)).toBe(true);
    expect(isGivenUp(waiting(0, 768), waiting(50, 0), 149, 100)).toBe(false);
    expect(isGivenUp(waiting(50, 0), waiting(0, 768), 10_000, 100)).toBe(false);
  });

  test('serves its own while nobody else waits', () => {
    expect(isGivenUp(waiting(0), undefined, 10_000, 100)).toBe(false);
  });
  test('serves its own first when they came first', () => {
    expect(isGivenUp(waiting(10), waiting(20), 10_000, 100)).toBe(false);
  });
  test('serves its own for as long as the other has patience', () => {
    expect(isGivenUp(waiting(50), waiting(0), 99, 100)).toBe(false);
  });
  test('is given up for one who came earlier and has waited long enough', () => {
    expect(isGivenUp(waiting(50), waiting(0), 100, 100)).toBe(true);
  });
});

test('startsNeeded counts what is on its way, and the calls that one container takes', () => {
  expect(startsNeeded(3, 0, 1)).toBe(3);
  expect(startsNeeded(3, 2, 1)).toBe(1);
  expect(startsNeeded(3, 5, 1)).toBe(0);
  expect(startsNeeded(11, 0, 10)).toBe(2);
  expect(startsNeeded(0, 0, 1)).toBe(0);
});

test('stemCellsToStart fills up what is missing, as far as free memory goes', () => {
  expect(stemCellsToStart(2, 0, 256, 1024)).toBe(2);
  expect(stemCellsToStart(2, 1, 256, 1024)).toBe(1);
  expect(stemCellsToStart(2, 3, 256, 1024)).toBe(0);
  expect(stemCellsToStart(4, 0, 256, 600)).toBe(2);
  expect(stemCellsToStart(4, 0, 256, -100)).toBe(0);
});

test('expired are those that were not used for the keep-alive time', () => {
  expect(ids(expired([view('a', 1, 0), view('b', 1, 50), view('c', 1, 51)], 100, 50))).toEqual(['a', 'b']);
});
