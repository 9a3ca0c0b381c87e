import { describe, expect, test } from 'bun:test';
import { parseExact, prettyPrint } from '../../../src/api/exact-json.ts';

const pretty = (text: string) => prettyPrint(parseExact(text));

describe('JSON for people', () => {
  test('has sorted keys, members on lines of their own and arrays on one', () => {
    expect(pretty('{"b":{"c":null,"a":[1,"x",true]},"a":[{"z":1},[]],"e":{}}')).toBe(
      [
        '{',
        '  "a": [{',
        '    "z": 1',
        '  }, []],',
        '  "b": {',
        '    "a": [1, "x", true],',
        '    "c": null',
        '  },',
        '  "e": {',
        '',
        '  }',
        '}',
      ].join('\n'),
    );
  });

  test('escapes what JSON must escape, in keys too', () => {
    expect(pretty('{"a\\"b":"\\n\\u0001ü"}')).toBe('{\n  "a\\"b": "\\n\\u0001ü"\n}');
  });

  test('keeps all digits of whole numbers', () => {
    expect(pretty('[12345678901234567890, -9007199254740993, 1, 0.5, 1e300]')).toBe(
      '[12345678901234567890, -9007199254740993, 1, 0.5, 1e+300]',
    );
  });

  test('keeps a member that is called __proto__', () => {
    expect(pretty('{"__proto__":{"a":1},"n":12345678901234567890}')).toContain('"__proto__": {\n    "a": 1\n  }');
  });

  test('of long strings of digits stays as it is', () => {
    expect(parseExact('{"a":"12345678901234567890"}')).toEqual({ a: '12345678901234567890' });
  });
});
