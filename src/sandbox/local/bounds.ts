import type { Cgroup } from './cgroups.ts';

/**
 * What keeps one local place within its limits and ends all of it: a control group, or, where the host has none,
 * a watch of its processes (`watched-bounds.ts`).
 */
export interface Bounds {
  /** Files to which the place's first process writes `0` before it becomes anything else. */
  readonly joinFiles: readonly string[];
  /** The first process was started. */
  begin(first: FirstProcess): void;
  /** Megabytes. A place that uses more already ends as out of memory. */
  resize(megabytes: number): Promise<void>;
  pause(): Promise<void>;
  resume(): Promise<void>;
  ranOutOfMemory(): Promise<boolean>;
  /** Ends all processes of the place; resolves when none runs any more. */
  kill(): Promise<void>;
  /** After `kill`, or when nothing was begun: leaves nothing on the host. */
  remove(): Promise<void>;
}

/** The process that the node itself started; a signal after its end reaches nobody. */
export interface FirstProcess {
  readonly pid: number;
  kill(signal: 'SIGKILL' | 'SIGSTOP'): void;
}

export class CgroupBounds implements Bounds {
  readonly joinFiles: readonly string[];
  readonly #cgroup: Cgroup;
  #first: FirstProcess | undefined;
  #isOver = false;

  constructor(cgroup: Cgroup) {
    this.#cgroup = cgroup;
    this.joinFiles = cgroup.joinFiles;
  }

  begin(first: FirstProcess): void {
    this.#first = first;
  }

  async resize(megabytes: number): Promise<void> {
    if (await this.#cgroup.limitMemory(megabytes)) return;
    this.#isOver = true;
    await this.kill();
  }

  pause(): Promise<void> {
    return this.#cgroup.freeze();
  }

  resume(): Promise<void> {
    return this.#cgroup.thaw();
  }

  async ranOutOfMemory(): Promise<boolean> {
    return this.#isOver || (await this.#cgroup.ranOutOfMemory());
  }

  async kill(): Promise<void> {
    // It may not have joined yet; nothing but it can be outside.
    this.#first?.kill('SIGKILL');
    await this.#cgroup.kill();
  }

  remove(): Promise<void> {
    return this.#cgroup.remove();
  }
}
