import { readdirSync, readFileSync } from 'node:fs';

/**
 * Processes as `/proc` shows them. Every question may be asked of a process that is gone already: it then has
 * no parent, no memory and no state. `proc` is another namespace's view: `/proc/<its first process>/root/proc`.
 */

export function processIds(proc = '/proc'): number[] {
  return read(() => readdirSync(proc), [])
    .filter((name) => /^\d+$/.test(name))
    .map(Number);
}

/** False for a zombie too: nothing of it runs, it only waits for its parent. */
export function isRunning(pid: number): boolean {
  const state = statOf(pid)?.[0];
  return state !== undefined && state !== 'Z' && state !== 'X';
}

export function isStopped(pid: number): boolean {
  return statOf(pid)?.[0] === 'T';
}

export function parentOf(pid: number): number | undefined {
  const parent = statOf(pid)?.[1];
  return parent === undefined ? undefined : Number(parent);
}

/** When it started, in ticks since the boot of this machine: with the pid it names a process for good. */
export function startOf(pid: number): string | undefined {
  return statOf(pid)?.[19];
}

export function childrenOf(pid: number): number[] {
  return processIds().filter((each) => parentOf(each) === pid);
}

/** Running processes that have `text` in the environment they were started with, or inherited; each as soon as it is found. */
export function* processesCarrying(text: string): Generator<number, void> {
  for (const pid of processIds()) {
    const environment = read(() => readFileSync(`/proc/${pid}/environ`, 'utf8'), '');
    if (environment.includes(text) && isRunning(pid)) yield pid;
  }
}

/** Bytes of memory that it has in use, pages shared with others counted whole. Cheap. */
export function residentBytes(pid: number, proc = '/proc'): number {
  const pages = read(() => readFileSync(`${proc}/${pid}/statm`, 'utf8'), '').split(' ')[1];
  return Number(pages ?? 0) * PAGE_BYTES;
}

/** Bytes of memory that it has in use, each shared page counted in parts. Dear: the kernel walks all its pages. */
export function proportionalBytes(pid: number, proc = '/proc'): number {
  const rollup = read(() => readFileSync(`${proc}/${pid}/smaps_rollup`, 'utf8'), '');
  return Number(/^Pss:\s+(\d+) kB$/m.exec(rollup)?.[1] ?? 0) * 1024;
}

/** Processes and threads of a user, as far as they are seen here. */
export function tasksOf(uid: number): number {
  return processIds().reduce((sum, pid) => {
    const status = read(() => readFileSync(`/proc/${pid}/status`, 'utf8'), '');
    const [, real] = /^Uid:\t(\d+)/m.exec(status) ?? [];
    const [, threads] = /^Threads:\t(\d+)/m.exec(status) ?? [];
    return Number(real ?? -1) === uid ? sum + Number(threads ?? 1) : sum;
  }, 0);
}

/** Sends a signal; a process that is gone, or is not ours, gets none. */
export function signal(pid: number, name: 'SIGKILL' | 'SIGSTOP'): void {
  read(() => process.kill(pid, name), false);
}

/** Pages are 16 or 64 KB on some arm64 kernels; `AT_PAGESZ` (6) of the auxiliary vector says it. */
const PAGE_BYTES = pageBytes();

function pageBytes(): number {
  const words = read(() => readFileSync('/proc/self/auxv'), Buffer.alloc(0));
  for (let at = 0; at + 16 <= words.length; at += 16) {
    if (words.readBigUInt64LE(at) === 6n) return Number(words.readBigUInt64LE(at + 8));
  }
  return 4096;
}

/** Fields of `/proc/<pid>/stat` from the third on, the state: the name before it may contain anything. */
function statOf(pid: number): string[] | undefined {
  const text = read(() => readFileSync(`/proc/${pid}/stat`, 'utf8'), undefined);
  return text?.slice(text.lastIndexOf(')') + 2).split(' ');
}

function read<T>(question: () => T, otherwise: T): T {
  try {
    return question();
  } catch {
    return otherwise;
  }
}
