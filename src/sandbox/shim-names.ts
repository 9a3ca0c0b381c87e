/**
 * What the shim of a family is called in its folder: `shim.js`, `shim.py`… for programs of any host. For this executable
 * there may be `shim.bun.js`, which it starts faster: it is the same, with its bytecode beside it.
 */
const OWN = 'shim.bun.js';

/** @param names of the files in the family's folder */
export function commonShim(names: readonly string[]): string | undefined {
  return names.find((name) => name.startsWith('shim.') && !name.startsWith(OWN));
}

/** The one that this executable runs. */
export function ownShim(names: readonly string[]): string | undefined {
  return names.includes(OWN) ? OWN : commonShim(names);
}
