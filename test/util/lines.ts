import type { Place } from '../../src/model/place.ts';

/** Talks with the program of test/fixture/shims: a line for a line. */
export class Lines {
  readonly place: Place;
  readonly #lines: string[] = [];
  readonly #waiting: ((line: string) => void)[] = [];
  #rest = '';

  constructor(place: Place) {
    this.place = place;
    const decoder = new TextDecoder();
    place.stdio.onOutput((chunk) => {
      const lines = (this.#rest + decoder.decode(chunk, { stream: true })).split('\n');
      this.#rest = lines.pop() ?? '';
      for (const line of lines) {
        const waiting = this.#waiting.shift();
        if (waiting) waiting(line);
        else this.#lines.push(line);
      }
    });
  }

  next(): Promise<string> {
    const line = this.#lines.shift();
    if (line !== undefined) return Promise.resolve(line);
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  ask(line: string): Promise<string> {
    this.place.stdio.write(Buffer.from(`${line}\n`));
    return this.next();
  }

  /** Lines that came and that nobody asked for. */
  drain(): string[] {
    return this.#lines.splice(0);
  }
}
