import { describe, expect, test } from 'bun:test';
import { isTooDeep, type JsonObject, mergeText } from '../../../src/model/json.ts';

const merge = (under: JsonObject, text: string) =>
  mergeText(under, JSON.stringify(under), JSON.parse(text) as JsonObject, text);

describe('two objects as one text', () => {
  test.each([
    [{ a: 1 }, '{"b":2}', '{"a":1,"b":2}'],
    [{ a: 1, b: 1 }, '{"b":2}', '{"a":1,"b":2}'],
    [{ b: 1 }, ' {"b":2} ', ' {"b":2} '],
    [{}, '{"b":2}', '{"b":2}'],
    [{ a: 1 }, ' { } ', '{"a":1}'],
    [{}, '{}', '{}'],
    [{ a: 1 }, '\n{\n "b": 2.50 }\n', '{"a":1,\n "b": 2.50 }\n'],
    [{ a: 1 }, '{"n":12345678901234567890}', '{"a":1,"n":12345678901234567890}'],
    [{ toString: 1 }, '{"b":2}', '{"toString":1,"b":2}'],
    [{ a: 1 }, '{"__proto__":{"a":2}}', '{"a":1,"__proto__":{"a":2}}'],
    [JSON.parse('{"__proto__":1}'), '{"__proto__":2}', '{"__proto__":2}'],
  ] as [JsonObject, string, string][])('%p under %s', (under, text, expected) => {
    expect(merge(under, text)).toBe(expected);
  });
});

describe('JSON is too deep', () => {
  test.each([
    ['arrays', '[', ']', 1000],
    ['objects', '{"a":', '}', 1000],
    ['both', '[{"a":', '}]', 500],
  ])('beyond a thousand levels of %s', (_, open, close, most) => {
    const nested = (count: number) => `${open.repeat(count)}"${'x'.repeat(2000)}"${close.repeat(count)}`;
    expect([isTooDeep(nested(most)), isTooDeep(nested(most + 1))]).toEqual([false, true]);
  });

  test('not for what is only in texts, whatever they escape', () => {
    const texts = ['['.repeat(5000), `\\"${'['.repeat(5000)}`, `${'['.repeat(5000)}\\\\`, '\\\\\\"[['.repeat(3000)];
    for (const text of texts) expect(isTooDeep(`{"a":"${text}","b":[1]}`)).toBe(false);
    expect(isTooDeep(`["\\\\",${'['.repeat(2000)}]`)).toBe(true);
  });

  test('not for what is only long', () => {
    expect(isTooDeep(`[${'[],{},'.repeat(5000)}1]`)).toBe(false);
  });

  test('no more than it can be told of what is no JSON', () => {
    for (const text of [`"${'['.repeat(5000)}`, ']'.repeat(5000), 'x'.repeat(5000)])
      expect(isTooDeep(text)).toBe(false);
  });
});
