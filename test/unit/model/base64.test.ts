import { describe, expect, test } from 'bun:test';
import { isBase64, isPaddedBase64 } from '../../../src/model/base64.ts';

describe('base64', () => {
  test.each([['YWJj'], ['YWI='], ['YQ=='], ['+/+/']])('is %p, with all its padding', (text) => {
    expect([isBase64(text), isPaddedBase64(text)]).toEqual([true, true]);
  });

  test.each([[''], ['YWI'], ['YQ'], ['YWJjYQ']])('is %p, without padding', (text) => {
    expect([isBase64(text), isPaddedBase64(text)]).toEqual([true, false]);
  });

  const others = ['a', 'YQ=', 'YQ===', '====', 'A===', '=YWJ', 'Y=Jj', 'YW Jj', 'YWJj\n', 'YWJ-', 'YWJ_', 'é', 'a.b('];
  test.each(others.map((text) => [text]))('is not %p', (text) => {
    expect([isBase64(text), isPaddedBase64(text)]).toEqual([false, false]);
  });

  test('is known at any length that code may have', () => {
    const long = 'YWJj'.repeat(16 * 1024 * 1024);
    expect(isPaddedBase64(`${long}YQ==`)).toBe(true);
    expect(isPaddedBase64(`${long}YQ!=`)).toBe(false);
  });
});
