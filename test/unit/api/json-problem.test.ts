import { expect, test } from 'bun:test';
import { jsonProblem } from '../../../src/api/json-problem.ts';

test('says where a text stops being JSON in the words of OpenWhisk’s parser', () => {
  expect(jsonProblem('{bad')).toBe(
    "Unexpected character 'b' at input index 1 (line 1, position 2), expected '\"':\n{bad\n ^\n",
  );
});

test.each([
  ['', 'end-of-input at input index 0 (line 1, position 1), expected JSON Value'],
  ['{"a":1', "end-of-input at input index 6 (line 1, position 7), expected '}'"],
  ['[1,2', "end-of-input at input index 4 (line 1, position 5), expected ']'"],
  ['{"a" 1}', "character '1' at input index 5 (line 1, position 6), expected ':'"],
  ['{\n  "a": nul\n}', "character 'n' at input index 9 (line 2, position 8), expected JSON Value"],
  ['{} x', "character 'x' at input index 3 (line 1, position 4), expected end-of-input"],
  ['"a\\x"', "character 'x' at input index 3 (line 1, position 4), expected JSON escape sequence"],
  ['"\\u00g0"', "character 'g' at input index 5 (line 1, position 6), expected hex digit"],
  ['-', 'end-of-input at input index 1 (line 1, position 2), expected DIGIT'],
  ['[1.]', "character ']' at input index 3 (line 1, position 4), expected DIGIT"],
  ['"a\nb"', "character '\\u000a' at input index 2 (line 1, position 3), expected '\"'"],
])('%j: unexpected %s', (text, expected) => {
  expect(() => JSON.parse(text)).toThrow();
  expect(jsonProblem(text).split(':\n')[0]).toBe(`Unexpected ${expected}`);
});

test('finds what JSON.parse finds, in texts broken at random places', () => {
  const whole = JSON.stringify({ a: [1, -2.5e3, true, null, 'x\\u0041\n'], b: { c: {} } });
  for (let at = 0; at < whole.length; at++) {
    const broken = whole.slice(0, at) + whole.slice(at + 1);
    let isJson = true;
    try {
      JSON.parse(broken);
    } catch {
      isJson = false;
    }
    expect([broken, jsonProblem(broken) === 'it is not JSON']).toEqual([broken, isJson]);
  }
});

test('does not run out of stack on a megabyte of nesting', () => {
  expect(jsonProblem('['.repeat(1_000_000))).toContain('nested too deeply');
});
