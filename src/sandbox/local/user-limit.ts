import { readFileSync } from 'node:fs';
import { run } from '../run.ts';
import { tasksOf } from './processes.ts';

/**
 * The limit of processes and threads (RLIMIT_NPROC) of places that are the node's own user, where no group limits them. The kernel
 * counts all that this user has: the node, other places, what the operator runs. So a place may have what there is when it starts,
 * and so many more; a fork bomb ends there instead of filling the host, but may until its end keep other places from starting anything.
 */

/** Of another container or namespace there may be more of this user than can be seen: so many may be missed. */
const UNSEEN = 64;

/** Whether the kernel counts what is seen here; else a limit might forbid a place all. Found out by trying. */
export async function canLimitUser(): Promise<boolean> {
  const limit = tasksOf(userId()) + UNSEEN;
  const { code } = await run(['/bin/sh', '-c', `${setProcessLimit(limit)}; /bin/sh -c : && :`], 5_000);
  return code === 0;
}

/** @param more processes and threads, beyond those that there are now; nobody may have more than what this process was given */
export function limitOfUser(more: number): number {
  return Math.min(tasksOf(userId()) + more, greatest());
}

/** For the shell; dash has another letter for it than the others. */
export function setProcessLimit(limit: number): string {
  return `ulimit -u ${limit} 2>/dev/null || ulimit -p ${limit} || exit 71`;
}

function userId(): number {
  return process.getuid?.() ?? 0;
}

function greatest(): number {
  const hard = /^Max processes +\S+ +(\d+)/m.exec(readFileSync('/proc/self/limits', 'utf8'))?.[1];
  return hard === undefined ? Number.POSITIVE_INFINITY : Number(hard);
}
