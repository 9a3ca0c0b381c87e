import { join } from 'node:path';
import {
  type Cgroup,
  type CgroupLimits,
  type Cgroups,
  countIn,
  killGroups,
  makeGroup,
  makeWhole,
  removeGroup,
  setFile,
  writeIfThere,
} from './cgroups.ts';

/**
 * Control groups of version 2: one hierarchy. `folder` has the memory and pids controllers for its children.
 * Source: Documentation/admin-guide/cgroup-v2.rst of Linux.
 */
export class CgroupsV2 implements Cgroups {
  readonly version = 2;
  readonly folders: readonly string[];
  readonly #folder: string;

  constructor(folder: string) {
    this.#folder = folder;
    this.folders = [folder];
  }

  async create(id: string, { memory, pids }: CgroupLimits): Promise<Cgroup> {
    const folder = join(this.#folder, id);
    return makeWhole(new CgroupV2(folder), async (group) => {
      await makeGroup(folder);
      await Promise.all([
        group.limitMemory(memory),
        setFile(join(folder, 'pids.max'), String(pids)),
        // The limit is one of memory: without swap it is also one of time.
        writeIfThere(join(folder, 'memory.swap.max'), '0'),
        // Half of a place is of no use to anybody.
        writeIfThere(join(folder, 'memory.oom.group'), '1'),
      ]);
    });
  }
}

class CgroupV2 implements Cgroup {
  readonly joinFiles: readonly string[];
  readonly #folder: string;

  constructor(folder: string) {
    this.#folder = folder;
    this.joinFiles = [join(folder, 'cgroup.procs')];
  }

  /** Always true: what is over the new limit, and cannot be freed, ends as out of memory right here. */
  async limitMemory(megabytes: number): Promise<boolean> {
    await setFile(join(this.#folder, 'memory.max'), String(megabytes * 1024 * 1024));
    return true;
  }

  async freeze(): Promise<void> {
    await writeIfThere(join(this.#folder, 'cgroup.freeze'), '1');
  }

  async thaw(): Promise<void> {
    await writeIfThere(join(this.#folder, 'cgroup.freeze'), '0');
  }

  async ranOutOfMemory(): Promise<boolean> {
    return (await countIn(join(this.#folder, 'memory.events'), 'oom_kill')) > 0;
  }

  async kill(): Promise<void> {
    await killGroups([this.#folder]);
  }

  async remove(): Promise<void> {
    await removeGroup(this.#folder);
  }
}
