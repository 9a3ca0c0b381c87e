/**
 * Jobs are sent ahead to a container whose runs are short: they wait in the runtime, and are begun there one after the
 * other, without a way to the node between them. To wake another container costs more than such a wait, and more
 * of the processor.
 */

/** A job waits no longer behind others, by what their runs have taken, in microseconds: as long as another container needs to wake up. */
const WAIT_US = 150;
/** A longer run counts as so long: the kernel may have let others run in between. In microseconds. */
const LONG_US = 1_000;
/** Of how many runs the mean is, about. */
const MEMORY = 32;
/** Who waits longer behind one run is taken back, in milliseconds, and for so many runs nothing is sent ahead any more. */
const PATIENCE_MS = 10;
const PAUSE_RUNS = 1_000;

/** How many jobs to send ahead, by how long the runs before were. Pure. */
export class Foresight {
  #meanUs = LONG_US;
  #pause = 0;

  /** Beside the one that runs. */
  get depth(): number {
    return this.#pause > 0 ? 0 : Math.floor(WAIT_US / this.#meanUs);
  }

  /** @param us how long a run took */
  ran(us: number): void {
    if (this.#pause > 0) this.#pause--;
    this.#meanUs += (Math.min(us, LONG_US) - this.#meanUs) / MEMORY;
    if (us > PATIENCE_MS * 1_000) this.pause();
  }

  pause(): void {
    this.#pause = PAUSE_RUNS;
  }
}

/** The jobs that were sent ahead, in order. */
export class Ahead {
  readonly #recall: () => void;
  readonly #waiting = new Map<string, (isBegun: boolean) => void>();
  #timer: ReturnType<typeof setTimeout> | undefined;
  #begun = 0;

  /** @param recall asks for all of them back, when one run takes too long */
  constructor(recall: () => void) {
    this.#recall = recall;
  }

  /** Nothing waits in the runtime. */
  get isEmpty(): boolean {
    return this.#waiting.size === 0;
  }

  /** Resolves with true when the jobs before it are done, so that it is begun; with false when it never will be. */
  wait(id: string): Promise<boolean> {
    const { promise, resolve } = Promise.withResolvers<boolean>();
    this.#waiting.set(id, resolve);
    if (this.#timer === undefined) this.#look();
    return promise;
  }

  /** The run before is done. */
  next(): void {
    const [first] = this.#waiting.keys();
    if (first !== undefined) this.#end(first, true);
  }

  takeBack(id: string): void {
    this.#end(id, false);
  }

  /** Nothing more is begun. */
  giveUp(): void {
    for (const id of this.#waiting.keys()) this.#end(id, false);
    clearTimeout(this.#timer);
  }

  #end(id: string, isBegun: boolean): void {
    if (isBegun) this.#begun++;
    this.#waiting.get(id)?.(isBegun);
    this.#waiting.delete(id);
  }

  #look(): void {
    const begun = this.#begun;
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      if (this.isEmpty) return;
      if (this.#begun === begun) this.#recall();
      else this.#look();
    }, PATIENCE_MS);
  }
}
