/**
 * Waking a process that sleeps on another core takes 20 to 50 µs, as long as all else in a warm call. So while one call follows the
 * other at once, both ends stay awake for a moment after they have sent a frame: they see what comes without being woken, as
 * sockets do that poll.
 */

/** How long the node waits awake for an answer, in microseconds. */
export const ANSWER_US = 200;
/** How long a runtime waits awake for the next call, in microseconds: one that does not come so soon is not one that follows. */
export const NEXT_US = 400;

const MOST = 32;
const LOSS = 4;
const PAUSE = 100;

/**
 * Whether staying awake pays for one runtime. It does not where the answer is late: the runtime is slow, or others want the core
 * that is kept awake. Then it is left for some calls, and tried again. Pure.
 */
export class Payoff {
  #credit = 0;
  #pause = 0;

  /** Whether to stay awake in the next call; asked once for each. */
  isWorthIt(): boolean {
    if (this.#pause === 0) return true;
    this.#pause--;
    return false;
  }

  /** @param us how long the answer to a call took in which the node stayed awake */
  answered(us: number): void {
    this.#credit = Math.min(us <= ANSWER_US ? this.#credit + 1 : this.#credit - LOSS, MOST);
    if (this.#credit >= 0) return;
    this.#credit = 0;
    this.#pause = PAUSE;
  }
}

// As they are before an action can replace them.
export const later = setImmediate;
export const now = performance.now.bind(performance);

/** Keeps the event loop of its process turning. */
export class Vigil {
  readonly #giveWay: () => void;
  #until = 0;
  #isTurning = false;

  /** @param giveWay lets others have the core, when they want it; called in each turn */
  constructor(giveWay: () => void = () => undefined) {
    this.#giveWay = giveWay;
  }

  /** For so many microseconds from now, or until its end. */
  keep(us: number): void {
    this.#until = now() + us / 1000;
    if (this.#isTurning) return;
    this.#isTurning = true;
    later(this.#turn);
  }

  end(): void {
    this.#until = 0;
  }

  readonly #turn = (): void => {
    if (now() < this.#until) {
      this.#giveWay();
      later(this.#turn);
    } else {
      this.#isTurning = false;
    }
  };
}
