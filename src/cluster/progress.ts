import type { Assigned, Mark } from './bus.ts';
import { Ranges } from './ranges.ts';

/**
 * How far one partition of work is. Messages end in any order, but only one number can be committed: the lowest offset that is
 * not done. What is known of those above it goes into a note beside that number, for the partition's next owner:
 *
 *     offset        7   8   9  10  11  12 …
 *               ┌─open─done─open─open─done─┐ position
 *     commit 7, note: 7 was begun twice, by edge-1; 8 and 11 are done; 9 and 10 were not begun
 *
 * Pure: knows no clock and no Kafka.
 */
export class Progress {
  readonly partition: number;
  /** Messages before this one were there before: somebody may have begun them and died before it was known. */
  readonly end: number;
  /** The message after the last one that arrived. */
  #position: number;
  readonly #open = new Set<number>();
  readonly #begun = new Map<number, Begun>();
  /** Above the lowest that is not done. */
  readonly #done: Ranges;
  /** As it was committed last. */
  #saved: Mark;

  constructor({ end, ...mark }: Assigned) {
    const { partition, offset } = mark;
    this.partition = partition;
    this.end = end;
    this.#position = offset;
    this.#saved = mark;
    this.#done = doneIn(mark);
    for (const [delta, each] of readNote(mark.note).begun) this.#begun.set(offset + delta, each);
  }

  /** A message came. False when it came before, or is done. */
  arrived(offset: number): boolean {
    if (offset < this.#position) return false;
    this.#position = offset + 1;
    if (this.#done.has(offset)) return false;
    this.#open.add(offset);
    return true;
  }

  /** How often it was begun, and by whom the last time; undefined when it was not. */
  begunAs(offset: number): Begun | undefined {
    return this.#begun.get(offset);
  }

  begin(offset: number, owner: string): void {
    this.#begun.set(offset, { owner, tries: (this.#begun.get(offset)?.tries ?? 0) + 1 });
  }

  /** It was not begun after all. */
  undo(offset: number): void {
    const begun = this.#begun.get(offset);
    if (begun && begun.tries > 1) this.#begun.set(offset, { ...begun, tries: begun.tries - 1 });
    else this.#begun.delete(offset);
  }

  /** Also of a message that has not arrived: then it is not done again when it comes. */
  done(offset: number): void {
    this.#open.delete(offset);
    this.#begun.delete(offset);
    this.#done.add(offset);
  }

  /** Messages that are not done. */
  get open(): number {
    return this.#open.size;
  }

  /** The mark is committed. */
  saved(mark: Mark): void {
    this.#saved = mark;
  }

  /** What is done, and was not when the last mark was committed: the next owner does not know it. */
  get unsaved(): number[] {
    const found: number[] = [];
    const saved = doneIn(this.#saved);
    for (let { offset } = this.#saved; offset < this.#position; offset++) {
      if (!this.#open.has(offset) && !saved.has(offset)) found.push(offset);
    }
    return found;
  }

  /** What is to be committed now; what lies before it is forgotten. */
  mark(): Mark {
    let lowest = this.#position;
    for (const offset of this.#open) if (offset < lowest) lowest = offset;
    this.#done.dropBelow(lowest);
    for (const offset of this.#begun.keys()) if (offset < lowest) this.#begun.delete(offset);
    return { partition: this.partition, offset: lowest, note: writeNote(lowest, this.#begun, this.#done) };
  }
}

/** How often a message was begun, and by whom the last time. */
export interface Begun {
  /** `node#boot`. */
  readonly owner: string;
  readonly tries: number;
}

interface Note {
  /** Distance from the mark's offset. */
  readonly begun: ReadonlyMap<number, Begun>;
  /** Ranges of distances, both ends included. */
  readonly done: readonly (readonly [number, number])[];
}

/** Brokers refuse longer ones (offset.metadata.max.bytes). */
const NOTE_BYTES = 4_000;
/** A range that ends later than this is none of ours. */
const FARTHEST = 10_000_000;
const NOTHING: Note = { begun: new Map(), done: [] };

/**
 * `{"v":1,"o":["edge-1#5f3a"],"b":[[0,2,0]],"d":[[1,1],[4,4]]}`: owners; begun ones by distance, tries and owner; ranges done.
 * What there is no room for is left out, first what was begun least often: then a message may be done once more.
 */
function writeNote(base: number, begun: ReadonlyMap<number, Begun>, done: Ranges): string {
  if (begun.size === 0 && done.isEmpty) return '';
  const owners: string[] = [];
  let room = NOTE_BYTES - '{"v":1,"o":[],"b":[],"d":[]}'.length;
  const fits = (text: string) => {
    room -= Buffer.byteLength(text) + 1;
    return room >= 0;
  };
  const b: (readonly [number, number, number])[] = [];
  const byTries = [...begun].sort(([at, one], [to, other]) => other.tries - one.tries || at - to);
  for (const [offset, { owner, tries }] of byTries) {
    const known = owners.indexOf(owner);
    const index = known < 0 ? owners.length : known;
    const entry = [offset - base, tries, index] as const;
    if (!fits(JSON.stringify(entry) + (known < 0 ? `${JSON.stringify(owner)},` : ''))) break;
    if (known < 0) owners.push(owner);
    b.push(entry);
  }
  const d: (readonly [number, number])[] = [];
  for (const [from, to] of done) {
    const range = [from - base, to - base] as const;
    if (!fits(JSON.stringify(range))) break;
    d.push(range);
  }
  return JSON.stringify({ v: 1, o: owners, b, d });
}

/** What the mark says is done, beyond its own offset. */
function doneIn({ offset, note }: Mark): Ranges {
  const done = new Ranges();
  for (const [from, to] of readNote(note).done) done.add(offset + from, offset + to);
  return done;
}

/** What nobody of us wrote says nothing. */
function readNote(note: string): Note {
  if (note === '') return NOTHING;
  try {
    const { v, o, b, d } = JSON.parse(note);
    if (v !== 1) return NOTHING;
    const begun = new Map<number, Begun>();
    for (const [delta, tries, index] of b) {
      if (!isCount(delta) || !isCount(tries) || typeof o[index] !== 'string') return NOTHING;
      begun.set(delta, { tries, owner: o[index] });
    }
    for (const [from, to] of d) if (!isCount(from) || !isCount(to) || to < from) return NOTHING;
    return { begun, done: d };
  } catch {
    return NOTHING;
  }
}

function isCount(value: unknown): boolean {
  return Number.isInteger(value) && (value as number) >= 0 && (value as number) < FARTHEST;
}
