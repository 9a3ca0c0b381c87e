/** Counts what is under way, and tells when nothing is. */
export class InFlight {
  #count = 0;
  #waiters: (() => void)[] = [];

  /** How it ends is somebody else's to hear. */
  add(work: Promise<unknown>): void {
    this.#count++;
    work.then(this.#ended, this.#ended);
  }

  readonly #ended = (): void => {
    if (--this.#count === 0) for (const wake of this.#waiters.splice(0)) wake();
  };

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
