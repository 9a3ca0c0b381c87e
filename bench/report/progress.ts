/** What is being done now, on stderr: one line that is written over on a terminal, a line for each thing elsewhere. */
export class Progress {
  readonly #isTerminal = process.stderr.isTTY === true;
  #what = '';

  /** Begins something. */
  begin(what: string): void {
    this.#what = what;
    this.#write(what, true);
  }

  /** Says how far it is; only where it can be written over. */
  step(detail: string): void {
    this.#write(`${this.#what}: ${detail}`, false);
  }

  end(): void {
    if (this.#isTerminal) process.stderr.write('\r\x1b[K');
  }

  #write(text: string, isNew: boolean): void {
    if (this.#isTerminal) process.stderr.write(`\r\x1b[K${text}`);
    else if (isNew) process.stderr.write(`${text}\n`);
  }
}
