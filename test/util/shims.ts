import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { shimEntries, unpackShims } from '../../src/sandbox/shims.ts';

/** The shims, unpacked once for all tests of this process. */
const folder = await unpackShims(join(tmpdir(), 'whisklet-test-shims'));

export function shimOf(family: 'javascript' | 'python'): string {
  return join(folder, family, shimEntries[family] as string);
}

/** This Bun, without what `bun` on the PATH may wrap. */
export const bun = process.execPath;
