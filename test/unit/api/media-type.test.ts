import { describe, expect, test } from 'bun:test';
import { contentTypeOf, isJsonFamily, parseMediaType } from '../../../src/api/media-type.ts';

describe('a content type', () => {
  const types: [string, string, 'open' | 'fixed' | 'none', string][] = [
    ['text/html', 'text/html', 'open', 'text/html; charset=UTF-8'],
    ['Text/HTML;charset=utf-8', 'text/html', 'open', 'text/html; charset=UTF-8'],
    ['text/plain ; Charset="latin1"', 'text/plain', 'open', 'text/plain; charset=UTF-8'],
    ['application/javascript', 'application/javascript', 'open', 'application/javascript; charset=UTF-8'],
    ['application/json', 'application/json', 'fixed', 'application/json'],
    ['application/json; charset=utf-8', 'application/json', 'fixed', 'application/json'],
    ['text/event-stream', 'text/event-stream', 'fixed', 'text/event-stream'],
    ['image/png', 'image/png', 'none', 'image/png'],
    ['image/svg+xml', 'image/svg+xml', 'none', 'image/svg+xml'],
    ['image/png; charset=utf-8', 'image/png', 'none', 'image/png'],
    ['multipart/form-data; boundary=x', 'multipart/form-data; boundary=x', 'none', 'multipart/form-data; boundary=x'],
    ['application/octet-stream', 'application/octet-stream', 'none', 'application/octet-stream'],
    ['application/x-gzip; charset=utf-8', 'application/x-gzip', 'none', 'application/x-gzip'],
    ['text/javascript', 'text/javascript', 'none', 'text/javascript'],
    ['text/javascript; charset=utf-8', 'text/javascript', 'open', 'text/javascript; charset=UTF-8'],
    ['text/css; a=1; b="x;y"', 'text/css; a=1; b="x;y"', 'open', 'text/css; a=1; b="x;y"; charset=UTF-8'],
  ];
  test.each(types)('%s is %s, with charset %s, sent as %s', (text, value, charset, sent) => {
    const type = parseMediaType(text);
    expect(type).toEqual({ value, charset });
    expect(type && contentTypeOf(type)).toBe(sent);
  });

  test.each(['', 'xyzbar', 'text/', '/html', 'text/html;', 'text/html; charset', 'a b/c', 'text/html, text/plain'])(
    'is none: %p',
    (text) => {
      expect(parseMediaType(text)).toBeUndefined();
    },
  );

  test('is read in time that grows with its length alone', () => {
    const began = performance.now();
    expect(parseMediaType(`text/html${'; a=b'.repeat(20_000)} ;`)).toBeUndefined();
    expect(parseMediaType(`text/html; a="${'\\'.repeat(100_000)}`)).toBeUndefined();
    expect(parseMediaType(`text/html${' '.repeat(100_000)}x`)).toBeUndefined();
    expect(performance.now() - began).toBeLessThan(1000);
  });

  const family: [string, boolean][] = [
    ['application/json', true],
    ['application/json; charset=utf-8', true],
    ['application/hal+json', true],
    ['application/ld+json; profile=x', false],
    ['text/html', false],
  ];
  test.each(family)('%s is of the JSON family: %p', (text, is) => {
    const type = parseMediaType(text);
    expect(type && isJsonFamily(type)).toBe(is);
  });
});
