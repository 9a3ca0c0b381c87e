import { isObject, type Json } from './json.ts';
import { parseDuration } from './units.ts';

/** How many containers of a kind are started in advance: `stemCells` of a manifest (ExecManifest.scala). */
export interface StemCell {
  readonly count: number;
  /** Megabytes. */
  readonly memory: number;
  readonly reactive?: Reactive;
}

/** As many as were wanted lately, in place of `count`, which counts at the start only (docs/actions.md of OpenWhisk). */
export interface Reactive {
  readonly minCount: number;
  readonly maxCount: number;
  /** One that is not used for so long is ended, when it is more than are wanted. Milliseconds. */
  readonly ttlMs: number;
  /** For so many new containers in a minute there are to be `increment` stem cells. */
  readonly threshold: number;
  readonly increment: number;
}

export class ManifestError extends Error {
  override readonly name = 'ManifestError';
}

/** @param started containers that were given an action in the last minute */
export function cellsFor({ minCount, maxCount, threshold, increment }: Reactive, started: number): number {
  return Math.min(maxCount, Math.max(minCount, Math.floor(started / threshold) * increment));
}

/** @param where the place in the file, for the error */
export function readStemCells(list: Json | undefined, where: string): StemCell[] {
  if (list === undefined) return [];
  if (!Array.isArray(list)) throw new ManifestError(`${where}.stemCells is not a list`);
  return list.map((cell, index) => {
    const at = `${where}.stemCells[${index}]`;
    if (!isObject(cell)) throw new ManifestError(`${at} is not an object`);
    const count = wholeNumber(cell.initialCount ?? cell.count, `${at}.initialCount`);
    const memory = megabytes(cell.memory, `${at}.memory`);
    return cell.reactive === undefined
      ? { count, memory }
      : { count, memory, reactive: readReactive(cell.reactive, `${at}.reactive`) };
  });
}

function readReactive(value: Json, at: string): Reactive {
  if (!isObject(value)) throw new ManifestError(`${at} is not an object`);
  const minCount = wholeNumber(value.minCount, `${at}.minCount`);
  const maxCount = wholeNumber(value.maxCount, `${at}.maxCount`, 1);
  const threshold = wholeNumber(value.threshold, `${at}.threshold`, 1);
  const increment = wholeNumber(value.increment, `${at}.increment`, 1);
  const ttlMs = typeof value.ttl === 'string' ? parseDuration(value.ttl) : undefined;
  if (!ttlMs) throw new ManifestError(`${at}.ttl must be a time such as '2 minutes'`);
  if (minCount > maxCount) throw new ManifestError(`${at}.minCount is more than maxCount`);
  if (increment > maxCount) throw new ManifestError(`${at}.increment is more than maxCount`);
  return { minCount, maxCount, ttlMs, threshold, increment };
}

function wholeNumber(value: Json | undefined, at: string, least = 0): number {
  if (typeof value === 'number' && Number.isInteger(value) && value >= least) return value;
  throw new ManifestError(`${at} must be a whole number${least > 0 ? ` from ${least} up` : ''}`);
}

/** `256 MB`, `256 m`, `1 GB` or a number of megabytes. */
function megabytes(value: Json | undefined, at: string): number {
  if (typeof value === 'number' && value > 0) return value;
  const match = typeof value === 'string' ? /^(\d+)\s*(m|mb|g|gb)$/i.exec(value.trim()) : null;
  if (!match) throw new ManifestError(`${at} must be a size such as '256 MB'`);
  const [, digits, unit] = match as unknown as [string, string, string];
  return Number(digits) * (unit.toLowerCase().startsWith('g') ? 1024 : 1);
}
