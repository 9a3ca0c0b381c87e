/**
 * What a promise was rejected with, or undefined. For promises that a worker thread settles use this and not
 * `expect(promise).rejects`: Bun's waits inside the message that is being handled, and the next message never comes.
 */
export async function errorOf(promise: Promise<unknown>): Promise<unknown> {
  try {
    await promise;
    return undefined;
  } catch (error) {
    return error;
  }
}
