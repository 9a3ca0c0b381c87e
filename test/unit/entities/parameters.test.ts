import { describe, expect, test } from 'bun:test';
import { BoundParameters } from '../../../src/entities/parameters.ts';
import { payloadOf } from '../../util/invocation.ts';

const final = [{ key: 'final', value: true }];
const listed = (values: object) => Object.entries(values).map(([key, value]) => ({ key, value }));

describe('the arguments of a part of a sequence', () => {
  test.each([
    ['an object', '{"x":1}', '{"p":1,"x":1}'],
    ['an object that overrides', '{"p":2}', '{"p":2}'],
    ['an empty object', '{}', '{"p":1}'],
    ['an array', '[1]', '[1]'],
  ])('are %s over the parameters', (_what, result, args) => {
    expect(new BoundParameters(listed({ p: 1 }), []).mergeResult(result)).toBe(args);
  });

  test('are the result in its own words where there are none', () => {
    expect(new BoundParameters([], final).mergeResult('{ "n": 1.0 }')).toBe('{ "n": 1.0 }');
  });

  test('keep final parameters that have a value', () => {
    const bound = new BoundParameters(listed({ fixed: 1, open: null }), final);
    expect(bound.mergeResult('{"fixed":2,"open":3,"x":4}')).toBe('{"fixed":1,"open":3,"x":4}');
  });
});

describe('a sequence', () => {
  test('has no parameters to give, but may forbid to be called with them', () => {
    const bound = new BoundParameters(listed({ _actions: ['/guest/a'] }), final, true);
    expect(bound.merge(payloadOf({ x: 1 }))).toBe('{"x":1}');
    expect(() => bound.merge(payloadOf({ _actions: 1 }))).toThrow('not allowed');
  });
});
