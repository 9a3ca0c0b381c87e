import { readFileSync } from 'node:fs';

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
