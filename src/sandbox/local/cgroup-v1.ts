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

/** Folders for this node's groups in the hierarchies of the older cgroups. */
export interface V1Folders {
  readonly memory: string;
  readonly pids?: string;
  readonly freezer?: string;
}

/** Control groups of version 1: one hierarchy for each controller. Source: Documentation/admin-guide/cgroup-v1 of Linux. */
export class CgroupsV1 implements Cgroups {
  readonly version = 1;
  readonly folders: readonly string[];
  readonly #hierarchies: V1Folders;

  constructor(hierarchies: V1Folders) {
    this.#hierarchies = hierarchies;
    this.folders = Object.values(hierarchies);
  }

  async create(id: string, { memory, pids }: CgroupLimits): Promise<Cgroup> {
    const { memory: memoryRoot, pids: pidsRoot, freezer: freezerRoot } = this.#hierarchies;
    const group = new CgroupV1({
      memory: join(memoryRoot, id),
      ...(pidsRoot && { pids: join(pidsRoot, id) }),
      ...(freezerRoot && { freezer: join(freezerRoot, id) }),
    });
    return makeWhole(group, async () => {
      await group.make(pids);
      await group.limitMemory(memory);
    });
  }
}

class CgroupV1 implements Cgroup {
  readonly joinFiles: readonly string[];
  readonly #folders: V1Folders;
  #bytes = Number.POSITIVE_INFINITY;

  constructor(folders: V1Folders) {
    this.#folders = folders;
    // `tasks` rather than `cgroup.procs`: for one thread, itself, the kernel needs no lock over all processes.
    this.joinFiles = Object.values(folders).map((folder) => join(folder, 'tasks'));
  }

  async make(pids: number): Promise<void> {
    await Promise.all(Object.values(this.#folders).map(makeGroup));
    if (this.#folders.pids) await setFile(join(this.#folders.pids, 'pids.max'), String(pids));
  }

  async limitMemory(megabytes: number): Promise<boolean> {
    const bytes = megabytes * 1024 * 1024;
    const memory = join(this.#folders.memory, 'memory.limit_in_bytes');
    // With swap the sum has a limit of its own, which may never be the lower one.
    const sum = join(this.#folders.memory, 'memory.memsw.limit_in_bytes');
    const raises = bytes > this.#bytes;
    this.#bytes = bytes;
    try {
      if (raises) await writeIfThere(sum, String(bytes));
      await setFile(memory, String(bytes));
      if (!raises) await writeIfThere(sum, String(bytes));
      return true;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EBUSY') throw error;
      return false;
    }
  }

  async freeze(): Promise<void> {
    if (this.#folders.freezer) await writeIfThere(join(this.#folders.freezer, 'freezer.state'), 'FROZEN');
  }

  async thaw(): Promise<void> {
    if (this.#folders.freezer) await writeIfThere(join(this.#folders.freezer, 'freezer.state'), 'THAWED');
  }

  async ranOutOfMemory(): Promise<boolean> {
    return (await countIn(join(this.#folders.memory, 'memory.oom_control'), 'oom_kill')) > 0;
  }

  async kill(): Promise<void> {
    await killGroups(Object.values(this.#folders));
  }

  async remove(): Promise<void> {
    await Promise.all(Object.values(this.#folders).map(removeGroup));
  }
}
