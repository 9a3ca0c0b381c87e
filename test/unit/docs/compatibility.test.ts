import { describe, expect, test } from 'bun:test';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { allRows, firstRows, rowsIn } from './rows.ts';

const root = join(import.meta.dir, '../../..');
const page = readFileSync(join(root, 'docs/compatibility.md'), 'utf8');

/** A line of the tables below "Row by row". */
interface Line {
  readonly rows: readonly string[];
  readonly stands: string;
  /** Paths below `test/`, without their endings. */
  readonly files: readonly string[];
}

const lines: readonly Line[] = (page.split('\n## Row by row\n')[1] ?? '')
  .split('\n')
  .filter((line) => /^\| [A-Z]{2,4}-\d\d/.test(line))
  .map((line) => {
    const [rows = '', , stands = '', files = ''] = line.slice(2, -2).split(' | ');
    return { rows: rowsIn(rows), stands, files: files === '–' ? [] : files.split(', ') };
  });

const texts = new Map<string, string | undefined>();

/** The text of a test, or undefined where there is none by this name. */
function textOf(file: string): string | undefined {
  if (!texts.has(file)) {
    const path = ['.test.ts', '.ts'].map((end) => join(root, 'test', file + end)).find((each) => existsSync(each));
    texts.set(file, path && readFileSync(path, 'utf8'));
  }
  return texts.get(file);
}

describe('docs/compatibility.md', () => {
  test('says of each row once where it stands', () => {
    expect(allRows.length).toBe(357);
    const said = lines.flatMap(({ rows }) => rows);
    expect(said.filter((row, index) => said.indexOf(row) !== index)).toEqual([]);
    expect(allRows.filter((row) => !said.includes(row))).toEqual([]);
    expect(said.filter((row) => !allRows.includes(row))).toEqual([]);
  });

  test('names only tests that there are', () => {
    const named = [...page.matchAll(/\b(?:unit|contract|system|regress)\/[\w/-]+/g)].map(([path]) => path);
    expect(named.length).toBeGreaterThan(100);
    expect(named.filter((path) => textOf(path) === undefined)).toEqual([]);
  });

  test('names for each row that holds a test which names it', () => {
    const held = lines.filter(({ files }) => files.length > 0);
    const named = (files: readonly string[]) => new Set(files.flatMap((file) => rowsIn(textOf(file) ?? '')));
    const missing = held.flatMap(({ rows, files }) => {
      const there = named(files);
      return rows.filter((row) => !there.has(row)).map((row) => `${row} in ${files.join(', ')}`);
    });
    expect(missing).toEqual([]);
  });

  test('names no test for a row that the test does not name', () => {
    const idle = lines.flatMap(({ rows, files }) =>
      files
        .filter((file) => !rowsIn(textOf(file) ?? '').some((row) => rows.includes(row)))
        .map((file) => [file, ...rows]),
    );
    expect(idle).toEqual([]);
  });

  test('gives a reason for each row that nothing holds', () => {
    const bare = lines.filter(({ files, stands }) => files.length === 0 && stands.length < 20);
    expect(bare.flatMap(({ rows }) => rows)).toEqual([]);
  });

  test('has a test, or says that it differs and why, for each row of first priority', () => {
    const open = lines
      .filter(({ files, stands }) => files.length === 0 && !/^(not here|not here yet|another way): .{20}/.test(stands))
      .flatMap(({ rows }) => rows)
      .filter((row) => firstRows.has(row));
    expect(open).toEqual([]);
  });
});
