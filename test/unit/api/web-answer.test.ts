import { describe, expect, test } from 'bun:test';
import type { Exact } from '../../../src/api/exact-json.ts';
import { webAnswer } from '../../../src/api/web/answer.ts';
import type { Extension } from '../../../src/api/web/path.ts';
import { Refusal } from '../../../src/model/refusal.ts';

/** `[status, content type, body as text]`, or `[status, sentence]` when it is refused. */
function shown(extension: Extension, result: Exact) {
  try {
    const { status, contentType, body } = webAnswer(extension, result);
    return [status, contentType, body?.toString()];
  } catch (error) {
    if (error instanceof Refusal) return [error.status, error.message];
    throw error;
  }
}

const http = (result: Exact) => shown('http', result);
const NO_HTTP = [400, "Response is not valid 'message/http'."];
const MISMATCH = [400, 'Response type in header did not match generated content type.'];
const HTML = 'text/html; charset=UTF-8';
const PLAIN = 'text/plain; charset=UTF-8';
const JSON_TYPE = 'application/json';

describe('.json (WEB-09)', () => {
  test('is the whole result, an object or an array', () => {
    expect(shown('json', { b: 1, a: [2] })).toEqual([200, JSON_TYPE, '{\n  "a": [2],\n  "b": 1\n}']);
    expect(shown('json', [1, 2])).toEqual([200, JSON_TYPE, '[1, 2]']);
  });

  test.each([['x'], [1], [true], [null]])('refuses %p', (result) => {
    expect(shown('json', result)).toEqual([400, "Response is not valid 'application/json'."]);
  });

  test('refuses what nests too deep to be printed, without a fault', () => {
    const deep = JSON.parse('['.repeat(200_000) + ']'.repeat(200_000)) as Exact;
    expect(shown('json', deep)).toEqual([400, 'There was an error processing your request.']);
  });
});

describe('.html and .svg (WEB-10)', () => {
  test('are the field body, or html and svg, or a string', () => {
    expect(shown('html', { html: '<b>' })).toEqual([200, HTML, '<b>']);
    expect(shown('html', { html: 'no', body: 'yes' })).toEqual([200, HTML, 'yes']);
    expect(shown('html', 'text')).toEqual([200, HTML, 'text']);
    expect(shown('svg', { svg: '<svg/>' })).toEqual([200, 'image/svg+xml', '<svg/>']);
  });

  test.each([[{}], [{ html: 1 }], [{ body: null, html: 'x' }], [[]], [3]])('refuse %p', (result) => {
    expect(shown('html', result as Exact)).toEqual([400, "Response is not valid 'text/html'."]);
    expect(shown('svg', result as Exact)).toEqual([400, "Response is not valid 'image/svg+xml'."]);
  });
});

describe('.text (WEB-11)', () => {
  const texts: [Exact, string][] = [
    [{ text: 'a' }, 'a'],
    [{ body: 'b', text: 'a' }, 'b'],
    [{ body: { b: 1 } }, '{\n  "b": 1\n}'],
    [{ body: [1, 'x'] }, '[1, "x"]'],
    [{ body: true }, 'true'],
    [{ body: 1 }, '1'],
    [{ body: 12345678901234567890n }, '12345678901234567890'],
    [{ body: null }, 'null'],
    [{ body: '' }, ''],
    ['all', 'all'],
    [[1, 2], '[1, 2]'],
  ];
  test.each(texts)('of %p is %p', (result, text) => {
    expect(shown('text', result)).toEqual([200, PLAIN, text]);
  });

  test('is 404 without the field', () => {
    expect(shown('text', { html: 'x' })).toEqual([404, 'Response does not include requested property.']);
  });
});

describe('.http (WEB-08): status', () => {
  const statuses: [Exact, number][] = [
    [{ body: 'x' }, 200],
    [{}, 204],
    [{ body: '' }, 204],
    [{ body: null }, 204],
    [{ statusCode: 200 }, 200],
    [{ statusCode: 201, body: 'x' }, 201],
    [{ statusCode: '404' }, 404],
    [{ statusCode: '+302' }, 302],
    [{ statusCode: 444 }, 444],
    [{ statusCode: 599 }, 599],
  ];
  test.each(statuses)('of %p is %p', (result, status) => {
    expect(http(result)[0]).toBe(status);
  });

  test.each([
    ['xyz'],
    [99],
    [100],
    [101],
    [199],
    [600],
    [200.5],
    ['200.0'],
    [''],
    [true],
    [null],
    [[200]],
    [2n ** 70n],
  ])('is none: %p', (statusCode) => {
    expect(http({ statusCode: statusCode as Exact })).toEqual(NO_HTTP);
  });

  test.each([['text'], [[1]], [3], [null]])('refuses a result that is no object: %p', (result) => {
    expect(http(result)).toEqual(NO_HTTP);
  });
});

describe('.http (WEB-08): body', () => {
  const withType = (type: string, body: Exact) => http({ headers: { 'Content-Type': type }, body });

  test('is HTML when it is a string, JSON when it is something else (TRAP-15)', () => {
    expect(http({ body: 'hi <b>' })).toEqual([200, HTML, 'hi <b>']);
    expect(http({ body: '{"a":1}' })).toEqual([200, HTML, '{"a":1}']);
    expect(http({ body: { a: 1 } })).toEqual([200, JSON_TYPE, '{\n  "a": 1\n}']);
    expect(http({ body: [1] })).toEqual([200, JSON_TYPE, '[1]']);
    expect(http({ body: 3 })).toEqual([200, JSON_TYPE, '3']);
    expect(http({ body: false })).toEqual([200, JSON_TYPE, 'false']);
    expect(http({ body: 0 })).toEqual([200, JSON_TYPE, '0']);
  });

  test('has the type that the headers say, by whatever case; the first of several', () => {
    expect(withType('text/plain', 'x')).toEqual([200, PLAIN, 'x']);
    expect(http({ headers: { 'CONTENT-TYPE': ['text/css', 'text/html'] }, body: 'x' })).toEqual([
      200,
      'text/css; charset=UTF-8',
      'x',
    ]);
  });

  test('of JSON types may be a string or a value', () => {
    expect(withType('application/json', { a: 1 })).toEqual([200, JSON_TYPE, '{\n  "a": 1\n}']);
    expect(withType('application/hal+json', { a: 1 })).toEqual([200, 'application/hal+json', '{\n  "a": 1\n}']);
    expect(withType('application/json', 'hello world')).toEqual([200, JSON_TYPE, 'hello world']);
    expect(withType('application/json', '{"a":1}')).toEqual([200, JSON_TYPE, '{"a":1}']);
  });

  test('of JSON types is decoded from base64, but not when it is JSON as it stands', () => {
    expect(withType('application/json', btoa('{"a":1}'))).toEqual([200, JSON_TYPE, '{"a":1}']);
    expect(withType('application/json-patch+json', ` ${btoa('[]')} `)[2]).toBe('[]');
    expect(withType('application/json', '1234')[2]).toBe('1234');
    expect(withType('application/json', 'true')[2]).toBe('true');
  });

  test('of binary types is decoded from base64, with padding or without', () => {
    expect(withType('image/png', btoa('\x89PNG'))[2]).toBe(Buffer.from('\x89PNG', 'latin1').toString());
    expect(withType('application/x-anything', 'YQ')).toEqual([200, 'application/x-anything', 'a']);
    expect(withType('image/svg+xml', 'YWI=')).toEqual([200, 'image/svg+xml', 'ab']);
  });

  test.each([['<svg/>'], ['a'], ['YQ='], ['YQ==='], ['YW Jj'], ['YWJj\n'], ['é']])(
    'of binary types is no %p',
    (body) => {
      expect(withType('image/png', body)).toEqual(MISMATCH);
    },
  );

  test('that is a value with another type than JSON does not match', () => {
    expect(withType('text/html', { a: 1 })).toEqual(MISMATCH);
    expect(withType('image/png', [1])).toEqual(MISMATCH);
    expect(withType('no type', { a: 1 })).toEqual(MISMATCH);
  });

  test('that is a string with a type that is none is refused', () => {
    expect(withType('xyzbar', 'x')).toEqual([400, 'Response did not specify a known content-type.']);
  });

  test('may be large', () => {
    const body = 'A'.repeat(1_000_000);
    const began = performance.now();
    expect((webAnswer('http', { headers: { 'content-type': 'image/png' }, body }).body as Buffer).length).toBe(750_000);
    expect(withType('image/png', `${body.slice(1)}!`)).toEqual(MISMATCH);
    expect(performance.now() - began).toBeLessThan(500);
  });
});

describe('.http (WEB-08): headers', () => {
  const headersOf = (headers: Exact) => [...(webAnswer('http', { headers, body: 'x' }).headers ?? [])];

  test('are strings, numbers, booleans, and arrays of them', () => {
    expect(headersOf({ 'X-A': 'b', 'x-n': 1, 'x-t': true, 'Set-Cookie': ['a=1', ['b=2; Path=/', 3]] })).toEqual([
      ['x-a', 'b'],
      ['x-n', '1'],
      ['x-t', 'true'],
      ['set-cookie', 'a=1'],
      ['set-cookie', 'b=2; Path=/'],
      ['set-cookie', '3'],
    ]);
  });

  test('that speak for the server and its connection are left out', () => {
    const own = {
      'Content-Length': 1,
      'transfer-encoding': 'chunked',
      Date: 'x',
      Server: 'y',
      Connection: 'close',
      'X-Request-Id': 'z',
    };
    expect(headersOf({ ...own, 'content-type': 'text/plain', location: '/x' })).toEqual([['location', '/x']]);
  });

  test('of an answer without a body have no type', () => {
    expect(http({ headers: { 'content-type': 'application/json', location: '/x' }, statusCode: 302 })).toEqual([
      302,
      undefined,
      undefined,
    ]);
  });

  const broken: [Exact][] = [
    ['x'],
    [[]],
    [null],
    [{ a: null }],
    [{ a: { b: 1 } }],
    [{ a: [null] }],
    [{ 'a b': 'c' }],
    [{ '': 'c' }],
    [{ a: 'b\r\nSet-Cookie: c=d' }],
    [{ a: '\u{1F600}' }],
  ];
  test.each(broken)('are refused, not sent: %p', (headers) => {
    expect(http({ headers, body: 'x' })).toEqual(NO_HTTP);
  });
});
