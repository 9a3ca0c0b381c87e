import { existsSync, lstatSync, readlinkSync, statSync } from 'node:fs';
import { chmod, copyFile, mkdir, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';

/**
 * The root folder that places see instead of the host's: a skeleton of empty folders on which the few things
 * that a runtime needs are mounted, read-only, and an `/etc` of its own. One for all places of a node; made once, it
 * costs a start nothing.
 *
 *     /usr (/bin, /lib… as the host has them)   the host's programs and libraries
 *     /etc                                      names, certificates, resolver; users: root, nobody and the places'
 *     /whisklet/bin/bun, node                   this executable
 *     /whisklet/runtime                         the shim of the place's family
 *     /tmp /dev/shm                             private, in memory, limited
 *     /proc /dev                                of the place's own namespaces; the harmless devices
 */
export interface PlaceRoot {
  /** The skeleton on the host. */
  readonly folder: string;
  /** What every place sees of the host, read-only. */
  readonly mounts: readonly Mount[];
}

export interface Mount {
  readonly from: string;
  readonly to: string;
}

export const EXECUTABLE_IN_PLACE = '/whisklet/bin/bun';
export const RUNTIME_IN_PLACE = '/whisklet/runtime';

export interface PlaceRootOptions {
  readonly folder: string;
  readonly executable: string;
  /** Users that places run as: they get a name. */
  readonly uids: { readonly first: number; readonly count: number };
}

/** System folders of any Linux; where they are links into /usr, the places have the same links. */
const SYSTEM = ['/usr', '/bin', '/sbin', '/lib', '/lib32', '/lib64', '/libx32'];
/** Files of /etc that name resolution, time zones and the loader read. */
const COPIED = ['hosts', 'host.conf', 'nsswitch.conf', 'gai.conf', 'services', 'protocols', 'localtime', 'ld.so.cache'];
/** What may change while the node runs, or is large. */
const MOUNTED = ['resolv.conf', 'ssl', 'pki', 'ca-certificates', 'crypto-policies', 'alternatives'];

/** Makes the skeleton, or makes it again over an older one: places that run on it are not disturbed. */
export async function makePlaceRoot({ folder, executable, uids }: PlaceRootOptions): Promise<PlaceRoot> {
  const mounts: Mount[] = [];
  for (const path of ['proc', 'dev', 'etc', 'run', 'home', 'var']) await makeFolder(join(folder, path));
  await makeFolder(join(folder, 'tmp'));
  await makeLink('/tmp', join(folder, 'var/tmp'));
  for (const path of SYSTEM) {
    if (!existsSync(path)) continue;
    if (lstatSync(path).isSymbolicLink()) await makeLink(readlinkSync(path), join(folder, path));
    else mounts.push({ from: path, to: path });
  }
  for (const name of COPIED) {
    if (!existsSync(join('/etc', name))) continue;
    await copyFile(join('/etc', name), join(folder, 'etc', name));
    await chmod(join(folder, 'etc', name), 0o644);
  }
  for (const name of MOUNTED) {
    if (existsSync(join('/etc', name))) mounts.push({ from: join('/etc', name), to: join('/etc', name) });
  }
  for (const [name, text] of [
    ['passwd', passwd(uids)],
    ['group', group(uids)],
  ] as const) {
    await writeFile(join(folder, 'etc', name), text);
    await chmod(join(folder, 'etc', name), 0o644);
  }
  mounts.push({ from: executable, to: EXECUTABLE_IN_PLACE });
  await makeFolder(join(folder, RUNTIME_IN_PLACE));
  // It acts as either, for actions that start one.
  await makeFolder(join(folder, dirname(EXECUTABLE_IN_PLACE)));
  await makeLink('bun', join(folder, dirname(EXECUTABLE_IN_PLACE), 'node'));
  for (const mount of mounts) await makeMountPoint(folder, mount);
  return { folder, mounts };
}

/** An empty folder or file, as what is to be mounted there is one. */
export async function makeMountPoint(folder: string, { from, to }: Mount): Promise<void> {
  const point = join(folder, to);
  if (existsSync(point)) return;
  if (statSync(from).isDirectory()) {
    await makeFolder(point);
  } else {
    await makeFolder(dirname(point));
    await writeFile(point, '');
  }
}

/** Whatever the umask: places run as another user. */
async function makeFolder(path: string): Promise<void> {
  const first = await mkdir(path, { recursive: true });
  for (let at = path; first !== undefined && at.length >= first.length; at = dirname(at)) await chmod(at, 0o755);
}

async function makeLink(target: string, path: string): Promise<void> {
  try {
    await symlink(target, path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
}

function passwd(uids: PlaceRootOptions['uids']): string {
  const places = range(uids).map((uid) => `action:x:${uid}:${uid}::/tmp:/bin/sh`);
  return ['root:x:0:0::/:/bin/false', 'nobody:x:65534:65534::/:/bin/false', ...places, ''].join('\n');
}

function group(uids: PlaceRootOptions['uids']): string {
  const places = range(uids).map((gid) => `action:x:${gid}:`);
  return ['root:x:0:', 'nogroup:x:65534:', ...places, ''].join('\n');
}

function range({ first, count }: PlaceRootOptions['uids']): number[] {
  return Array.from({ length: count }, (_, index) => first + index);
}
