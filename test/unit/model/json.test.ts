import { describe, expect, test } from 'bun:test';
import { type JsonObject, mergeText } from '../../../src/model/json.ts';

const merge = (under: JsonObject, text: string) =>
  mergeText(under, JSON.stringify(under), {
    keys: Object.keys(JSON.parse(text) as JsonObject),
    text,
  });

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
