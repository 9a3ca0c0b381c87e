import { join } from 'node:path';
import { shimEntries, unpackShims } from '../../src/sandbox/shims.ts';

/** The shims as this tree has them, kept between test runs where tools keep what they can make again. */
const folder = await unpackShims(join(import.meta.dir, '../../node_modules/.cache/whisklet-shims'));

export function shimOf(family: 'javascript' | 'python'): string {
  return join(folder, family, shimEntries[family] as string);
}

/** This Bun, without what `bun` on the PATH may wrap. */
export const bun = process.execPath;
