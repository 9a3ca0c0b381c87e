import { appendFile, writeFile } from 'node:fs/promises';
import { Api } from '../load/api.ts';
import { type BenchOptions, type BenchResult, Interrupted, runBench } from '../load/bench.ts';
import { systemClock } from '../load/drive.ts';
import { Line } from '../load/line.ts';
import { benchLines, benchPage } from '../load/report/bench-page.ts';
import type { ParsedBench } from './bench-options.ts';
import type { Io } from './io.ts';

export interface BenchCommandOptions {
  readonly parsed: ParsedBench;
  readonly version: string;
  readonly io: Io;
  /** Where signals come from; the process, but in tests. */
  readonly signals: Pick<NodeJS.EventEmitter, 'on' | 'off'>;
}

/** As a shell has it for a program that SIGINT ended. */
const INTERRUPTED = 130;

/**
 * `whisklet bench`: measures, and says what was measured. The first signal ends it early and takes its actions away, a second
 * one does not wait for that.
 *
 * @returns 0; 1 when no call succeeded or a record is missing or wrong; 130 when it was interrupted
 * @throws Error when the host cannot be measured
 */
export async function bench(command: BenchCommandOptions): Promise<number> {
  const { io, signals } = command;
  const controller = new AbortController();
  const again = Promise.withResolvers<number>();
  const stop = () => {
    if (controller.signal.aborted) return again.resolve(INTERRUPTED);
    io.err('bench: stopping; a second signal does not wait until its actions are removed');
    controller.abort();
  };
  signals.on('SIGTERM', stop);
  signals.on('SIGINT', stop);
  try {
    return await Promise.race([measure(command, controller.signal), again.promise]);
  } finally {
    signals.off('SIGTERM', stop);
    signals.off('SIGINT', stop);
  }
}

async function measure({ parsed, version, io }: BenchCommandOptions, signal: AbortSignal): Promise<number> {
  const { options, report, json } = parsed;
  try {
    // Minutes of measuring must not end with a folder that is not there.
    if (report !== undefined) await appendFile(report, '');
    const host = await describeHost(options, signal);
    const say = (what: string) => io.err(`bench: ${what}`);
    const result = await runBench(options, { clock: systemClock, random: Math.random, signal, say });
    const facts = { ...{ version, host }, address: options.address, date: new Date() };
    if (json) io.out(JSON.stringify({ version, host, address: options.address, date: facts.date, ...result }, null, 2));
    else for (const line of benchLines(result, options, facts)) io.out(line);
    if (report !== undefined) await writeFile(report, benchPage(result, options, facts));
    return isGood(result) ? 0 : 1;
  } catch (error) {
    if (!signal.aborted) throw error;
    io.err(error instanceof Interrupted ? 'bench: interrupted' : `bench: interrupted: ${(error as Error).message}`);
    return INTERRUPTED;
  }
}

function isGood({ calls, records: { looked, found, wrong } }: BenchResult): boolean {
  return calls > 0 && found === looked && wrong === 0;
}

/** What the host says that it is: `OpenWhisk API, build 2024-01-01 of 0123abc`. */
async function describeHost(options: BenchOptions, signal: AbortSignal): Promise<string> {
  const { address, auth, insecure, timeoutMs } = options;
  const line = new Line({ address, insecure, timeoutMs });
  const stop = () => line.close();
  signal.addEventListener('abort', stop);
  try {
    const { description, build, buildno } = await new Api(line, auth, new URL(address).host).about();
    return `${description}, build ${build} of ${buildno}`;
  } finally {
    signal.removeEventListener('abort', stop);
    line.close();
  }
}
