import { describe, expect, test } from 'bun:test';
import { nearest } from '../../../src/cli/nearest.ts';

describe('the nearest name', () => {
  test.each([
    ['--prot', '--port'],
    ['--data_dir', '--data-dir'],
    ['--Port', '--port'],
    ['--datadir', '--data-dir'],
  ])('of %s is %s', (name, expected) => {
    expect(nearest(name, ['--port', '--host', '--data-dir'])).toBe(expected);
  });

  test('is none when nothing is near', () => {
    expect(nearest('--kubernetes', ['--port', '--host', '--data-dir'])).toBeUndefined();
    expect(nearest('x', [])).toBeUndefined();
  });
});
