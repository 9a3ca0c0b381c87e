import { describe, expect, test } from 'bun:test';
import { webTarget } from '../../../src/api/web/path.ts';

const at = (path: string) => webTarget(`/api/v1/web/${path}`);

describe('a web path (WEB-01)', () => {
  test('names namespace, package, action, extension, rest and query', () => {
    expect(at('guest/tools/hello.json/a/b%20c?x=1&y')).toEqual({
      name: { namespace: 'guest', package: 'tools', name: 'hello' },
      extension: 'json',
      rest: '/a/b%20c',
      query: 'x=1&y',
    });
  });

  test('knows the default package, and .http without an extension', () => {
    expect(at('guest/default/hello')).toEqual({
      name: { namespace: 'guest', name: 'hello' },
      extension: 'http',
      rest: '',
      query: '',
    });
  });

  const extended: [string, string, string][] = [
    ['a.http', 'a', 'http'],
    ['a.html', 'a', 'html'],
    ['a.svg', 'a', 'svg'],
    ['a.text', 'a', 'text'],
    ['a.txt', 'a.txt', 'http'],
    ['a.b.json', 'a.b', 'json'],
    ['a.json.nope', 'a.json.nope', 'http'],
    ['json', 'json', 'http'],
  ];
  test.each(extended)('%s is the action %s with the extension %s', (segment, name, extension) => {
    const target = at(`guest/default/${segment}`);
    expect([target?.name.name, target?.extension as string]).toEqual([name, extension]);
  });

  test('may end in a slash, and has names with blanks and letters of all scripts', () => {
    expect(at('guest/default/hello/')?.rest).toBe('/');
    expect(at('me@example.com/my%20tools/gr%C3%BC%C3%9Fe')?.name).toEqual({
      namespace: 'me@example.com',
      package: 'my tools',
      name: 'grüße',
    });
  });

  const none = ['', 'guest', 'guest/', 'guest/default', 'guest/default/', 'guest//a', 'guest/default/.json'];
  const illegal = ['guest/default/a%2Fb', 'guest/default/%zz', 'guest/..%2f/a', `guest/default/${'a'.repeat(257)}`];
  test.each([...none, ...illegal])('names nothing: %p', (path) => {
    expect(at(path)).toBeUndefined();
  });
});
