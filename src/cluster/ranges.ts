/**
 * A set of whole numbers, kept as ranges: offsets that are done are neighbours, but for a few gaps. So a message that takes an hour
 * costs nothing for those that are done after it. Pure.
 */
export class Ranges {
  /** Both ends included, ascending; between two of them a number is missing. */
  readonly #ranges: [from: number, to: number][] = [];

  get isEmpty(): boolean {
    return this.#ranges.length === 0;
  }

  has(value: number): boolean {
    const range = this.#ranges[this.#firstEndingAt(value)];
    return range !== undefined && range[0] <= value;
  }

  add(from: number, to = from): void {
    const at = this.#firstEndingAt(from - 1);
    let [low, high, next] = [from, to, at];
    for (let range = this.#ranges[next]; range && range[0] <= to + 1; range = this.#ranges[++next]) {
      low = Math.min(low, range[0]);
      high = Math.max(high, range[1]);
    }
    this.#ranges.splice(at, next - at, [low, high]);
  }

  /** Forgets the numbers below this one. */
  dropBelow(value: number): void {
    this.#ranges.splice(0, this.#firstEndingAt(value));
    const [first] = this.#ranges;
    if (first && first[0] < value) first[0] = value;
  }

  [Symbol.iterator](): Iterator<readonly [from: number, to: number]> {
    return this.#ranges.values();
  }

  /** The index of the first range that ends there or later. */
  #firstEndingAt(value: number): number {
    let [low, high] = [0, this.#ranges.length];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#ranges[middle] as [number, number])[1] < value) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
