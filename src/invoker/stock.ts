import type { RuntimeSpec } from '../model/manifest.ts';
import type { Evictable } from './choose.ts';
import type { Container } from './container.ts';
import type { State } from './states.ts';

/**
 * The containers of the pool, and who of them can be had: warm ones by the key of their action, stem cells by their runtime.
 * Numbers are counted from the containers themselves: nobody keeps a second book.
 */
export class Stock {
  readonly #all = new Set<Container>();
  /** Containers with room for one more job; the last one was used last. */
  readonly #warm = new Map<string, Container[]>();
  readonly #stemCells = new Map<string, Container[]>();

  [Symbol.iterator](): IterableIterator<Container> {
    return this.#all.values();
  }

  add(container: Container): void {
    this.#all.add(container);
  }

  remove(container: Container): void {
    this.#all.delete(container);
  }

  /** The one of this key that was used last and has room. */
  warm(key: string): Container | undefined {
    return this.#warm.get(key)?.at(-1);
  }

  /** It has room for a job of its action. */
  list(container: Container): void {
    const key = container.key as string;
    const listed = this.#warm.get(key);
    if (!listed) this.#warm.set(key, [container]);
    else if (!listed.includes(container)) listed.push(container);
  }

  /** It can be had by nobody, for now or for ever. */
  unlist(container: Container): void {
    if (container.key === undefined) take(this.#stemCells.get(runtimeKey(container.runtime)), container);
    else if (take(this.#warm.get(container.key), container) === 0) this.#warm.delete(container.key);
  }

  stemCells(runtime: RuntimeSpec): readonly Container[] {
    return this.#stemCells.get(runtimeKey(runtime)) ?? [];
  }

  /** Those of each runtime that has any, the oldest first. */
  stemCellsByRuntime(): (readonly Container[])[] {
    return [...this.#stemCells.values()].filter((cells) => cells.length > 0);
  }

  addStemCell(container: Container): void {
    const key = runtimeKey(container.runtime);
    const cells = this.#stemCells.get(key);
    if (cells) cells.push(container);
    else this.#stemCells.set(key, [container]);
  }

  /** Megabytes held by containers, those that are being ended too. */
  get memoryUsed(): number {
    let sum = 0;
    for (const { memory } of this.#all) sum += memory;
    return sum;
  }

  /** Megabytes of those that are being ended. */
  get memoryComingFree(): number {
    let sum = 0;
    for (const { memory, state } of this.#all) if (state === 'closing') sum += memory;
    return sum;
  }

  /** Jobs in hand. */
  get active(): number {
    let sum = 0;
    for (const { active } of this.#all) sum += active;
    return sum;
  }

  /** Megabytes of containers that have a job, or are being ended. */
  get memoryBusy(): number {
    let sum = 0;
    for (const { memory, active, state } of this.#all) if (active > 0 || state === 'closing') sum += memory;
    return sum;
  }

  /** Megabytes of the containers that work for each namespace. */
  get held(): Map<string, number> {
    const held = new Map<string, number>();
    for (const { namespace, active, memory } of this.#all) {
      if (namespace !== undefined && active > 0) held.set(namespace, (held.get(namespace) ?? 0) + memory);
    }
    return held;
  }

  get idle(): Container[] {
    return [...this.#all].filter(({ state }) => state === 'ready' || state === 'paused');
  }

  /** Containers on their way to this runtime, whoever will get them. */
  starting(runtime: RuntimeSpec): number {
    const key = runtimeKey(runtime);
    let count = 0;
    for (const each of this.#all) if (each.state === 'starting' && runtimeKey(each.runtime) === key) count++;
    return count;
  }

  /** Containers that become the action of this key. */
  initializing(key: string): number {
    let count = 0;
    for (const each of this.#all) if (each.key === key && each.state === 'initializing') count++;
    return count;
  }

  /** Whether a container of this key has a job. */
  isAtWork(key: string): boolean {
    for (const each of this.#all) if (each.key === key && each.active > 0) return true;
    return false;
  }

  get startingAtAll(): number {
    let count = 0;
    for (const { state } of this.#all) if (state === 'starting') count++;
    return count;
  }

  /**
   * Whom one could evict, but not `keep`.
   *
   * @param until idle ones that were used later than this are spared, in milliseconds of `performance.now()`
   * @param wanted stem cells of a runtime that the manifest wants
   */
  evictable(
    keep: Container | undefined,
    until: number,
    wanted: (runtime: RuntimeSpec) => number,
  ): Evictable<Container> {
    const surplus: Container[] = [];
    const stemCells: Container[] = [];
    for (const cells of this.#stemCells.values()) {
      cells.forEach((cell, index) => {
        if (cell !== keep) (index < wanted(cell.runtime) ? stemCells : surplus).push(cell);
      });
    }
    return { surplus, stemCells, idle: this.idle.filter((each) => each !== keep && each.lastUsed <= until) };
  }

  /** How many containers of each kind are in each state. */
  get byKind(): Record<string, Partial<Record<State, number>>> {
    const kinds: Record<string, Partial<Record<State, number>>> = {};
    for (const { runtime, state } of this.#all) {
      kinds[runtime.kind] ??= {};
      const counts = kinds[runtime.kind] as Partial<Record<State, number>>;
      counts[state] = (counts[state] ?? 0) + 1;
    }
    return kinds;
  }
}

/** Kinds with the same runtime share their stem cells. */
export function runtimeKey({ protocol, family, image, commands, kind }: RuntimeSpec): string {
  return protocol === 'stdio' ? `${family} ${image ?? ''} ${commands?.join(',') ?? ''}` : `http ${image ?? kind}`;
}

/** Takes it out, if it is in; answers how many are left. */
function take(list: Container[] | undefined, container: Container): number {
  const at = list?.indexOf(container) ?? -1;
  if (at >= 0) list?.splice(at, 1);
  return list?.length ?? 0;
}
