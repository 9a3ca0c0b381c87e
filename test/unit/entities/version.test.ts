import { expect, test } from 'bun:test';
import { nextVersion, parseVersion } from '../../../src/entities/version.ts';

test.each([
  ['1.2.3', '1.2.3'],
  ['1.0', '1.0.0'],
  ['2', '2.0.0'],
  ['0.0.1', '0.0.1'],
  ['1.2.3.4', '1.2.3'],
  ['0.0.0', undefined],
  ['', undefined],
  ['a.b.c', undefined],
  ['-1.0.0', undefined],
  ['01.02.003.', '1.2.3'],
  ['1.', '1.0.0'],
  ['1.2147483647', '1.2147483647.0'],
  ['1.2147483648', undefined],
  ['1e2', undefined],
  ['0x10', undefined],
  [' 1', undefined],
  ['.1', undefined],
  ['.', undefined],
  ['1..2', undefined],
])('%p is read as %p (ENT-05)', (text, version) => {
  expect(parseVersion(text)).toBe(version);
});

test('an update counts the patch', () => {
  expect(nextVersion('1.2.9')).toBe('1.2.10');
});
