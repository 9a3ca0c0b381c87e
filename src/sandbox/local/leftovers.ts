import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { isObject, type Json } from '../../model/json.ts';
import { clearGroups, removeGroup } from './cgroups.ts';
import { isRunning, startOf } from './processes.ts';
import { killCarriers } from './watched-bounds.ts';

/**
 * What a node that was killed left behind. Its places die with it, but not their control groups, nor the folders
 * of plain places and what such places had started. A file in the data folder says who owns them and where they are.
 */
export interface Ownership {
  /** Folders of control groups that hold nothing but this node's places. */
  readonly groups: readonly string[];
  /** Folder with a folder for each plain place; they carry its path in their environment. */
  readonly tmp?: string;
}

interface Owner extends Ownership {
  readonly pid: number;
  /** Tells the process from a later one with the same number. */
  readonly start: string;
}

/**
 * Clears what the owner in `file` left behind, and writes down this process as the new one. Answers how many places there
 * were. A live owner keeps all: two nodes on one data folder are for others to refuse.
 */
export async function takeOwnership(file: string, own: Ownership): Promise<number> {
  const former = await readOwner(file);
  if (former && isAlive(former)) return 0;
  const swept = await clear({
    groups: [...own.groups, ...(former?.groups ?? [])],
    ...(former?.tmp && { tmp: former.tmp }),
  });
  const stale = former?.groups.filter((folder) => !own.groups.includes(folder)) ?? [];
  await Promise.all(stale.map(removeGroup));
  const owner: Owner = { pid: process.pid, start: startOf(process.pid) ?? '', ...own };
  await mkdir(dirname(file), { recursive: true });
  // Whole or not at all: the next node must be able to read it whenever this one is killed.
  await writeFile(`${file}.new`, JSON.stringify(owner));
  await rename(`${file}.new`, file);
  return swept;
}

/** When nothing is left of this owner's places. */
export async function giveUpOwnership(file: string, own: Ownership): Promise<void> {
  if (own.tmp) await rm(own.tmp, { recursive: true, force: true });
  const owner = await readOwner(file);
  if (owner && owner.pid !== process.pid && isAlive(owner)) return;
  await Promise.all(own.groups.map(removeGroup));
  await rm(file, { force: true });
}

async function clear({ groups, tmp }: Ownership): Promise<number> {
  const places = await clearGroups(groups);
  if (tmp) {
    await killCarriers(carriedBy(tmp));
    const names = await readdir(tmp).catch(() => []);
    for (const name of names) if (name.startsWith('whisklet-')) places.add(name);
    await rm(tmp, { recursive: true, force: true });
  }
  return places.size;
}

/** What every process of plain places below this folder has in its environment, and no other. */
export function carriedBy(folder: string): string {
  return `TMPDIR=${folder}/`;
}

function isAlive({ pid, start }: Owner): boolean {
  return isRunning(pid) && startOf(pid) === start;
}

async function readOwner(file: string): Promise<Owner | undefined> {
  let read: Json;
  try {
    read = JSON.parse(await readFile(file, 'utf8')) as Json;
  } catch {
    return undefined;
  }
  if (!isObject(read)) return undefined;
  const { pid, start, groups, tmp } = read;
  if (typeof pid !== 'number' || typeof start !== 'string' || !Array.isArray(groups)) return undefined;
  return { pid, start, groups: groups.map(String), ...(typeof tmp === 'string' && { tmp }) };
}
