import { describe, expect, test } from 'bun:test';
import { MAX_LINE, SENTINEL, SentinelReader } from '../../../src/protocol/sentinel.ts';

function collect() {
  const found: string[] = [];
  const reader = new SentinelReader(
    (text) => found.push(text),
    () => found.push('END'),
  );
  return { found, reader };
}

describe('SentinelReader', () => {
  const bytes = Buffer.from(`one\ntwö ☃\r\n\nthree without end${SENTINEL}\nfour\n${SENTINEL}\n`);
  const expected = ['one', 'twö ☃', '', 'three without end', 'END', 'four', 'END'];

  test('makes lines, and ends where sentinels stand', () => {
    const { found, reader } = collect();
    reader.push(bytes);
    expect(found).toEqual(expected);
  });

  test('finds the same in chunks of any size', () => {
    for (let size = 1; size < bytes.length; size++) {
      const { found, reader } = collect();
      for (let at = 0; at < bytes.length; at += size) reader.push(bytes.subarray(at, at + size));
      expect(found.filter((text) => text !== '')).toEqual(expected.filter((text) => text !== ''));
    }
  });

  test('does not wait for the line end of a sentinel', () => {
    const { found, reader } = collect();
    reader.push(Buffer.from(`last${SENTINEL}`));
    expect(found).toEqual(['last', 'END']);
  });

  test('hands on a line without end when it is told that no more comes', () => {
    const { found, reader } = collect();
    reader.push(Buffer.from('prompt> '));
    expect(found).toEqual([]);
    reader.flush();
    reader.flush();
    expect(found).toEqual(['prompt> ']);
  });

  test('cuts a line that never ends', () => {
    const { found, reader } = collect();
    const chunk = Buffer.alloc(MAX_LINE / 4, 'x');
    for (let count = 0; count < 10; count++) reader.push(chunk);
    expect(found.map((text) => text.length)).toEqual([MAX_LINE, MAX_LINE]);
  });
});
