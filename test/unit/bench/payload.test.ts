import { expect, test } from 'bun:test';
import { rowsOf } from '../../../bench/whole/payload.ts';

test('a large payload is a list of small objects, as long as was asked for and no longer', () => {
  const text = rowsOf(100_000);
  expect(text.length).toBeLessThanOrEqual(100_000);
  expect(text.length).toBeGreaterThan(99_000);
  const { rows } = JSON.parse(text) as { rows: { id: number; tags: string[] }[] };
  expect(rows.length).toBeGreaterThan(500);
  expect(rows[3]).toMatchObject({ id: 3, tags: ['a', 'b'] });
});
