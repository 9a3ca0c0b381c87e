import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { until } from './until.ts';

/** One call of the kernel: `write(27<pipe:[1218584]>, "abc", 3) = 3`. */
export interface SystemCall {
  readonly thread: number;
  readonly name: string;
  /** From the opening bracket on, with the files behind descriptors. */
  readonly rest: string;
}

/** What all threads of a process ask of the kernel while `work` is done. Needs `strace`, and the right to look. */
export async function traced(pid: number, work: () => Promise<unknown>): Promise<SystemCall[]> {
  const folder = mkdtempSync(join(tmpdir(), 'whisklet-trace-'));
  const file = join(folder, 'trace');
  const tracer = Bun.spawn(['strace', '-f', '-y', '-s', '64', '-o', file, '-p', String(pid)], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  try {
    let said = '';
    const decoder = new TextDecoder();
    const listening = (async () => {
      for await (const chunk of tracer.stderr) said += decoder.decode(chunk);
    })();
    await until('strace is attached', () => said.includes('attached') || tracer.exitCode !== null);
    await work();
    tracer.kill('SIGINT');
    await tracer.exited;
    await listening;
    const calls = readFileSync(file, 'utf8').split('\n').flatMap(parseLine);
    if (calls.length === 0) throw new Error(`strace saw nothing: ${said}`);
    return calls;
  } finally {
    tracer.kill('SIGKILL');
    rmSync(folder, { recursive: true, force: true });
  }
}

/** The second half of a call that was interrupted by another thread's says nothing new. */
function parseLine(line: string): SystemCall[] {
  const match = /^(\d+) +(\w+)(\(.*)$/.exec(line);
  if (!match) return [];
  const [, thread, name, rest] = match as unknown as [string, string, string, string];
  return [{ thread: Number(thread), name, rest }];
}
