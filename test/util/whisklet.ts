import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** The command line as its users meet it: processes of their own, from the sources or from an executable. */

const root = join(import.meta.dir, '../..');

/** How to start it from the sources. */
export const fromSource: readonly string[] = [process.execPath, join(root, 'src/main.ts')];

const READY_MS = 20_000;

export interface Ended {
  readonly out: string;
  readonly err: string;
  readonly exit: number;
}

export interface RunOptions {
  /** The program and its first arguments; from the sources without it. */
  readonly program?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
}

/** Runs a command to its end. */
export async function run(args: readonly string[], options: RunOptions = {}): Promise<Ended> {
  const child = start(args, options);
  const [out, err, exit] = await Promise.all([child.stdout.text(), child.stderr.text(), child.exited]);
  return { out, err, exit };
}

/** A node in a process of its own. */
export interface NodeProcess {
  readonly pid: number;
  /** `http://127.0.0.1:40123`. */
  readonly address: string;
  /** What it printed until it was ready. */
  readonly banner: string;
  /** Sends the signal, and answers the exit code (null when a signal ended it) with all that it printed. */
  end(signal?: NodeJS.Signals): Promise<{ exit: number | null; out: string; err: string }>;
}

/** Starts `serve` on a free port and waits until it is ready. Whoever starts it ends it. */
export async function startNode(args: readonly string[], options: RunOptions = {}): Promise<NodeProcess> {
  const child = start(['serve', '--port', '0', ...args], options);
  const errors = child.stderr.text();
  const reader = child.stdout.pipeThrough(new TextDecoderStream()).getReader();
  let out = '';
  const read = async (until: RegExp): Promise<boolean> => {
    while (!until.test(out)) {
      const { value, done } = await reader.read();
      if (done) return false;
      out += value;
    }
    return true;
  };
  const timer = setTimeout(() => child.kill('SIGKILL'), READY_MS);
  const isReady = await read(/^ {2}data .*\n/m);
  clearTimeout(timer);
  const address = /http:\/\/[\d.]+:\d+/.exec(out)?.[0];
  if (!isReady || !address) throw new Error(`the node did not get ready: ${out}${await errors}`);
  return {
    pid: child.pid,
    address,
    banner: out,
    async end(signal = 'SIGTERM') {
      child.kill(signal);
      await read(/never said/);
      await child.exited;
      return { exit: child.exitCode, out, err: await errors };
    },
  };
}

function start(args: readonly string[], { program = fromSource, env = {}, cwd }: RunOptions) {
  return Bun.spawn([...program, ...args], {
    ...(cwd === undefined ? {} : { cwd }),
    env: environment(env),
    stdio: ['ignore', 'pipe', 'pipe'],
  });
}

/** This process' environment without the settings in it, and with these ones: those of the tests are none of a node's. */
export function environment(settings: Readonly<Record<string, string>>): Record<string, string> {
  const inherited = Object.entries(process.env).filter(([name]) => !name.startsWith('WHISKLET_'));
  return { ...(Object.fromEntries(inherited) as Record<string, string>), ...settings };
}

/** An empty folder that `remove` takes away with all that is in it. */
export function temporaryFolder(): { readonly path: string; remove(): void } {
  const path = mkdtempSync(join(tmpdir(), 'whisklet-test-'));
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) };
}
