import { describe, expect, test } from 'bun:test';
import { messages } from '../../../src/model/messages.ts';
import { identity, TestInvocation } from '../../util/invocation.ts';

describe('a plain action', () => {
  test('becomes one job, in the name of the caller', async () => {
    const room = new TestInvocation();
    await room.action('guest/a', { annotations: { 'provide-api-key': false } });
    const { activationId } = await room.invoke('guest/a', { x: 1 });
    expect(room.jobs).toHaveLength(1);
    expect(room.jobs[0]).toMatchObject({ activationId, transactionId: 'tid', namespace: 'guest', args: '{"x":1}' });
    expect(room.jobs[0]).not.toHaveProperty('apiKey');
    expect(room.record(activationId)).not.toHaveProperty('cause');
  });

  test.each([undefined, true, 'yes'])('gets the key of the caller where it may: %p', async (annotation) => {
    const room = new TestInvocation();
    await room.action('guest/a', {
      annotations: { ...(annotation === undefined ? {} : { 'provide-api-key': annotation }) },
    });
    await room.invoke('guest/a');
    expect(room.jobs[0]?.apiKey).toBe('uuid-of-guest:secret');
  });

  test('that we could not run has a record that says so, and takes no place any more', async () => {
    const room = new TestInvocation();
    await room.action('guest/a');
    room.act = () => Promise.reject(new Error('a fault'));
    const activation = await room.invoke('guest/a');
    expect(activation.response).toEqual({
      status: 'whisk internal error',
      result: JSON.stringify({ error: messages.internalError }),
    });
    expect(room.record(activation.activationId)).toEqual(activation);
    expect(room.said.map(({ text }) => text.split('\n')[0])).toEqual(['Error: a fault']);
    room.throttle.invocation(identity('guest', { concurrentInvocations: 1 }));
  });

  test('that we could not even begin to run does not take a place for ever, either', async () => {
    const room = new TestInvocation({}, {}, () => {
      throw new Error('a fault at once');
    });
    await room.action('guest/a');
    const { response } = await room.invoke('guest/a');
    expect(response.result).toBe(JSON.stringify({ error: messages.internalError }));
    room.throttle.invocation(identity('guest', { concurrentInvocations: 1 }));
  });

  test('whose record cannot be stored answers all the same, and the log says it', async () => {
    const room = new TestInvocation();
    await room.action('guest/a');
    room.store.activations.put = () => Promise.reject(new Error('the disk is full'));
    const { response, activationId } = await room.invoke('guest/a');
    expect(response.status).toBe('success');
    expect(room.said.map(({ text }) => text)).toEqual([
      `the record of activation ${activationId} was not stored: the disk is full`,
    ]);
  });
});
