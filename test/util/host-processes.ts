import { readdirSync, readFileSync } from 'node:fs';

/** Processes of this host, whatever their namespace, that have `text` on their command line. */
export function processesWith(text: string): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => {
      try {
        return readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(text);
      } catch {
        return false;
      }
    });
}

export function openDescriptors(): number {
  return readdirSync('/proc/self/fd').length;
}
