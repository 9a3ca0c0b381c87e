import type { Accepted } from '../invocation/caller.ts';
import type { Activation } from '../model/activation.ts';

/** The record, or undefined when it has not ended in so many milliseconds. */
export async function waitFor({ activation }: Accepted, ms: number): Promise<Activation | undefined> {
  const { promise, resolve, reject } = Promise.withResolvers<Activation | undefined>();
  const timer = setTimeout(resolve, ms, undefined);
  activation.then(resolve, reject);
  try {
    return await promise;
  } finally {
    clearTimeout(timer);
  }
}
