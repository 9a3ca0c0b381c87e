import { describe, expect, test } from 'bun:test';
import { messages } from '../../../src/model/messages.ts';
import { formatLogLine, LogCollector } from '../../../src/protocol/logs.ts';

const time = Date.UTC(2026, 10, 23, 11, 40, 0, 123);

describe('a log line (AVN-07, TRAP-10)', () => {
  test("is OpenWhisk's: the time padded to 30, the stream, the text", () => {
    expect(formatLogLine(time, 'stdout', 'hello')).toBe('2026-11-23T11:40:00.123Z       stdout: hello');
    expect(formatLogLine(time, 'stderr', '')).toBe('2026-11-23T11:40:00.123Z       stderr: ');
  });

  test('has the time of its own, also after another one', () => {
    expect(formatLogLine(time, 'stdout', 'a')).toStartWith('2026-11-23T11:40:00.123Z');
    expect(formatLogLine(time + 1, 'stdout', 'b')).toStartWith('2026-11-23T11:40:00.124Z');
    expect(formatLogLine(time, 'stdout', 'c')).toStartWith('2026-11-23T11:40:00.123Z');
  });

  test('takes any number for a time: runtimes may lie', () => {
    for (const lie of [Number.NaN, Number.POSITIVE_INFINITY, 1e300, -1e300]) {
      expect(formatLogLine(lie, 'stdout', 'a')).toBe('1970-01-01T00:00:00.000Z       stdout: a');
    }
  });
});

describe('a collector of logs (LOG-02)', () => {
  test('keeps the lines in order', () => {
    const logs = new LogCollector(100);
    logs.add(time, 'stdout', 'out');
    logs.add(time + 1, 'stderr', 'err');
    expect(logs.lines).toEqual([
      '2026-11-23T11:40:00.123Z       stdout: out',
      '2026-11-23T11:40:00.124Z       stderr: err',
    ]);
  });

  test('leaves out the line that goes over the limit and all after it, and says so once', () => {
    const logs = new LogCollector(10);
    logs.add(time, 'stdout', '12345');
    logs.add(time, 'stdout', '67890');
    logs.add(time, 'stdout', 'x');
    logs.add(time, 'stdout', '');
    logs.add(time, 'stdout', 'y');
    expect(logs.lines.map((line) => line.slice(31))).toEqual([
      'stdout: 12345',
      'stdout: 67890',
      `stderr: ${messages.logsTruncated(10)}`,
    ]);
  });

  test('counts bytes of text, not characters', () => {
    const logs = new LogCollector(5);
    logs.add(time, 'stdout', '☃');
    expect(logs.lines.length).toBe(1);
    logs.add(time, 'stdout', '☃');
    expect(logs.lines.at(-1)).toContain(messages.logsTruncated(5));
  });

  test('with the limit 0 keeps nothing and says nothing', () => {
    const logs = new LogCollector(0);
    logs.add(time, 'stdout', '');
    logs.add(time, 'stdout', 'a');
    expect(logs.lines).toEqual([]);
  });
});
