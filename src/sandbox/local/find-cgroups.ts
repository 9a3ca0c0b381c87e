import { existsSync } from 'node:fs';
import { access, constants, readFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { run } from '../run.ts';
import { CgroupsV1 } from './cgroup-v1.ts';
import { CgroupsV2 } from './cgroup-v2.ts';
import { type Cgroups, makeGroup, membersOf, setFile } from './cgroups.ts';

/**
 * Finds where this node may make control groups, by really making one:
 *
 *  1. v2, as root: a group of its own at the top.
 *  2. v2, as another user or in a container: below the group that the node runs in, when that is the node's alone (a
 *     systemd service or scope with `Delegate=yes`); else systemd's manager of that user, if it lingers, is asked to
 *     move the node into such a scope.
 *  3. v1, as root: below the groups that the node runs in.
 *
 * `name` tells this node's groups from those of others. Answers a sentence when there are none.
 */
export async function findCgroups(name: string): Promise<Cgroups | string> {
  const mounts = parseMounts(await readFile('/proc/self/mountinfo', 'utf8'));
  const own = parseOwnGroups(await readFile('/proc/self/cgroup', 'utf8'));
  const reasons: string[] = [];
  for (const find of [findV2, findV1]) {
    try {
      const found = await find(name, mounts, own);
      if (typeof found !== 'string') return await tried(found);
      reasons.push(found);
    } catch (error) {
      reasons.push((error as Error).message);
    }
  }
  return `no cgroups: ${reasons.join('; ')}`;
}

/** A hierarchy as it is mounted: v2, or one controller of v1. */
export interface CgroupMount {
  /** `memory` and so on; undefined for v2. */
  readonly controller: string | undefined;
  readonly mountPoint: string;
  /** The group that is seen at the mount point: `/` but in a container. */
  readonly root: string;
}

/** Reads `/proc/self/mountinfo` (proc_pid_mountinfo(5)). */
export function parseMounts(text: string): CgroupMount[] {
  return text.split('\n').flatMap((line): CgroupMount[] => {
    const [left, right] = line.split(' - ');
    const [type, , options] = right?.split(' ') ?? [];
    const [, , , root, mountPoint] = left?.split(' ') ?? [];
    if (root === undefined || mountPoint === undefined) return [];
    if (type === 'cgroup2') return [{ controller: undefined, mountPoint, root }];
    if (type !== 'cgroup') return [];
    const controllers = options?.split(',') ?? [];
    return controllers
      .filter((each) => each === 'memory' || each === 'pids' || each === 'freezer')
      .map((controller) => ({ controller, mountPoint, root }));
  });
}

/** Reads `/proc/self/cgroup` (cgroups(7)): controller to group, v2 under the empty name. */
export function parseOwnGroups(text: string): Map<string, string> {
  const groups = new Map<string, string>();
  for (const line of text.split('\n')) {
    const [, controllers, path] = /^\d+:([^:]*):(.*)$/.exec(line) ?? [];
    if (controllers === undefined || path === undefined) continue;
    for (const controller of controllers.split(',')) groups.set(controller, path);
  }
  return groups;
}

/** The folder of the group that the node itself runs in. */
export function ownFolder({ mountPoint, root }: CgroupMount, path: string): string {
  const below = root !== '/' && path.startsWith(root) ? path.slice(root.length) : path;
  return join(mountPoint, below);
}

async function findV2(
  name: string,
  mounts: readonly CgroupMount[],
  own: ReadonlyMap<string, string>,
): Promise<Cgroups | string> {
  const mount = mounts.find(({ controller }) => controller === undefined);
  if (!mount) return 'no v2 hierarchy';
  const controllers = await readFile(join(mount.mountPoint, 'cgroup.controllers'), 'utf8');
  if (!/\bmemory\b/.test(controllers)) return 'the v2 hierarchy has no memory controller';
  // Only the root of all groups, which a container does not see, has no type, and may have processes beside groups.
  const isTop = !existsSync(join(mount.mountPoint, 'cgroup.type'));
  const isRoot = process.getuid?.() === 0;
  const parent = isRoot && isTop ? mount.mountPoint : await delegatedFolder(mount, own.get('') ?? '/', name);
  if (parent === undefined) return 'the v2 hierarchy is not delegated to this process';
  await hand(parent, controllers);
  const folder = join(parent, name);
  await makeGroup(folder);
  await hand(folder, controllers);
  return new CgroupsV2(folder);
}

async function findV1(
  name: string,
  mounts: readonly CgroupMount[],
  own: ReadonlyMap<string, string>,
): Promise<Cgroups | string> {
  const folderOf = async (controller: string): Promise<string | undefined> => {
    const mount = mounts.find((each) => each.controller === controller);
    const path = own.get(controller);
    if (!mount || path === undefined) return undefined;
    const folder = join(ownFolder(mount, path), name);
    await makeGroup(folder);
    return folder;
  };
  const memory = await folderOf('memory');
  if (!memory) return 'no v1 hierarchy of memory';
  const pids = await folderOf('pids');
  const freezer = await folderOf('freezer');
  return new CgroupsV1({ ...(pids && { pids }), memory, ...(freezer && { freezer }) });
}

/** Makes and removes a group, so that what will not work is known now. */
async function tried(cgroups: Cgroups): Promise<Cgroups> {
  const group = await cgroups.create(`try-${process.pid}`, { memory: 64, pids: 64 });
  await group.remove();
  return cgroups;
}

/** Hands the controllers that places need down to the children of a group. */
async function hand(folder: string, available: string): Promise<void> {
  const handed = await readFile(join(folder, 'cgroup.subtree_control'), 'utf8');
  // Weights are equal by themselves: with the cpu controller no place can starve the others.
  for (const controller of ['memory', 'pids', 'cpu']) {
    const pattern = new RegExp(`\\b${controller}\\b`);
    if (!pattern.test(available) || pattern.test(handed)) continue;
    try {
      await setFile(join(folder, 'cgroup.subtree_control'), `+${controller}`);
    } catch (error) {
      if (controller === 'memory') throw error;
    }
  }
}

/** A group of this user in which no process is, the node having moved into a group below it. */
async function delegatedFolder(mount: CgroupMount, path: string, name: string): Promise<string | undefined> {
  const own = ownFolder(mount, path);
  if (basename(own) === NODE_GROUP) return dirname(own);
  const folder = (await isOurs(own)) ? own : await scopeOfOurs(mount, path, name);
  if (folder === undefined) return undefined;
  const node = join(folder, NODE_GROUP);
  await makeGroup(node);
  await setFile(join(node, 'cgroup.procs'), String(process.pid));
  return folder;
}

const NODE_GROUP = 'whisklet-node';

/** A group with processes cannot hand controllers down, and those of others are not ours to move. */
async function isOurs(folder: string): Promise<boolean> {
  try {
    await access(join(folder, 'cgroup.subtree_control'), constants.W_OK);
    return (await membersOf(folder)).every((pid) => pid === process.pid);
  } catch {
    return false;
  }
}

/** Asks systemd to move this process into a scope of its own that is delegated to the user. */
async function scopeOfOurs(mount: CgroupMount, path: string, name: string): Promise<string | undefined> {
  // Out of a service we must not move: systemd would think that it ended.
  if (!basename(path).endsWith('.scope')) return undefined;
  // Without lingering the user's manager, and all that it has, ends when the user logs out: a scope of a session need not.
  const linger = await run(['loginctl', 'show-user', String(process.getuid?.()), '--property=Linger'], 2_000);
  if (linger.output.trim() !== 'Linger=yes') return undefined;
  const manager = ['org.freedesktop.systemd1', '/org/freedesktop/systemd1', 'org.freedesktop.systemd1.Manager'];
  const unit = ['ssa(sv)a(sa(sv))', `${name}-${process.pid}.scope`, 'fail'];
  const properties = ['2', 'Delegate', 'b', 'true', 'PIDs', 'au', '1', String(process.pid), '0'];
  const call = ['busctl', '--user', 'call', ...manager, 'StartTransientUnit', ...unit, ...properties];
  const { code } = await run(call, 2_000);
  if (code !== 0) return undefined;
  const deadline = performance.now() + 2_000;
  while (performance.now() < deadline) {
    const now = parseOwnGroups(await readFile('/proc/self/cgroup', 'utf8')).get('') ?? path;
    const folder = ownFolder(mount, now);
    if (now !== path && (await isOurs(folder))) return folder;
    await Bun.sleep(5);
  }
  return undefined;
}
