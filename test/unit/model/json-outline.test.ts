import { describe, expect, test } from 'bun:test';
import { type Outline, outlineOf } from '../../../src/model/json-outline.ts';

/** What `JSON.parse` says of a text. */
function parsed(text: string): Outline | undefined {
  try {
    const value: unknown = JSON.parse(text);
    if (Array.isArray(value)) return { type: 'array', keys: [] };
    return typeof value === 'object' && value !== null
      ? { type: 'object', keys: Object.keys(value) }
      : { type: 'other', keys: [] };
  } catch {
    return undefined;
  }
}

/** The same, as it is to be compared: objects list each key once, and numbers before all others. */
function outlined(text: string): Outline | undefined {
  const outline = outlineOf(text);
  return outline && { ...outline, keys: Object.keys(Object.fromEntries(outline.keys.map((key) => [key, 0]))) };
}

const texts = [
  ...[
    '{}',
    '[]',
    ' { } ',
    '\t[\r\n]',
    '0',
    '-0',
    '-',
    '',
    ' ',
    '"',
    '""',
    'nul',
    'null',
    'true',
    'false',
    'truex',
    '{}{}',
    '[] x',
  ],
  ...[
    '01',
    '-01',
    '1.',
    '.5',
    '1.5',
    '1e5',
    '1E+5',
    '1e-05',
    '1e',
    '1e+',
    '+1',
    '--1',
    '0x1',
    '1_0',
    'NaN',
    'Infinity',
    '12345678901234567890',
  ],
  ...[
    '{"a":1}',
    '{"a":1,}',
    '{,}',
    '{"a"}',
    '{"a":}',
    '{"a" : 1 , "b" : [ 1 , 2 ] }',
    '{a:1}',
    "{'a':1}",
    '{"a":1 "b":2}',
    '{1:1}',
  ],
  ...['[1,]', '[,1]', '[1 2]', '[1', '1]', '[[]', '[]]', '{"a":[}', '[{]', '{"a":1', '{"a', '{"a":"'],
  ...[
    '"\\n"',
    '"\\"',
    '"\\\\"',
    '"\\x"',
    '"\\u12"',
    '"\\u123g"',
    '"\\uD800"',
    '"\\u00e9"',
    '"\n"',
    '"\u0000"',
    '"\u001f"',
    '"\u007f"',
    '"\u2028"',
    '"\\',
  ],
  ...[
    '{"\\u0065rror":1}',
    '{"a\\"b":1}',
    '{"a":1,"a":2}',
    '{"__proto__":1,"toString":2}',
    '{"☃":"☃"}',
    '{"b":1,"2":1,"1":1}',
  ],
  ...['\ufeff{}', '\u00a0{}', '{}\u000b', '{}\u0000', '/**/{}', '{}//'],
];

describe('the outline of a text', () => {
  test.each(texts)('says of %p what `JSON.parse` makes of it', (text) => {
    expect(outlined(text)).toEqual(parsed(text));
  });

  test('says the same of what is left of a text when pieces are taken out, doubled or changed', () => {
    const pieces = '{}[]",:\\/ \n\t-+.eE0159abtrufalsn\u0001☃'.split('');
    const seeds = texts.filter((text) => parsed(text));
    let random = 7;
    const below = (count: number) => {
      random = (random * 48271) % 0x7fffffff;
      return random % count;
    };
    const change = (text: string) => {
      const at = below(text.length + 1);
      const end = Math.min(text.length, at + below(3));
      const put = [pieces[below(pieces.length)], text.slice(at, end).repeat(2), ''][below(3)];
      return text.slice(0, at) + put + text.slice(end);
    };
    let valid = 0;
    for (let n = 0; n < 30_000; n++) {
      const seed = `{"k":${seeds[below(seeds.length)]},"l":[${seeds[below(seeds.length)]}]}`;
      const text = change(below(2) === 0 ? change(seed) : seed);
      const expected = parsed(text);
      if (expected) valid++;
      if (!Bun.deepEquals(outlined(text), expected)) expect([text, outlined(text)]).toEqual([text, expected]);
    }
    // As many of one kind as of the other, about.
    expect(valid).toBeGreaterThan(5_000);
    expect(valid).toBeLessThan(25_000);
  });
});

describe('JSON is too deep', () => {
  const isTooDeep = (text: string) => outlineOf(text) === undefined && parsed(text) !== undefined;

  test.each([
    ['arrays', '[', ']', 1000],
    ['objects', '{"a":', '}', 1000],
    ['both', '[{"a":', '}]', 500],
  ])('beyond a thousand levels of %s', (_, open, close, most) => {
    const nested = (count: number) => `${open.repeat(count)}1${close.repeat(count)}`;
    expect([isTooDeep(nested(most)), isTooDeep(nested(most + 1))]).toEqual([false, true]);
  });

  test('not for what is only in texts, whatever they escape', () => {
    const texts = ['['.repeat(5000), `\\"${'['.repeat(5000)}`, `${'['.repeat(5000)}\\\\`, '\\\\\\"[['.repeat(3000)];
    for (const text of texts)
      expect(outlineOf(`{"a":"${text}","b":[1]}`)).toEqual({ type: 'object', keys: ['a', 'b'] });
  });

  test('not for what is only long', () => {
    expect(outlineOf(`[${'[],{},'.repeat(5000)}1]`)?.type).toBe('array');
  });

  test('a million open brackets are no JSON, and nothing overflows', () => {
    for (const open of ['[', '{"a":']) expect(outlineOf(open.repeat(1_000_000))).toBeUndefined();
  });
});
