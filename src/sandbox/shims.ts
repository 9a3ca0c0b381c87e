import { createHash } from 'node:crypto';
import { chmod, mkdir, mkdtemp, readdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { readCompiledFiles, readShimFiles } from './shim-files.ts' with { type: 'macro' };

/**
 * The shims: the programs that speak the stdio protocol inside of a place, one folder for each family of
 * `runtimes/`. The executable carries them, but a child process cannot read files that are inside of it.
 */

/** The program of each family, in the family's folder. */
export const shimEntries: Readonly<Record<string, string>> = {
  javascript: 'shim.js',
  python: 'shim.py',
};

const files = readShimFiles();
const compiled = readCompiledFiles();

/**
 * Lays the shims into `<folder>/<hash of their content>`, readable by every user, unless they are there already.
 * An older node's shims are left alone: a place may be running on them.
 *
 * @returns the folder that holds one folder for each family
 */
export async function unpackShims(folder: string): Promise<string> {
  const target = join(folder, hashOf({ ...files, ...compiled }));
  if (await exists(target)) return target;
  await mkdir(folder, { recursive: true });
  const draft = await mkdtemp(join(folder, '.draft-'));
  try {
    for (const [path, content] of Object.entries(files)) await lay(join(draft, path), content);
    for (const [path, content] of Object.entries(compiled))
      await lay(join(draft, path), Buffer.from(content, 'base64'));
    for (const entry of await readdir(draft, { withFileTypes: true, recursive: true })) {
      await chmod(join(entry.parentPath, entry.name), entry.isDirectory() ? 0o755 : 0o644);
    }
    await chmod(draft, 0o755);
    await rename(draft, target);
  } catch (error) {
    await rm(draft, { recursive: true, force: true });
    // Another node on this folder may have been faster.
    if (!(await exists(target))) throw error;
  }
  return target;
}

async function lay(file: string, content: string | Buffer): Promise<void> {
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, content);
}

function hashOf(contents: Readonly<Record<string, string>>): string {
  return createHash('sha256').update(JSON.stringify(contents)).digest('hex').slice(0, 16);
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}
