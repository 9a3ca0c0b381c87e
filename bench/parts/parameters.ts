import { BoundParameters } from '../../src/entities/parameters.ts';
import type { Part } from './part.ts';

const value = { name: 'Whisklet', list: [1, 2, 3] };
const payload = { text: JSON.stringify(value), keys: Object.keys(value) };
const three = ['greeting', 'place', 'name'].map((key) => ({ key, value: key }));
const none = new BoundParameters([], []);
const bound = new BoundParameters(three, []);
const final = new BoundParameters([{ key: 'fixed', value: 1 }], [{ key: 'final', value: true }]);

/** The caller's payload over the action's parameters. */
export const parameters: Part = {
  name: 'parameters',
  prepare: () => ({
    tasks: [
      { name: 'merge into none', batch: 1000, run: () => none.merge(payload) },
      { name: 'merge into three', batch: 100, run: () => bound.merge(payload) },
      { name: 'merge into final ones', batch: 100, run: () => final.merge(payload) },
      { name: 'bind three, once an action', batch: 100, run: () => new BoundParameters(three, []) },
    ],
  }),
};
