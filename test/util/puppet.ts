import type { Json } from '../../src/model/json.ts';
import type { Place } from '../../src/model/place.ts';

/** The test's side of `test/fixture/runtime/puppet.js`: has code run in a place. */
export class Puppet {
  readonly place: Place;
  readonly #answers = new Map<number, PromiseWithResolvers<Json>>();
  #asked = 0;
  #hasSpoken = false;
  #chunks: Uint8Array[] = [];
  #echo: { bytes: number; readonly done: (all: Buffer) => void } | undefined;

  constructor(place: Place) {
    this.place = place;
    place.stdio.onOutput((chunk) => this.#take(chunk));
    void place.exited.then(({ lastWords }) => {
      for (const { reject } of this.#answers.values()) reject(new Error(`the place ended: ${lastWords}`));
      this.#answers.clear();
    });
  }

  /** Runs the body of an async function there; `require` is given. Rejects when it throws, or the place ends. */
  ask(code: string): Promise<Json> {
    this.#asked++;
    const answer = Promise.withResolvers<Json>();
    this.#answers.set(this.#asked, answer);
    this.#send({ id: this.#asked, code });
    return answer.promise;
  }

  /** Runs code that ends the place, or never answers. */
  tell(code: string): void {
    this.ask(code).catch(() => {});
  }

  /** Sends these bytes there and back. */
  echo(bytes: Uint8Array): Promise<Buffer> {
    const { promise, resolve } = Promise.withResolvers<Buffer>();
    this.#echo = { bytes: bytes.length, done: resolve };
    this.#send({ echo: bytes.length });
    this.place.stdio.write(bytes);
    return promise;
  }

  /** Has it stop reading for a while. */
  deafen(ms: number): void {
    this.#send({ deaf: ms });
  }

  #send(message: Json): void {
    this.place.stdio.write(Buffer.from(`${JSON.stringify(message)}\n`));
  }

  #take(heard: Uint8Array): void {
    // The first thing that it says is an empty line.
    const chunk = this.#hasSpoken ? heard : heard.subarray(1);
    this.#hasSpoken = true;
    this.#chunks.push(chunk);
    if (this.#echo) {
      this.#echo.bytes -= chunk.length;
      if (this.#echo.bytes > 0) return;
      this.#echo.done(Buffer.concat(this.#chunks));
      this.#echo = undefined;
      this.#chunks = [];
      return;
    }
    if (!chunk.includes(10)) return;
    const lines = Buffer.concat(this.#chunks).toString().split('\n');
    this.#chunks = [Buffer.from(lines.pop() ?? '')];
    for (const line of lines) this.#answer(JSON.parse(line));
  }

  #answer({ id, value, error }: { id: number; value: Json; error?: string }): void {
    const waiting = this.#answers.get(id);
    this.#answers.delete(id);
    if (error === undefined) waiting?.resolve(value);
    else waiting?.reject(new Error(error));
  }
}
