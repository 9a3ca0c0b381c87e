import { readdirSync, readFileSync } from 'node:fs';

/** Memory of a process, in megabytes (10⁶ bytes are not meant: 1024²). */
export interface Memory {
  /** All pages of it that are in memory, also those that others share. */
  readonly rss: number;
  /** Shared pages counted in parts. */
  readonly pss: number;
}

/** @throws Error when the process is gone, or on a host without /proc */
export function memoryOf(pid: number): Memory {
  const rollup = readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8');
  const field = (name: string) => Number(new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(rollup)?.[1]) / 1024;
  return { rss: field('Rss'), pss: field('Pss') };
}

/** All processes that this one started, and those that they started. */
export function descendantsOf(pid: number): number[] {
  const parents = new Map<number, number>();
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    const parent = parentOf(name);
    if (parent !== undefined) parents.set(Number(name), parent);
  }
  const isBelow = (each: number): boolean => {
    const parent = parents.get(each);
    return parent !== undefined && (parent === pid || isBelow(parent));
  };
  return [...parents.keys()].filter(isBelow);
}

/** Undefined when it has ended meanwhile. */
function parentOf(pid: string): number | undefined {
  try {
    // Its name stands in parentheses and may hold anything, also parentheses.
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]);
  } catch {
    return undefined;
  }
}
