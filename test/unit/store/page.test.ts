import { describe, expect, test } from 'bun:test';
import { isAskedFor, mergePage, shownAs, windowFor } from '../../../src/store/page.ts';
import { anActivation } from '../../util/documents.ts';

interface Row {
  readonly start: number;
  readonly order: number;
}

/** The page as a store would give it that had everything: by start, then by the order of writing, newest first. */
function expectedPage(all: readonly Row[], skip: number, limit: number): Row[] {
  return [...all].sort((a, b) => b.start - a.start || b.order - a.order).slice(skip, skip + limit);
}

function pageOf(stored: readonly Row[], waiting: readonly Row[], skip: number, limit: number): Row[] {
  const window = windowFor(waiting.length, skip, limit);
  const newestFirst = expectedPage(waiting, 0, waiting.length);
  return mergePage(newestFirst, expectedPage(stored, window.offset, window.limit), skip, limit);
}

/** Numbers below 1 in a fixed order (mulberry32). */
function fixedRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

describe('a page of stored and waiting records', () => {
  test('is the stored page when nothing waits', () => {
    const rows = [{ start: 2, order: 1 }];
    expect(windowFor(0, 30, 10)).toEqual({ offset: 30, limit: 10 });
    expect(mergePage([], rows, 30, 10)).toBe(rows);
  });

  test('puts the waiting record before a stored one of the same start', () => {
    const rows = pageOf([{ start: 5, order: 1 }], [{ start: 5, order: 2 }], 0, 10);
    expect(rows.map(({ order }) => order)).toEqual([2, 1]);
  });

  test('reads at most the page and as many rows as records wait', () => {
    expect(windowFor(7, 0, 30)).toEqual({ offset: 0, limit: 30 });
    expect(windowFor(7, 100, 30)).toEqual({ offset: 93, limit: 37 });
  });

  test('is for every page of any mixture what one sorted list would give', () => {
    const random = fixedRandom(7);
    const below = (n: number) => Math.floor(random() * n);
    for (let round = 0; round < 400; round++) {
      const stored = Array.from({ length: below(12) }, (_, order) => ({ start: below(8), order }));
      const waiting = Array.from({ length: below(6) }, (_, n) => ({ start: below(8), order: 100 + n }));
      for (let skip = 0; skip < 20; skip++) {
        const limit = below(6);
        expect(pageOf(stored, waiting, skip, limit)).toEqual(expectedPage([...stored, ...waiting], skip, limit));
      }
    }
  });
});

describe('the name that a list filters by', () => {
  const path = (value: string) => [{ key: 'path', value }];
  test.each([
    ['hello', path('guest/hello')],
    ['tools/hello', path('guest/tools/hello')],
    ['utils/hello', path('whisk.system/utils/hello')],
    ['bound/hello', [...path('whisk.system/utils/hello'), { key: 'binding', value: 'guest/bound' }]],
    ['tools/hello', [...path('guest/tools/hello'), { key: 'binding', value: '' }]],
    ['hello', []],
    ['hello', [{ key: 'path', value: 7 }]],
  ])('of an action called hello is %s by its annotations', (name, annotations) => {
    expect(shownAs({ name: 'hello', annotations })).toBe(name);
  });

  test('is asked together with namespace and time', () => {
    const activation = anActivation({ start: 10 });
    expect(isAskedFor(activation, { namespace: 'guest' })).toBe(true);
    expect(isAskedFor(activation, { namespace: 'guest', name: 'hello', since: 10, upto: 10 })).toBe(true);
    expect(isAskedFor(activation, { namespace: 'other' })).toBe(false);
    expect(isAskedFor(activation, { namespace: 'guest', since: 11 })).toBe(false);
    expect(isAskedFor(activation, { namespace: 'guest', upto: 9 })).toBe(false);
    expect(isAskedFor(activation, { namespace: 'guest', name: 'tools/hello' })).toBe(false);
  });
});
