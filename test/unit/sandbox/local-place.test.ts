import { expect, test } from 'bun:test';
import { endOf } from '../../../src/sandbox/local/place.ts';

test('a code is a code', () => {
  expect(endOf({ exitCode: 7, signalCode: null })).toEqual({ code: 7, signal: null });
  expect(endOf({ exitCode: 0, signalCode: null })).toEqual({ code: 0, signal: null });
});

test('a signal that ended the first process is told', () => {
  expect(endOf({ exitCode: null, signalCode: 'SIGKILL' })).toEqual({ code: null, signal: 'SIGKILL' });
});

test('128 and a signal is how the processes between tell of one', () => {
  expect(endOf({ exitCode: 137, signalCode: null })).toEqual({ code: null, signal: 'SIGKILL' });
  expect(endOf({ exitCode: 139, signalCode: null })).toEqual({ code: null, signal: 'SIGSEGV' });
});

test('codes above 128 that are no signal stay codes', () => {
  expect(endOf({ exitCode: 255, signalCode: null })).toEqual({ code: 255, signal: null });
  expect(endOf({ exitCode: 128, signalCode: null })).toEqual({ code: 128, signal: null });
});
