import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { ownShim } from '../../src/sandbox/shim-names.ts';
import { shimEntries, unpackShims } from '../../src/sandbox/shims.ts';

/** The shims as this tree has them, kept between test runs where tools keep what they can make again. */
const folder = await unpackShims(join(import.meta.dir, '../../node_modules/.cache/whisklet-shims'));

export function shimOf(family: 'javascript' | 'python'): string {
  return join(folder, family, shimEntries[family] as string);
}

/** The JavaScript shim that this Bun runs, in a place as in a test. */
export function shimForBun(): string {
  const javascript = join(folder, 'javascript');
  return join(javascript, ownShim(readdirSync(javascript)) as string);
}

/** This Bun, without what `bun` on the PATH may wrap. */
export const bun = process.execPath;
