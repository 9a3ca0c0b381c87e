import { existsSync, statfsSync } from 'node:fs';
import type { Bounds, FirstProcess } from './bounds.ts';
import {
  childrenOf,
  isRunning,
  isStopped,
  processesCarrying,
  processIds,
  proportionalBytes,
  residentBytes,
  signal,
  startOf,
} from './processes.ts';

export interface WatchOptions {
  /** Megabytes. */
  readonly memory: number;
  /** How the processes of the place are told from others: they are a namespace, or carry this text in their environment. */
  readonly members: 'namespace' | { readonly carrying: string };
}

/** As long as thousands of processes that start others without end may take until all are held: this one has a small part of the processors. */
const BOMB_MS = 60_000;
/** By then a place has its namespace. */
const FIRST_LOOK_MS = 20;

/**
 * Bounds for hosts without control groups: the memory of the place is looked at again and again, the more often
 * the closer it is to its limit, and the place is ended when it is over. The limit is therefore not exact: a
 * process that takes a gigabyte in a fifth of a second is seen afterwards. Pausing does nothing here.
 */
export class WatchedBounds implements Bounds {
  readonly joinFiles: readonly string[] = [];
  readonly #members: Members;
  #limit: number;
  #timer: NodeJS.Timeout | undefined;
  #isOver = false;
  #isEnding = false;
  #killing: Promise<void> | undefined;

  constructor({ memory, members }: WatchOptions) {
    this.#limit = memory * 1024 * 1024;
    this.#members = members === 'namespace' ? new Namespace() : new Carriers(members.carrying);
  }

  begin(first: FirstProcess): void {
    this.#members.first = first;
    this.#timer = setTimeout(() => this.#look(), FIRST_LOOK_MS);
    this.#timer.unref();
  }

  async resize(megabytes: number): Promise<void> {
    this.#limit = megabytes * 1024 * 1024;
    this.#look();
  }

  async pause(): Promise<void> {}

  async resume(): Promise<void> {}

  async ranOutOfMemory(): Promise<boolean> {
    return this.#isOver;
  }

  async kill(): Promise<void> {
    this.#isEnding = true;
    clearTimeout(this.#timer);
    this.#killing ??= this.#members.kill();
    await this.#killing;
  }

  async remove(): Promise<void> {
    this.#isEnding = true;
    clearTimeout(this.#timer);
  }

  #look(): void {
    clearTimeout(this.#timer);
    if (this.#isEnding || !this.#members.first) return;
    // Shared pages counted whole are an upper bound, which nearly always suffices.
    const room = this.#limit - this.#members.bytes(residentBytes);
    if (room < 0 && this.#members.bytes(proportionalBytes) > this.#limit) {
      this.#isOver = true;
      // Whoever destroys the place waits for the same promise, and hears of its failure.
      this.kill().catch(() => {});
      return;
    }
    this.#timer = setTimeout(() => this.#look(), nextLookMs(room));
    this.#timer.unref();
  }
}

/** Milliseconds until the next look, for a place that may take another `room` bytes: one megabyte a millisecond. */
export function nextLookMs(room: number): number {
  return Math.min(Math.max(room / (1024 * 1024), 20), 250);
}

interface Members {
  first: FirstProcess | undefined;
  bytes(of: (pid: number, proc: string) => number): number;
  kill(): Promise<void>;
}

/** All of a pid namespace, below the one process that the node started outside of it. */
class Namespace implements Members {
  first: FirstProcess | undefined;
  /** With its start, for its number may be another's one day. */
  #init: { readonly pid: number; readonly start: string | undefined } | undefined;

  bytes(of: (pid: number, proc: string) => number): number {
    const init = this.#findInit();
    if (init === undefined) return 0;
    const proc = `/proc/${init}/root/proc`;
    // Until it has entered its own root, what is seen there is the host's: in a namespace of its own we are not known.
    if (existsSync(`${proc}/self`)) return 0;
    const processes = processIds(proc).reduce((sum, pid) => sum + of(pid, proc), 0);
    return processes + filesIn(`/proc/${init}/root/tmp`) + filesIn(`/proc/${init}/root/dev/shm`);
  }

  async kill(): Promise<void> {
    const { first } = this;
    if (!first) return;
    // Stopped, it cannot start the namespace behind our back.
    first.kill('SIGSTOP');
    await until(() => isStopped(first.pid) || !isRunning(first.pid));
    const init = this.#findInit();
    // The end of its first process is the end of a pid namespace, which waits for all others in it.
    if (init !== undefined) signal(init, 'SIGKILL');
    first.kill('SIGKILL');
    await until(() => this.#findInit() === undefined && !isRunning(first.pid));
  }

  #findInit(): number | undefined {
    if (this.#init === undefined && this.first) {
      const [pid] = childrenOf(this.first.pid);
      if (pid !== undefined) this.#init = { pid, start: startOf(pid) };
    }
    const { pid, start } = this.#init ?? {};
    return pid !== undefined && isRunning(pid) && startOf(pid) === start ? pid : undefined;
  }
}

/** All processes with a text in their environment: for places that have no namespace. */
class Carriers implements Members {
  first: FirstProcess | undefined;
  readonly #text: string;

  constructor(text: string) {
    this.#text = text;
  }

  bytes(of: (pid: number, proc: string) => number): number {
    return processesCarrying(this.#text).reduce((sum, pid) => sum + of(pid, '/proc'), 0);
  }

  async kill(): Promise<void> {
    this.first?.kill('SIGKILL');
    await killCarriers(this.#text);
  }
}

/**
 * Kills every process with this text in its environment; answers how many. First all are stopped, because each that is killed makes
 * room for one more to those that go on. Who was told to stop starts no other, whether it has had a moment to stop or not: so all are
 * held when a look finds none that is new.
 */
export async function killCarriers(text: string): Promise<number> {
  const told = new Set<number>();
  // One that is just becoming another program shows no environment for a moment: looked for twice, it is seen.
  let looksInVain = 0;
  let looks = 0;
  await until(() => {
    const before = told.size;
    const carriers: number[] = [];
    for (const pid of processesCarrying(text)) {
      signal(pid, 'SIGSTOP');
      told.add(pid);
      carriers.push(pid);
    }
    // They may set each other going again: then it is to be as fast as they are.
    const areHeld = told.size === before || ++looks % 8 === 0;
    if (areHeld) for (const pid of carriers) signal(pid, 'SIGKILL');
    looksInVain = carriers.length === 0 ? looksInVain + 1 : 0;
    return looksInVain === 2;
  }, BOMB_MS);
  return told.size;
}

/** Bytes in a file system in memory; none when it is not one or cannot be seen. */
function filesIn(folder: string): number {
  try {
    const { type, bsize, blocks, bfree } = statfsSync(folder);
    return type === TMPFS_MAGIC ? (blocks - bfree) * bsize : 0;
  } catch {
    return 0;
  }
}

const TMPFS_MAGIC = 0x01021994;

async function until(holds: () => boolean, limitMs = 10_000): Promise<void> {
  const deadline = performance.now() + limitMs;
  for (let wait = 1; !holds(); wait = Math.min(wait * 2, 20)) {
    if (performance.now() > deadline) throw new Error('the processes of a place do not end');
    await Bun.sleep(wait);
  }
}
