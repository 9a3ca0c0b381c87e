import { describe, expect, test } from 'bun:test';
import { hasError, readContinuation, withState } from '../../../src/invocation/result.ts';

describe('a result has an error', () => {
  test.each([
    ['{"error":1}', true],
    ['{"error":null}', true],
    ['{ "a": 1, "error" : {} }', true],
    ['{"a":{"error":1}}', false],
    ['{"a":"\\"error\\""}', false],
    ['["error"]', false],
    ['{}', false],
  ])('%s: %p', (result, expected) => {
    expect(hasError({ status: 'success', result })).toBe(expected);
  });

  test('where it failed, whatever it says', () => {
    expect(hasError({ status: 'application error', result: '{}' })).toBe(true);
  });
});

describe('what a conductor says', () => {
  test('may have fields by any name that objects have of their own', () => {
    expect(readContinuation('{"constructor":1,"__proto__":{"action":"x","params":1}}')).toEqual({
      action: undefined,
      params: '{"constructor":1,"__proto__":{"action":"x","params":1}}',
      state: undefined,
    });
  });

  test('is an end in its own words, where it has no params', () => {
    const text = '{ "big": 12345678901234567890 }';
    expect(readContinuation(text).params).toBe(text);
  });
});

describe('state', () => {
  test('goes over a result, which stays as it is without one', () => {
    expect(withState(' {"a":1} ', undefined)).toBe(' {"a":1} ');
    expect(withState('{"a":1,"b":1}', { b: 2, c: 3 })).toBe('{"a":1,"b":2,"c":3}');
  });

  test('and an array are two fields', () => {
    expect(withState(' [1]', { s: 1 })).toBe('{"value":[1],"s":1}');
    expect(withState('[1]', undefined)).toBe('{"value":[1]}');
  });
});
