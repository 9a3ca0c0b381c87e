import { describe, expect, test } from 'bun:test';
import { UsageError } from '../../../src/cli/commands.ts';
import { parseDb } from '../../../src/cli/db.ts';

const common = [{ name: 'couchdb' }, { name: 'data-dir' }];
const parse = (line: string) => parseDb(line.split(' '), common);

describe('whisklet db', () => {
  test('understands its commands, and leaves settings to others', () => {
    expect(parse('init').command).toEqual({ do: 'init' });
    expect(parse('check --data-dir /d').flags.get('data-dir')).toEqual(['/d']);
    expect(parse('export all.ndjson').command).toEqual({ do: 'export', file: 'all.ndjson', withRecords: true });
    expect(parse('export f --without-records').command).toEqual({ do: 'export', file: 'f', withRecords: false });
    expect(parse('import f --overwrite --couchdb http://x').command).toEqual({
      do: 'import',
      file: 'f',
      overwrite: true,
    });
    expect(parse('migrate couchdb').command).toEqual({
      do: 'migrate',
      to: 'couchdb',
      withRecords: true,
      overwrite: false,
    });
    expect(parse('migrate folder').command).toMatchObject({ to: 'folder' });
  });

  test.each([
    ['drop', "unknown command 'db drop'. See whisklet db --help"],
    ['export', 'db export: FILE is missing'],
    ['init f', "db init: unexpected 'f'"],
    ['import a b', "db import: unexpected 'b'"],
    ['migrate elsewhere', "db migrate: 'elsewhere' is not one of 'couchdb', 'folder'"],
  ])('refuses %p', (line, sentence) => {
    expect(() => parse(line)).toThrow(new UsageError(sentence));
  });

  test('refuses an option of another of its commands', () => {
    expect(() => parse('check --overwrite')).toThrow('overwrite');
  });
});
