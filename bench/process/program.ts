/**
 * A program of its own that is spoken with in lines: what it prints can be awaited line by line, and it can be
 * told lines. Programs of the bench end when their stdin does, so nothing outlives a bench that is killed.
 */
export class Program {
  readonly pid: number;
  readonly #child: Bun.Subprocess<'pipe', 'pipe', 'pipe'>;
  readonly #output: { read(): Promise<{ readonly value?: string | undefined; readonly done: boolean }> };
  readonly #errors: Promise<string>;
  #rest = '';

  constructor(command: readonly string[], env: Readonly<Record<string, string>> = {}) {
    this.#child = Bun.spawn([...command], { stdio: ['pipe', 'pipe', 'pipe'], env: { ...inherited(), ...env } });
    this.pid = this.#child.pid;
    this.#output = this.#child.stdout.pipeThrough(new TextDecoderStream()).getReader();
    this.#errors = this.#child.stderr.text();
  }

  /** A program of the bench. @param file its path @param args what it is told on its command line */
  static ofBench(file: string, ...args: string[]): Program {
    return new Program([process.execPath, file, ...args]);
  }

  /** The next line that it prints. @throws Error with what it said on stderr, when it ends before */
  async line(): Promise<string> {
    for (let end = this.#rest.indexOf('\n'); ; end = this.#rest.indexOf('\n')) {
      if (end >= 0) {
        const line = this.#rest.slice(0, end);
        this.#rest = this.#rest.slice(end + 1);
        return line;
      }
      const { value, done } = await this.#output.read();
      if (done) throw new Error(`the program ended: ${(await this.#errors).trim()}`);
      this.#rest += value;
    }
  }

  tell(line: string): void {
    this.#child.stdin.write(`${line}\n`);
    void this.#child.stdin.flush();
  }

  /** Tells it the last line, and waits until it has ended by itself. */
  async finish(line: string): Promise<void> {
    this.tell(line);
    await this.#child.stdin.end();
    await this.#child.exited;
  }

  /** Ends it as an operator would, and waits until it is gone. */
  async end(signal: NodeJS.Signals = 'SIGTERM'): Promise<void> {
    this.#child.kill(signal);
    await this.#child.exited;
  }
}

/** Settings of whoever runs the bench are not the bench's. */
function inherited(): Record<string, string | undefined> {
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('WHISKLET_')));
}
