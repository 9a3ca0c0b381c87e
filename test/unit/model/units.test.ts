import { describe, expect, test } from 'bun:test';
import { parseDuration, parseSize, showDuration, showSize } from '../../../src/model/units.ts';

describe('units', () => {
  test.each([
    ['512 MB', 512 * 1024 ** 2],
    ['512mb', 512 * 1024 ** 2],
    ['512m', 512 * 1024 ** 2],
    ['1 GiB', 1024 ** 3],
    ['1.5 KB', 1536],
    ['7 B', 7],
    ['0 B', 0],
  ])('the size %s is %i bytes', (text, bytes) => {
    expect(parseSize(text)).toBe(bytes);
  });

  test.each([
    ['100ms', 100],
    ['30 s', 30_000],
    ['1.5 min', 90_000],
    ['2m', 120_000],
    ['1 h', 3_600_000],
    ['7 d', 604_800_000],
    ['2 minutes', 120_000],
    ['1 second', 1000],
    ['10 millis', 10],
  ])('the duration %s is %i ms', (text, ms) => {
    expect(parseDuration(text)).toBe(ms);
  });

  test.each(['', '512', 'MB', '-1 MB', '1 XB', '1 MB 2', '1,5 MB', '1 e3 MB'])("'%s' is no size", (text) => {
    expect(parseSize(text)).toBeUndefined();
  });

  test.each(['', '10', 's', '-1 s', '1 week', '1 S'])("'%s' is no duration", (text) => {
    expect(parseDuration(text)).toBeUndefined();
  });

  test.each([512 * 1024 ** 2, 1024 ** 3, 1536 * 1024 ** 2, 1025, 0])(
    '%i bytes read back as they are shown',
    (bytes) => {
      expect(parseSize(showSize(bytes))).toBe(bytes);
    },
  );

  test.each([1, 1500, 90_000, 600_000, 604_800_000])('%i ms read back as they are shown', (ms) => {
    expect(parseDuration(showDuration(ms))).toBe(ms);
  });
});
