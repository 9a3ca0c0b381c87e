import { RuntimeFault, type Talk } from '../protocol/protocol.ts';

/** What came instead of an answer. */
export type Fault = { readonly type: 'fault'; readonly why: string; readonly isUnsent: boolean };
export type TimeOut = { readonly type: 'timeout' };

/** The answer of a runtime, its fault, or that there was none within so many milliseconds. Never rejects. */
export async function answerWithin<A>(answer: Promise<A>, ms: number): Promise<A | Fault | TimeOut> {
  const { promise, resolve } = Promise.withResolvers<A | Fault | TimeOut>();
  const timer = setTimeout(resolve, ms, { type: 'timeout' });
  answer.then(resolve, (error) => resolve(faultOf(error)));
  const first = await promise;
  clearTimeout(timer);
  return first;
}

function faultOf(error: unknown): Fault {
  return { type: 'fault', why: (error as Error).message, isUnsent: error instanceof RuntimeFault && error.isUnsent };
}

/** @throws RuntimeFault when it is not open within so many milliseconds */
export async function openWithin(opened: Promise<Talk>, ms: number): Promise<Talk> {
  const { promise, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => reject(new RuntimeFault(`it was not ready within ${ms} ms`)), ms);
  try {
    return await Promise.race([opened, promise]);
  } finally {
    clearTimeout(timer);
  }
}
