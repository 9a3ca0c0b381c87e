/** Counts what is under way, and tells when nothing is. */
export class InFlight {
  #count = 0;
  #waiters: (() => void)[] = [];

  /** @param work never rejects */
  add(work: Promise<unknown>): void {
    this.#count++;
    void work.finally(() => {
      if (--this.#count === 0) for (const wake of this.#waiters.splice(0)) wake();
    });
  }

  /** Resolves when nothing is under way, or after `limitMs`. */
  async drain(limitMs: number): Promise<void> {
    if (this.#count === 0) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    const limit = setTimeout(resolve, limitMs);
    this.#waiters.push(resolve);
    await promise;
    clearTimeout(limit);
  }
}
