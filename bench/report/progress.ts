/** What is being done now, on stderr: one line that is written over on a terminal, a line for each thing elsewhere. */
export class Progress {
  readonly #isTerminal = process.stderr.isTTY === true;
  readonly #began = performance.now();
  readonly #count: number | undefined;
  #what = '';
  #begun = 0;

  /** @param count how many things there are to do, where that is known */
  constructor(count?: number) {
    this.#count = count;
  }

  /** Begins something: `3/12 warm, local`. */
  begin(what: string): void {
    this.#begun++;
    this.#what = this.#count === undefined ? what : `${this.#begun}/${this.#count} ${what}`;
    this.#write(this.#what, true);
  }

  /** Says how far it is; only where it can be written over. */
  step(detail: string): void {
    const seconds = Math.round((performance.now() - this.#began) / 1000);
    this.#write(`${this.#what}: ${detail} (${seconds} s)`, false);
  }

  end(): void {
    if (this.#isTerminal) process.stderr.write('\r\x1b[K');
  }

  #write(text: string, isNew: boolean): void {
    if (this.#isTerminal) process.stderr.write(`\r\x1b[K${text}`);
    else if (isNew) process.stderr.write(`${text}\n`);
  }
}
