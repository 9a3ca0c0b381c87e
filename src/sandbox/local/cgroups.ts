import { existsSync } from 'node:fs';
import { constants, mkdir, readdir, readFile, rmdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { signal } from './processes.ts';

/**
 * Control groups: how the kernel keeps a place within its memory and number of processes, freezes it, and names
 * all that belongs to it. `cgroup-v1.ts` and `cgroup-v2.ts` implement this, `find-cgroups.ts` chooses.
 */
export interface Cgroups {
  readonly version: 1 | 2;
  /** Folders that hold the groups of all places of this node, one in each hierarchy. */
  readonly folders: readonly string[];
  create(id: string, limits: CgroupLimits): Promise<Cgroup>;
}

export interface CgroupLimits {
  /** Megabytes. */
  readonly memory: number;
  /** Processes and threads. */
  readonly pids: number;
}

/** The group of one place. */
export interface Cgroup {
  /** A process joins by writing `0` into each of them. */
  readonly joinFiles: readonly string[];
  /** Megabytes. False when more is in use already, and the kernel neither freed it nor ended anything. */
  limitMemory(megabytes: number): Promise<boolean>;
  freeze(): Promise<void>;
  thaw(): Promise<void>;
  /** True once the kernel ended something in it for want of memory. */
  ranOutOfMemory(): Promise<boolean>;
  /** Kills all that is in it; resolves when it is empty. */
  kill(): Promise<void>;
  /** Only when it is empty. */
  remove(): Promise<void>;
}

/**
 * Kills and removes every group below these folders. Answers the names of the groups: with v1 the same place has
 * one in each folder.
 */
export async function clearGroups(folders: readonly string[]): Promise<Set<string>> {
  const names = new Set((await Promise.all(folders.map(groupsIn))).flat());
  for (const name of names) {
    const groups = folders.map((folder) => join(folder, name));
    await killGroups(groups);
    await Promise.all(groups.map(removeGroup));
  }
  return names;
}

/** Kills what is in the groups of one place, frozen or not; resolves when they are empty. Throws after ten seconds. */
export async function killGroups(folders: readonly string[]): Promise<void> {
  const deadline = performance.now() + 10_000;
  for (let wait = 1; ; wait = Math.min(wait * 2, 20)) {
    const pids = (await Promise.all(folders.map(killOnce))).flat();
    // With v1 a frozen process dies only when it is thawed.
    await Promise.all(folders.map((folder) => writeIfThere(join(folder, 'freezer.state'), 'THAWED')));
    if (pids.length === 0) return;
    if (performance.now() > deadline) throw new Error(`processes of ${folders[0]} do not end: ${pids.join(' ')}`);
    await Bun.sleep(wait);
  }
}

/** Answers who was in it. */
async function killOnce(folder: string): Promise<number[]> {
  if (existsSync(join(folder, 'cgroup.kill'))) await writeIfThere(join(folder, 'cgroup.kill'), '1');
  // No new ones while the old ones are killed one by one: else a fork bomb might win.
  else await writeIfThere(join(folder, 'pids.max'), '0');
  const pids = await membersOf(folder);
  for (const pid of pids) signal(pid, 'SIGKILL');
  return pids;
}

/** Makes and limits a group; one that cannot be had whole is not there at all. */
export async function makeWhole<G extends Cgroup>(group: G, make: (group: G) => Promise<unknown>): Promise<G> {
  try {
    await make(group);
  } catch (error) {
    await group.remove();
    throw error;
  }
  return group;
}

/** Removes an empty group. The kernel may need a moment after its last process is gone. */
export async function removeGroup(folder: string): Promise<void> {
  const deadline = performance.now() + 5_000;
  for (;;) {
    try {
      await rmdir(folder);
      return;
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code === 'ENOENT') return;
      if (code !== 'EBUSY' || performance.now() > deadline) throw error;
      await Bun.sleep(2);
    }
  }
}

export async function makeGroup(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true });
}

export async function membersOf(folder: string): Promise<number[]> {
  try {
    return (await readFile(join(folder, 'cgroup.procs'), 'utf8')).split('\n').filter(Boolean).map(Number);
  } catch (error) {
    if (isGone(error)) return [];
    throw error;
  }
}

/** Some files are only there with some versions, controllers or kernels. */
export async function writeIfThere(file: string, text: string): Promise<void> {
  try {
    await setFile(file, text);
  } catch (error) {
    if (!isGone(error)) throw error;
  }
}

/** Never creates a file, and never asks to read it: `cgroup.kill` cannot be read, not even by its owner. */
export async function setFile(file: string, text: string): Promise<void> {
  await writeFile(file, text, { flag: constants.O_WRONLY });
}

/** The number after `name` in a file of lines such as `oom_kill 3`. */
export async function countIn(file: string, name: string): Promise<number> {
  try {
    const text = await readFile(file, 'utf8');
    return Number(new RegExp(`^${name} (\\d+)$`, 'm').exec(text)?.[1] ?? 0);
  } catch (error) {
    if (isGone(error)) return 0;
    throw error;
  }
}

async function groupsIn(folder: string): Promise<string[]> {
  try {
    const entries = await readdir(folder, { withFileTypes: true });
    return entries.filter((entry) => entry.isDirectory()).map(({ name }) => name);
  } catch (error) {
    if (isGone(error)) return [];
    throw error;
  }
}

/** ENODEV is what the kernel says of the files of a group that was just removed. */
function isGone(error: unknown): boolean {
  const { code } = error as NodeJS.ErrnoException;
  return code === 'ENOENT' || code === 'ENODEV';
}
