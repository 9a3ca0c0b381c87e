import { describe, expect, test } from 'bun:test';
import { readFlags } from '../../../src/cli/flags.ts';

const flags = [
  { name: 'port', short: 'p' },
  { name: 'host', many: true },
  { name: 'clean', alone: true },
];

describe('a command line', () => {
  test('has options in every spelling, and words', () => {
    const { values, positionals, problems } = readFlags(
      ['a', '--port=1', 'b', '--clean', '--host', 'x', '--', '-c'],
      flags,
    );
    expect([...values]).toEqual([
      ['port', ['1']],
      ['clean', [true]],
      ['host', ['x']],
    ]);
    expect(positionals).toEqual(['a', 'b', '-c']);
    expect(problems).toEqual([]);
  });

  test('takes the last of an option given twice, and all of one that may be repeated', () => {
    const { values } = readFlags(['-p', '1', '--port', '2', '--host', 'a', '--host', 'b'], flags);
    expect(values.get('port')).toEqual(['2']);
    expect(values.get('host')).toEqual(['a', 'b']);
  });

  test('may have a negative number or a single dash as a value', () => {
    expect(readFlags(['--port', '-1'], flags).values.get('port')).toEqual(['-1']);
    expect(readFlags(['--port', '-'], flags).values.get('port')).toEqual(['-']);
  });

  test('has all its problems named', () => {
    const { problems, positionals } = readFlags(['--prot', '1', '--host', '--clean', '-z', 'word', '--port'], flags);
    expect(problems).toEqual([
      "unknown option '--prot'; did you mean '--port'?",
      '--host needs a value',
      "unknown option '-z'",
      '--port needs a value',
    ]);
    expect(positionals).toEqual([]);
  });
});
