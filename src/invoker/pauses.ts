const FIRST_MS = 1_000;
const LAST_MS = 60_000;

interface Pause {
  readonly ms: number;
  /** Milliseconds of a clock that is never set back. */
  readonly until: number;
}

/**
 * When a stem cell of a runtime that fails may be tried again: the first time at once, then after a second, then after
 * twice as long each time, up to a minute. A minute without a failure, and all is forgotten. Jobs do not wait for
 * that: they hear at once that there is no container.
 */
export class Pauses {
  readonly #pauses = new Map<string, Pause>();

  /** @param now milliseconds of that clock */
  isOver(key: string, now: number): boolean {
    const pause = this.#pauses.get(key);
    return pause === undefined || now >= pause.until;
  }

  /** What fails within a pause was begun before it, and lengthens nothing. */
  failed(key: string, now: number): void {
    if (!this.isOver(key, now)) return;
    const ms = nextPause(this.#pauses.get(key), now);
    this.#pauses.set(key, { ms, until: now + ms });
  }
}

function nextPause(before: Pause | undefined, now: number): number {
  if (before === undefined || now - before.until > LAST_MS) return 0;
  return before.ms === 0 ? FIRST_MS : Math.min(before.ms * 2, LAST_MS);
}
