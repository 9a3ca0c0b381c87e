import { expect, test } from 'bun:test';
import { mayMove, type State, states } from '../../../src/invoker/states.ts';

test('the life of a container can be walked from its start to its end', () => {
  const life: State[] = [
    'starting',
    'prewarmed',
    'initializing',
    'busy',
    'ready',
    'busy',
    'ready',
    'pausing',
    'paused',
  ];
  life.push('resuming', 'busy', 'closing', 'gone');
  for (let n = 1; n < life.length; n++) {
    expect([life[n - 1], life[n], mayMove(life[n - 1] as State, life[n] as State)]).toEqual([
      life[n - 1],
      life[n],
      true,
    ]);
  }
});

test('every state may close but the one that is gone, and nothing leaves that', () => {
  for (const state of states) {
    if (state !== 'closing' && state !== 'gone') expect(mayMove(state, 'closing')).toBe(true);
    expect(mayMove('gone', state)).toBe(false);
  }
});

test('a stem cell cannot serve without being initialized, and nobody is initialized twice', () => {
  expect(mayMove('prewarmed', 'busy')).toBe(false);
  expect(mayMove('ready', 'initializing')).toBe(false);
  expect(mayMove('busy', 'initializing')).toBe(false);
});
