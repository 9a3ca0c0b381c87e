import { expect, test } from 'bun:test';
import { readCompareOptions } from '../../../bench/compare-options.ts';
import { comparisonOf } from '../../../bench/report/comparison.ts';

const compared = { id: 'a', title: 'warm call', unit: 'µs', better: 'lower' } as const;

test('a comparison says what became better or worse, and what is noise', () => {
  const text = comparisonOf(
    [
      { ...compared, here: [50, 52], there: [100, 104], ratio: 0.5, probability: 0.01, isReal: true },
      {
        ...compared,
        title: 'throughput',
        better: 'higher',
        here: [1],
        there: [2],
        ratio: 0.5,
        probability: 0.02,
        isReal: true,
      },
      { ...compared, title: 'start', here: [101], there: [100], ratio: 1.01, probability: 1, isReal: false },
    ],
    'HEAD^ (abc)',
  );
  expect(text).toMatch(/^warm call +102 µs \(100–104\) +51\.0 µs \(50\.0–52\.0\) +−50\.0 % +0\.010 +better$/m);
  expect(text).toMatch(/^throughput .* −50\.0 % +0\.020 +WORSE$/m);
  expect(text).toMatch(/^start .* \+1\.0 % +1\.000 +noise$/m);
});

test('a command line of bench:compare names the commit and what is measured', () => {
  expect(readCompareOptions([])).toEqual({
    ...{ ref: undefined, rounds: 7, only: ['warm', 'prewarmed', 'throughput'], sandbox: 'local', json: undefined },
    help: false,
  });
  const args = ['main', '--only', 'warm, start', '--rounds', '5', '--sandbox', 'docker'];
  expect(readCompareOptions(args)).toMatchObject({
    ...{ ref: 'main', rounds: 5, only: ['warm', 'start'], sandbox: 'docker' },
  });
  expect(() => readCompareOptions(['a', 'b'])).toThrow("unexpected 'b'");
  expect(() => readCompareOptions(['--rounds', '3'])).toThrow('from 4 up');
  expect(() => readCompareOptions(['--sandbox', 'vm'])).toThrow("no sandbox 'vm'");
  expect(() => readCompareOptions(['--nonsense'])).toThrow('nonsense');
});
