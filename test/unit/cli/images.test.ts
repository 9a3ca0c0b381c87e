import { describe, expect, test } from 'bun:test';
import { UsageError } from '../../../src/cli/commands.ts';
import { parseImages } from '../../../src/cli/images.ts';

const common = [{ name: 'data-dir' }];
const parse = (line: string) => parseImages(line.split(' '), common);

describe('images build', () => {
  test('takes kinds, base images and settings', () => {
    const { kinds, bases, flags } = parse('build python:3 --base python=debian:12 --data-dir /srv');
    expect(kinds).toEqual(['python:3']);
    expect(bases).toEqual(new Map([['python', 'debian:12']]));
    expect(flags.get('data-dir')).toEqual(['/srv']);
  });

  test('without kinds means all of them', () => {
    expect(parse('build').kinds).toEqual([]);
    expect(parse('build').bases.size).toBe(0);
  });

  test.each([
    ['make', "unknown command 'images make'"],
    ['build --bsae python=x', "unknown option '--bsae'; did you mean '--base'?"],
    ['build --base debian:12', "--base: 'debian:12' is not family=image"],
  ])('%s is refused: %s', (line, sentence) => {
    expect(() => parse(line)).toThrow(UsageError);
    expect(() => parse(line)).toThrow(sentence);
  });
});
