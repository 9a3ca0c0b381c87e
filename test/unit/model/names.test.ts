import { describe, expect, test } from 'bun:test';
import { checkName, displayName, entityId, parseFullName, parseName, pathOf } from '../../../src/model/names.ts';

describe('checkName (ENT-01, TRAP-02)', () => {
  test.each(['a', '_', '9', 'a b', 'a@b', 'a&b', 'a.b', 'a-b', 'a-', 'a.', 'über', '名前', 'x'.repeat(256)])(
    'takes %p',
    (name) => {
      expect(checkName(name)).toBe(name);
    },
  );

  test.each(['', ' a', 'a ', '.', '..', '-a', '@a', 'a/b', 'a?b', 'a%b', 'a\u0000b', 'a\nb', '😀', 'a:b', "a'b", '$a'])(
    'refuses %p',
    (name) => {
      expect(() => checkName(name)).toThrow('The name of the entity contains illegal characters.');
    },
  );

  test('refuses more than 256 characters with both numbers', () => {
    expect(() => checkName('x'.repeat(257), 'segment')).toThrow('segment longer than allowed: 257 > 256.');
  });
});

describe('parseName (ENT-02)', () => {
  test.each([
    ['/ns/a', { namespace: 'ns', name: 'a' }],
    ['/ns/p/a', { namespace: 'ns', package: 'p', name: 'a' }],
    ['ns/p/a', { namespace: 'ns', package: 'p', name: 'a' }],
    ['/_/a', { namespace: 'me', name: 'a' }],
    ['/_/p/a', { namespace: 'me', package: 'p', name: 'a' }],
    ['p/a', { namespace: 'me', package: 'p', name: 'a' }],
    ['a', { namespace: 'me', name: 'a' }],
  ])('reads %p', (text, name) => {
    expect(parseName(text, 'me')).toEqual(name);
  });

  test.each(['', '/', '/a', '/ns/', 'a/b/c/d', '//a', '/ns/p/', '../a', '/ns/../a'])('refuses %p', (text) => {
    expect(parseName(text, 'me')).toBeUndefined();
  });
});

describe('parseFullName (ENT-02)', () => {
  test.each([
    ['/ns/a', { namespace: 'ns', name: 'a' }],
    ['ns/a', { namespace: 'ns', name: 'a' }],
    ['_/a', { namespace: 'me', name: 'a' }],
    ['ns/p/a', { namespace: 'ns', package: 'p', name: 'a' }],
    ['/ns//p/a/', { namespace: 'ns', package: 'p', name: 'a' }],
  ])('reads %p', (text, name) => {
    expect(parseFullName(text, 'me')).toEqual(name);
  });

  test.each(['', '/', 'a', '/a', 'a/b/c/d', '/ns/a?'])('refuses %p', (text) => {
    expect(parseFullName(text, 'me')).toBeUndefined();
  });
});

test('names are written as ids, paths and for people', () => {
  const packaged = { namespace: 'ns', package: 'p', name: 'a' };
  expect([entityId(packaged), pathOf(packaged), displayName(packaged)]).toEqual(['ns/p/a', 'ns/p', '/ns/p/a']);
  const bare = { namespace: 'ns', name: 'a' };
  expect([entityId(bare), pathOf(bare), displayName(bare)]).toEqual(['ns/a', 'ns', '/ns/a']);
});
