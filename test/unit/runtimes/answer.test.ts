import { describe, expect, test } from 'bun:test';
import { failureFrame, rejectionFrame, resultFrame } from '../../../runtimes/javascript/answer.ts';

describe('the answer of an action', () => {
  test('is its result as JSON text', () => {
    expect(resultFrame('a', { n: 1 }, 100)).toEqual({ type: 'result', id: 'a', value: '{"n":1}' });
    expect(resultFrame('a', [1], 100)).toEqual({ type: 'result', id: 'a', value: '[1]' });
    expect(resultFrame('a', undefined, 100)).toEqual({ type: 'result', id: 'a', value: '{}' });
    expect(resultFrame('a', null, 100)).toEqual({ type: 'result', id: 'a', value: 'null' });
  });

  test('is a failure when it is no object', () => {
    for (const value of [5, 'text', true, () => 1, Symbol('s'), 1n, { toJSON: () => undefined }]) {
      expect(resultFrame('a', value, 100)).toEqual({
        type: 'failure',
        id: 'a',
        error: 'The action did not return a dictionary.',
      });
    }
  });

  test('may be exactly as long as allowed, and is cut when it is longer', () => {
    expect(resultFrame('a', { n: 1 }, 7)).toEqual({ type: 'result', id: 'a', value: '{"n":1}' });
    expect(resultFrame('a', { n: 1 }, 6)).toEqual({ type: 'result', id: 'a', value: '{"n":1', size: 7 });
  });

  test('is cut between two characters', () => {
    expect(resultFrame('a', { '☃': 1 }, 4)).toMatchObject({ value: '{"', size: 9 });
    expect(resultFrame('a', { '☃': 1 }, 5)).toMatchObject({ value: '{"☃', size: 9 });
  });

  test('has the reason of a rejection as its error', () => {
    expect(rejectionFrame('a', { e: 1 }, 100)).toEqual({ type: 'result', id: 'a', value: '{"error":{"e":1}}' });
    expect(rejectionFrame('a', undefined, 100)).toEqual({ type: 'result', id: 'a', value: '{"error":{}}' });
    const circular: Record<string, unknown> = {};
    circular.self = circular;
    expect(rejectionFrame('a', circular, 100)).toMatchObject({ value: '{"error":{"self":"[Circular]"}}' });
  });

  test('never has a longer sentence than a result may be', () => {
    expect(failureFrame('a', '☃☃', 4)).toEqual({ type: 'failure', id: 'a', error: '☃' });
  });
});
