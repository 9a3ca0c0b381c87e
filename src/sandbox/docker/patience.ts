/**
 * Waits for the answers of somebody who may never give one: each so long, and none any more once `giveUp` was called.
 *
 *     await patience.for(answer, 60_000);
 */
export class Patience {
  readonly #waiting = new Set<(error: Error) => void>();
  #over: Error | undefined;

  /**
   * @param ms `Infinity` waits until it is given up
   * @throws what `answer` throws, an Error that says how long was waited, or that of `giveUp`
   */
  async for<T>(answer: Promise<T>, ms: number): Promise<T> {
    const { promise: late, reject } = Promise.withResolvers<never>();
    if (this.#over) reject(this.#over);
    const silence = () => reject(new Error(`it did not answer within ${ms / 1000} s`));
    const timer = ms === Number.POSITIVE_INFINITY ? undefined : setTimeout(silence, ms);
    this.#waiting.add(reject);
    try {
      return await Promise.race([answer, late]);
    } finally {
      clearTimeout(timer);
      this.#waiting.delete(reject);
    }
  }

  /** All who wait, and all who will, get this error at once. */
  giveUp(error: Error): void {
    this.#over = error;
    for (const reject of this.#waiting) reject(error);
  }
}

/** True when all of it has come to an end, well or not; false as soon as for `quietMs` none of it did. */
export async function endsSteadily(work: readonly Promise<unknown>[], quietMs: number): Promise<boolean> {
  const { promise: quiet, resolve } = Promise.withResolvers<boolean>();
  const timer = setTimeout(resolve, quietMs, false);
  const goOn = () => void timer.refresh();
  const all = Promise.all(work.map((each) => each.then(goOn, goOn))).then(() => true);
  const isOver = await Promise.race([all, quiet]);
  clearTimeout(timer);
  return isOver;
}
