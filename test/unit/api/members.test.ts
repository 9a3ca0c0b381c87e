import { describe, expect, test } from 'bun:test';
import { healthyAnswer, invokersAnswer, invokersReadyAnswer } from '../../../src/api/members.ts';
import type { NodeView } from '../../../src/observe/cluster-view.ts';

const nodes: NodeView[] = [
  { id: 'a', status: 'up' },
  { id: 'b', status: 'draining' },
  { id: 'c', status: 'down' },
  { id: 'd', status: 'unresponsive' },
];

describe('invokers, as OpenWhisk tells of them (EP-05)', () => {
  test('are listed with its words for their states', () => {
    expect(JSON.parse(invokersAnswer(nodes))).toEqual({
      ...{ 'invoker0/a': 'up', 'invoker1/b': 'down', 'invoker2/c': 'down', 'invoker3/d': 'unresponsive' },
    });
  });

  test('are healthy when they take work', () => {
    expect(healthyAnswer(nodes)).toBe('1');
  });

  test('are ready when all of them are healthy', () => {
    expect(invokersReadyAnswer(nodes)).toEqual({ status: 500, body: '{"unhealthy":"3/4"}' });
    expect(invokersReadyAnswer(nodes.slice(0, 1))).toEqual({ status: 200, body: '{"healthy":"1/1"}' });
    expect(invokersReadyAnswer([])).toEqual({ status: 500, body: '{"unhealthy":"0/0"}' });
  });
});
