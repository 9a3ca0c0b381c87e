import { createHash } from 'node:crypto';
import { chmod, constants, copyFile, cp, mkdir, mkdtemp, realpath, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { ProvisionError } from '../sandbox.ts';
import { type Cgroups, removeGroup } from './cgroups.ts';
import { chooseIsolation } from './choose-isolation.ts';
import { findCgroups } from './find-cgroups.ts';
import type { Isolation } from './isolation.ts';
import type { Ownership } from './leftovers.ts';
import { makePlaceRoot, type PlaceRoot } from './place-root.ts';
import { canLimitUser } from './user-limit.ts';

export interface HostOptions {
  readonly dataDir: string;
  readonly shimsDir: string;
  readonly executable: string;
  readonly isolation?: Isolation['name'];
  readonly cgroups?: boolean;
  readonly uids?: Uids;
}

export interface Uids {
  readonly first: number;
  readonly count: number;
}

/** What this host has for local places. */
export interface LocalHost {
  /** Six letters that tell this data folder's places from those of other nodes on the host. */
  readonly mark: string;
  readonly root: PlaceRoot;
  readonly isolation: Isolation;
  /** A sentence when there are none. */
  readonly cgroups: Cgroups | string;
  /** Users for places; absent when the node itself is not root. */
  readonly uids: Uids | undefined;
  /** Where places can read the shims, and run the executable. */
  readonly shimsDir: string;
  readonly executable: string;
  readonly ownership: Ownership;
  readonly processes: ProcessLimits;
}

/**
 * How processes of a place are limited: by its group; by the user or the namespace that it has to itself; with all else of the node's
 * user; or not at all.
 */
export type ProcessLimits = 'limited by groups' | 'counted by place' | 'counted by user' | 'not limited';

/**
 * Finds out what this host has, by trying it.
 *
 * @throws ProvisionError when no code can be run here but as root
 */
export async function lookAtHost(options: HostOptions): Promise<LocalHost> {
  await mkdir(options.dataDir, { recursive: true });
  const dataDir = await realpath(options.dataDir);
  const hash = createHash('sha256').update(dataDir).digest();
  const uids = process.getuid?.() === 0 ? (options.uids ?? uidsFor(hash)) : undefined;
  const root = await makePlaceRoot({
    folder: join(dataDir, 'local', 'root'),
    executable: options.executable,
    uids: uids ?? { first: process.getuid?.() ?? 0, count: 1 },
  });
  const mark = hash.toString('hex').slice(0, 6);
  // Before any child is started: only a group in which this process is alone can be taken over.
  const cgroups = options.cgroups === false ? 'no cgroups: switched off' : await findCgroups(`whisklet-${mark}`);
  const isolation = await chooseIsolation({
    ...{ root, executable: options.executable, hidden: dataDir, uid: uids?.first },
    ...(options.isolation && { only: options.isolation }),
  });
  if (typeof isolation === 'string') {
    if (typeof cgroups !== 'string') await Promise.all(cgroups.folders.map(removeGroup));
    throw new ProvisionError(isolation);
  }
  const groups = typeof cgroups === 'string' ? [] : cgroups.folders;
  const hasOwnCount = isolation.hasNamespaces || uids !== undefined;
  const processes = typeof cgroups !== 'string' ? 'limited by groups' : await limitsWithoutGroups(hasOwnCount);
  const common = { mark, root, isolation, cgroups, uids, processes };
  const { shimsDir, executable } = options;
  if (isolation.hasNamespaces) return { ...common, shimsDir, executable, ownership: { groups } };
  const { tmp, ...open } = await makeOpenFolder(shimsDir, executable);
  return { ...common, ...open, ownership: { groups, tmp } };
}

async function limitsWithoutGroups(hasOwnCount: boolean): Promise<ProcessLimits> {
  if (hasOwnCount) return 'counted by place';
  return (await canLimitUser()) ? 'counted by user' : 'not limited';
}

export function describeHost({ isolation, cgroups, processes }: LocalHost): string {
  const limits =
    typeof cgroups === 'string'
      ? 'memory is watched rather than limited, for this node may not make control groups'
      : `memory and processes are limited by control groups (v${cgroups.version})`;
  const unlimited = processes === 'not limited' ? '; nothing limits their processes' : '';
  return `${isolation.sentence}; ${limits}${unlimited}`;
}

/** A thousand users, other ones for each data folder, so that nodes on one host do not share them. */
function uidsFor(hash: Buffer): Uids {
  return { first: 700_000 + (hash.readUInt32LE(0) % 1000) * 1000, count: 1000 };
}

interface OpenFolder {
  readonly tmp: string;
  readonly shimsDir: string;
  readonly executable: string;
}

/** For plain places: a folder outside of the data folder, which their users cannot enter. */
async function makeOpenFolder(shims: string, program: string): Promise<OpenFolder> {
  const tmp = await mkdtemp(join(tmpdir(), 'whisklet-'));
  await chmod(tmp, 0o711);
  const shimsDir = join(tmp, 'shims');
  await cp(shims, shimsDir, { recursive: true });
  if (process.getuid?.() !== 0 || (await isOpenToAll(program))) return { tmp, shimsDir, executable: program };
  const executable = join(tmp, 'whisklet');
  await copyFile(program, executable, constants.COPYFILE_FICLONE);
  await chmod(executable, 0o755);
  return { tmp, shimsDir, executable };
}

/** False of what lies in the home of root, as a clone of the sources may. */
async function isOpenToAll(file: string): Promise<boolean> {
  const MAY_EXECUTE = 0o001;
  for (let path = await realpath(file); ; path = dirname(path)) {
    if (((await stat(path)).mode & MAY_EXECUTE) === 0) return false;
    if (path === dirname(path)) return true;
  }
}
