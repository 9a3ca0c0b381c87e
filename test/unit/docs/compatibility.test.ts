import { expect, test } from 'bun:test';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const root = join(import.meta.dir, '../../..');
const page = readFileSync(join(root, 'docs/compatibility.md'), 'utf8');

test('docs/compatibility.md names only tests that there are', () => {
  const named = [...page.matchAll(/\b(?:unit|contract|system|regress)\/[\w/-]+/g)].map(([path]) => path);
  expect(named.length).toBeGreaterThan(50);
  const isThere = (path: string) => ['.ts', '.test.ts'].some((end) => existsSync(join(root, 'test', path + end)));
  expect(named.filter((path) => !isThere(path))).toEqual([]);
});

test('docs/compatibility.md has each row that this part is held to', () => {
  const count: Readonly<Record<string, number>> = {
    REST: 16,
    LIST: 6,
    ERR: 18,
    ENT: 15,
    ACT: 18,
    AVN: 15,
    LIM: 20,
    PROT: 9,
  };
  const elsewhere = new Set([
    'REST-08',
    'ERR-13',
    'ERR-15',
    'ERR-16',
    'ERR-19',
    'ENT-03',
    'ENT-04',
    'ENT-09',
    'ENT-10',
    'ENT-11',
  ]);
  for (const each of ['ACT-05', 'ACT-06', 'AVN-08', 'AVN-14', 'LIM-07', 'LIM-11']) elsewhere.add(each);
  const wanted = Object.entries(count)
    .flatMap(([group, last]) => Array.from({ length: last }, (_, index) => rowName(group, index + 1)))
    .filter((row) => !elsewhere.has(row));
  const there = rowsIn(page);
  expect(wanted.filter((row) => !there.has(row))).toEqual([]);
});

function rowName(group: string, number: number): string {
  return `${group}-${String(number).padStart(2, '0')}`;
}

/** `AVN-01…07, 09` names eight rows. */
function rowsIn(text: string): Set<string> {
  const rows = new Set<string>();
  for (const [, group = '', list = ''] of text.matchAll(/\b([A-Z]+)-((?:\d\d(?:…|, )?)+)/g)) {
    for (const part of list.split(', ').filter(Boolean)) {
      const [first = 0, last = first] = part.split('…').filter(Boolean).map(Number);
      for (let number = first; number <= last; number++) rows.add(rowName(group, number));
    }
  }
  return rows;
}
