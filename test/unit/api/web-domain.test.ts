import { describe, expect, test } from 'bun:test';
import { onWebHost } from '../../../src/api/web/domain.ts';

const at = (url: string) => onWebHost(url, 'example.com');

describe('a host of its own for a namespace (WEB-20)', () => {
  const moved: [string, string][] = [
    ['http://guest.example.com/', '/api/v1/web/guest/public/index.html'],
    ['http://guest.example.com/?a=b', '/api/v1/web/guest/public/index.html?a=b'],
    ['http://guest.example.com:3233/tools/hello', '/api/v1/web/guest/tools/hello'],
    ['https://Guest.Example.Com/tools/hello.json/x?y=%20', '/api/v1/web/guest/tools/hello.json/x?y=%20'],
    ['http://guest.example.com/tools/', '/api/v1/web/guest/tools/index.html'],
    ['http://guest.example.com/api/v1/namespaces', '/api/v1/web/guest/api/v1/namespaces'],
    ['http://guest.example.com//other.example/', '/api/v1/web/guest//other.example/'],
  ];
  test.each(moved)('%s is %s', (url, path) => {
    expect(at(url)).toEqual({ path });
  });

  test('of a package alone is redirected to the same with a slash', () => {
    expect(at('http://guest.example.com/tools?a=b')).toEqual({ redirect: '/tools/?a=b' });
  });

  test.each([
    'http://example.com/tools/hello',
    'http://127.0.0.1:3233/tools/hello',
    'http://a.b.example.com/',
    'http://guest.example.com.evil.org/',
    'http://guestexample.com/',
    'http://a_b.example.com/',
  ])('is none: %s', (url) => {
    expect(at(url)).toBeUndefined();
  });
});
