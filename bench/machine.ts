import { arch, availableParallelism, cpus, loadavg, release, totalmem } from 'node:os';
import { join } from 'node:path';
import { Docker } from '../src/sandbox/docker.ts';

/** Without it a figure means nothing. */
export interface Machine {
  readonly cpu: string;
  readonly cores: number;
  /** Gigabytes. */
  readonly memory: number;
  readonly system: string;
  readonly bun: string;
  /** Undefined where no engine answers. */
  readonly docker: string | undefined;
  readonly commit: string;
  /** Of the minute before the bench, for each core. */
  readonly load: number;
}

export async function describeMachine(): Promise<Machine> {
  const cores = availableParallelism();
  return {
    cpu: cpus()[0]?.model ?? 'unknown',
    cores,
    memory: Math.round(totalmem() / 1024 ** 3),
    system: `Linux ${release()} ${arch()}`,
    bun: Bun.version,
    docker: await dockerVersion(),
    commit: await commit(),
    load: Math.round(((loadavg()[0] ?? 0) / cores) * 100) / 100,
  };
}

/** Whose figures are worth little: other work is going on. */
export function isBusy({ load }: Machine): boolean {
  return load > 0.5;
}

async function dockerVersion(): Promise<string | undefined> {
  try {
    return (await Docker.connect(process.env.DOCKER_HOST ?? '/var/run/docker.sock')).version;
  } catch {
    return undefined;
  }
}

async function commit(): Promise<string> {
  const git = async (...args: string[]) => {
    const run = Bun.spawn(['git', ...args], { cwd: join(import.meta.dir, '..'), stdio: ['ignore', 'pipe', 'ignore'] });
    return (await run.stdout.text()).trim();
  };
  try {
    const hash = await git('rev-parse', '--short=12', 'HEAD');
    return (await git('status', '--porcelain', '--untracked-files=no')) === '' ? hash : `${hash}+`;
  } catch {
    return 'without git';
  }
}
