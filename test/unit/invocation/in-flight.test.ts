import { expect, test } from 'bun:test';
import { InFlight } from '../../../src/invocation/in-flight.ts';
import { TestInvocation } from '../../util/invocation.ts';

const LONG_MS = 60_000;

test('nothing under way is not waited for', async () => {
  await new InFlight().drain(LONG_MS);
});

test('what is under way is waited for, all of it', async () => {
  const inFlight = new InFlight();
  const [first, second] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  inFlight.add(first.promise);
  inFlight.add(second.promise);
  let isDrained = false;
  const drained = inFlight.drain(LONG_MS).then(() => {
    isDrained = true;
  });
  first.resolve();
  await first.promise;
  await Promise.resolve();
  expect(isDrained).toBe(false);
  second.resolve();
  await drained;
  expect(isDrained).toBe(true);
});

test('but not for longer than the limit', async () => {
  const inFlight = new InFlight();
  inFlight.add(new Promise(() => undefined));
  await inFlight.drain(0);
});

test('a sequence is under way until its last component has ended, also between two of them', async () => {
  const room = new TestInvocation();
  for (const name of ['a', 'b']) await room.action(`guest/${name}`);
  await room.sequence('guest/s', ['guest/a', 'guest/b']);
  const { activationId } = await room.begin('guest/s');
  await room.invocation.drain(LONG_MS);
  expect(room.record(activationId).logs).toHaveLength(2);
});
