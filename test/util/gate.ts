/** Where actions wait until the test lets them go on: a server of this machine that answers when it is opened. */
export class Gate implements Disposable {
  /** An action that waits at the gate whose `url` it is given, and then returns `{passed: true}`. */
  static readonly code = 'async function main({ url }) { return (await fetch(url)).json(); }';
  readonly #server: ReturnType<typeof Bun.serve>;
  readonly #opened = Promise.withResolvers<void>();
  #waiting = 0;

  constructor() {
    this.#server = Bun.serve({
      port: 0,
      hostname: '127.0.0.1',
      idleTimeout: 0,
      fetch: async () => {
        this.#waiting++;
        await this.#opened.promise;
        return Response.json({ passed: true });
      },
    });
  }

  get url(): string {
    return this.#server.url.href;
  }

  /** How many have come. */
  get waiting(): number {
    return this.#waiting;
  }

  open(): void {
    this.#opened.resolve();
  }

  [Symbol.dispose](): void {
    this.open();
    void this.#server.stop();
  }
}
