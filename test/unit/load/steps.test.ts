import { expect, test } from 'bun:test';
import { StepMeans, stepsOfRecord } from '../../../src/load/steps.ts';

const record = (duration: number, annotations: readonly { key: string; value: unknown }[]) =>
  stepsOfRecord({ activationId: 'a', duration, annotations, logs: [], response: { result: {}, status: 'success' } });

test('a record tells what was waited, and init apart from the run', () => {
  const annotations = [
    { key: 'waitTime', value: 7 },
    { key: 'initTime', value: 20 },
    { key: 'kind', value: 'nodejs:20' },
  ];
  expect(record(25, annotations)).toEqual({ wait: 7, init: 20, run: 5 });
  expect(record(3, [])).toEqual({ wait: 0, init: 0, run: 3 });
});

test('steps that are longer together than the call leave nothing for the rest', () => {
  const means = new StepMeans();
  expect(means.means).toBeUndefined();
  means.add({ wait: 1, run: 1 }, 1.5);
  expect(means.means).toEqual({ wait: 1, run: 1, other: 0 });
});

test('stand in the order in which they are taken, whichever came to be known first', () => {
  const means = new StepMeans();
  means.add({ wait: 1, run: 1, store: 1, total: 1 }, 4);
  means.add({ auth: 1, wait: 1, init: 1, run: 1, store: 1 }, 5);
  expect(Object.keys(means.means ?? {})).toEqual(['auth', 'wait', 'init', 'run', 'store', 'total', 'other']);
});
