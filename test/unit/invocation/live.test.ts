import { beforeEach, describe, expect, test } from 'bun:test';
import { type Begun, LiveActivations, type LiveEvent } from '../../../src/invocation/live.ts';
import type { Activation } from '../../../src/model/activation.ts';

const begun = (activationId: string, fields: Partial<Begun> = {}): Begun => ({
  ...{ activationId, namespace: 'guest', subject: 'guest', name: 'a', version: '0.0.1', path: 'guest/a', start: 100 },
  ...fields,
});

const record = (activationId: string, start: number, end: number, namespace = 'guest'): Activation => ({
  ...{ activationId, namespace, name: 'a', version: '0.0.1', subject: 'guest', start, end },
  ...{ response: { status: 'success', result: '{}' }, logs: [], annotations: [] },
});

let live: LiveActivations;
beforeEach(() => {
  live = new LiveActivations();
});

describe('an activation', () => {
  test('is pending from its acceptance to its end, with what it prints', () => {
    live.began(begun('1'));
    expect(live.pending('guest', '1')).toEqual({ ...begun('1'), state: 'waiting', logs: [] });
    live.started('1');
    live.logged('1', 'one');
    live.logged('1', 'two');
    expect(live.pending('guest', '1')).toMatchObject({ state: 'running', logs: ['one', 'two'] });
    live.ended(record('1', 100, 105));
    expect(live.pending('guest', '1')).toBeUndefined();
  });

  test('is pending to its own namespace alone', () => {
    live.began(begun('1'));
    expect(live.pending('other', '1')).toBeUndefined();
  });

  test('that ended hears no lines any more', () => {
    const events: LiveEvent[] = [];
    live.listen('guest', (event) => events.push(event));
    live.logged('gone', 'late');
    live.started('gone');
    expect(events).toEqual([]);
  });
});

describe('what ended since', () => {
  test('is what began before and ended after, or in that very millisecond', () => {
    live.ended(record('long', 50, 150));
    live.ended(record('early', 50, 90));
    live.ended(record('same', 99, 99));
    live.ended(record('later', 100, 160));
    live.ended(record('other', 50, 150, 'other'));
    expect(live.endedSince('guest', 100)).toEqual(['long', 'same']);
  });

  test('goes back thousands of activations, and no further', () => {
    for (let n = 0; n < 5000; n++) live.ended(record(String(n), 1, 200));
    const ids = live.endedSince('guest', 100);
    expect(ids.length).toBe(4096);
    expect(ids).not.toContain('903');
    expect(ids).toContain('904');
  });
});

test('listeners hear of their namespace, in order, until they stop', () => {
  const events: LiveEvent[] = [];
  const stop = live.listen('guest', (event) => events.push(event));
  live.began(begun('1'));
  live.logged('1', 'line');
  live.ended(record('1', 100, 101));
  live.ended(record('2', 100, 101, 'other'));
  stop();
  live.ended(record('3', 100, 101));
  expect(events).toEqual([
    { type: 'log', activationId: '1', name: 'a', line: 'line' },
    { type: 'activation', activation: record('1', 100, 101) },
  ]);
});

test('a listener that throws hears no more, and holds up nobody', () => {
  const heard: string[] = [];
  live.listen('guest', () => {
    heard.push('broken');
    throw new Error('the client is gone');
  });
  live.listen('guest', () => heard.push('well'));
  for (const id of ['1', '2']) live.ended(record(id, 100, 101));
  expect(heard).toEqual(['broken', 'well', 'well']);
});
