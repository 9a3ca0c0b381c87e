import { describe, expect, test } from 'bun:test';
import { queryOf } from '../../../src/api/query.ts';

const URL = 'http://localhost/api/v1/namespaces/_/actions/hello';

describe('the query of a URL', () => {
  test('is what stands behind the question mark, decoded', () => {
    expect([...queryOf(`${URL}?blocking=true&name=a%20b+c&name=d`)]).toEqual([
      ['blocking', 'true'],
      ['name', 'a b c'],
      ['name', 'd'],
    ]);
    expect([...queryOf(URL)]).toEqual([]);
    expect([...queryOf(`${URL}?`)]).toEqual([]);
  });

  test('is read once for each text, wherever it is asked for', () => {
    expect(queryOf(`${URL}?result=true`)).toBe(queryOf('http://localhost/other?result=true'));
  });

  test('is not kept when it is long, nor for ever', () => {
    const long = `${URL}?name=${'x'.repeat(300)}`;
    expect(queryOf(long)).not.toBe(queryOf(long));
    const first = queryOf(`${URL}?n=first`);
    for (let n = 0; n < 300; n++) queryOf(`${URL}?n=${n}`);
    expect(queryOf(`${URL}?n=first`)).not.toBe(first);
  });
});
