import { describe, expect, test } from 'bun:test';
import { failure, readResult } from '../../../src/model/outcome.ts';

const MB = 1024 * 1024;

describe('readResult (PROT-05)', () => {
  test('passes an object or an array on as the very text that it was', () => {
    for (const text of ['{"a": 1.0}', '[1, 2]', '{}', '{"n":12345678901234567890}']) {
      expect(readResult(text, MB)).toEqual({ status: 'success', result: text, size: text.length });
    }
  });

  test('an error field makes it an application error, and only the error is kept', () => {
    expect(readResult('{"error":{"code":1},"rest":2}', MB)).toEqual({
      status: 'application error',
      result: '{"error":{"code":1}}',
      size: 29,
    });
    expect(readResult('{"error":null}', MB).status).toBe('application error');
  });

  test('an error in the prototype is none', () => {
    expect(readResult('{"__proto__":{"error":1}}', MB).status).toBe('success');
  });

  test.each(['null', '5', '"text"', 'true', '', 'oops', '{"a":', '{}{}'])(
    'what is no object or array is the developer’s error: %p',
    (text) => {
      const { status, result } = readResult(text, MB);
      expect([status, JSON.parse(result).error]).toEqual([
        'action developer error',
        `The action did not produce a valid JSON or JSON Array response${text ? `: ${text}` : '.'}`,
      ]);
    },
  );

  test('a result over the limit is cut, and says by how much (AVN-12)', () => {
    const text = JSON.stringify({ a: 'x'.repeat(100) });
    const { status, result, size } = readResult(text, 50);
    expect([status, size]).toEqual(['application error', 108]);
    expect(JSON.parse(result).error).toBe(
      `The action produced a response that exceeded the allowed length: 108 > 50 bytes. The truncated response was: ${text.slice(0, 50)}`,
    );
  });

  test('a result over the limit shows as much of itself as is to be kept, also when the code failed (LIM-16)', () => {
    const text = JSON.stringify({ a: 'x'.repeat(100) });
    const sentence = 'The action produced a response that exceeded the allowed length: 108 > 50 bytes.';
    expect(JSON.parse(readResult(text, 50, undefined, 10).result).error).toBe(
      `${sentence} The truncated response was: {"a":"xxxx`,
    );
    expect(readResult(text, 108, undefined, 10).status).toBe('success');
    const { status, result, size } = failure('x'.repeat(96), 50, 10);
    expect([status, size]).toEqual(['application error', 108]);
    expect(JSON.parse(result).error).toBe(`${sentence} The truncated response was: {"error":"`);
    expect(failure('short', 50, 10).status).toBe('action developer error');
  });

  test('counts bytes, not characters, and takes exactly the limit', () => {
    const text = '{"a":"☃☃"}';
    expect(readResult(text, 14).status).toBe('success');
    expect(readResult(text, 13).status).toBe('application error');
  });

  test('believes the runtime that it was cut, but not that it is small', () => {
    expect(JSON.parse(readResult('{"a":"xx', 8, 5000).result).error).toContain('5000 > 8 bytes');
    expect(readResult('{"a":"xxxxxxxxxx"}', 8, 1).status).toBe('application error');
  });

  test('a result that is nested too deeply is no valid one: it could never be written again', () => {
    const deep = `{"error":${'['.repeat(200_000)}${']'.repeat(200_000)}}`;
    const { status, result } = readResult(deep, 1024 * 1024);
    expect(status).toBe('action developer error');
    expect(JSON.parse(result).error).toStartWith(
      'The action did not produce a valid JSON or JSON Array response: {"error":[[',
    );
  });
});
