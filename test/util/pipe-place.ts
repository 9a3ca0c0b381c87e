import { dlopen, ptr } from 'bun:ffi';
import fs, { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Exit, Place, Stdio } from '../../src/model/place.ts';
import { FifoStreams } from '../../src/sandbox/docker/fifo-streams.ts';

const libc = dlopen('libc.so.6', { pipe2: { args: ['ptr', 'int'], returns: 'int' } });
const O_CLOEXEC = 0o2000000;

/** A pipe as a sandbox makes it; `Bun.spawn` itself gives its children socket pairs. */
function pipe(): { read: number; write: number } {
  const fds = new Int32Array(2);
  if (libc.symbols.pipe2(ptr(fds), O_CLOEXEC) !== 0) throw new Error('no pipe could be made');
  return { read: fds[0] as number, write: fds[1] as number };
}

/** A program and its arguments. */
export interface Command extends ReadonlyArray<string> {
  /** It is given FIFOs, as in a Docker container, and its stdin and stdout lead nowhere. */
  readonly hasFifos?: true;
}

export function overFifos(command: readonly string[]): Command {
  return Object.assign([...command], { hasFifos: true } as const);
}

/** A process on pipes as a place, with nothing that isolates it: what a protocol or a shim needs of a sandbox. */
export class PipePlace implements Place {
  readonly id: string;
  readonly stdio: Stdio;
  readonly exited: Promise<Exit>;
  /** The folder that it was given for temporary files. */
  readonly folder = mkdtempSync(join(tmpdir(), 'whisklet-test-'));
  readonly #child: Bun.Subprocess;
  readonly #fifos: FifoStreams | undefined;
  readonly #stdin: number;
  #stdinOpen = true;
  #writing = Promise.resolve();
  #listener: ((chunk: Uint8Array) => void) | undefined;
  #words = '';

  constructor(command: Command, env: Readonly<Record<string, string>> = {}) {
    const fifos = command.hasFifos ? new FifoStreams(join(this.folder, 'fifos')) : undefined;
    const input = pipe();
    const output = pipe();
    const errors = pipe();
    this.#child = Bun.spawn([...command], {
      stdin: fifos ? 'ignore' : input.read,
      stdout: fifos ? 'ignore' : output.write,
      stderr: errors.write,
      cwd: this.folder,
      env: {
        PATH: process.env.PATH ?? '',
        ...{ BUN_BE_BUN: '1', TMPDIR: this.folder, ...(fifos && { __WHISKLET_PIPES: fifos.folder }) },
        ...env,
      },
    });
    for (const fd of [input.read, output.write, errors.write]) fs.closeSync(fd);
    this.id = `test-${this.#child.pid}`;
    this.#stdin = input.write;
    this.#fifos = fifos;
    fifos?.onOutput((chunk) => {
      fifos.release();
      this.#listener?.(chunk);
    });
    this.stdio = {
      write: (bytes) => this.#write(bytes),
      onOutput: (listener) => {
        this.#listener = listener;
      },
      onErrors: () => undefined,
    };
    const ended = Promise.all([
      readAll(output.read, (chunk) => this.#listener?.(chunk)),
      readAll(errors.read, (chunk) => {
        this.#words = (this.#words + Buffer.from(chunk).toString()).slice(-4096);
      }),
      this.#child.exited.then(() => fifos?.drained()),
    ]);
    this.exited = ended.then(
      (): Exit => ({
        code: this.#child.signalCode ? null : this.#child.exitCode,
        signal: this.#child.signalCode as string | null,
        outOfMemory: false,
        lastWords: this.#words,
      }),
    );
  }

  get pid(): number {
    return this.#child.pid;
  }

  kill(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  /** What a node that is gone leaves: the end of the stream. */
  closeStdin(): void {
    if (!this.#stdinOpen) return;
    this.#stdinOpen = false;
    fs.closeSync(this.#stdin);
    void this.#fifos?.close();
  }

  async resize(): Promise<void> {}
  async pause(): Promise<void> {}
  async resume(): Promise<void> {}

  async destroy(): Promise<void> {
    this.#child.kill('SIGKILL');
    await this.#writing;
    this.closeStdin();
    await this.exited;
    await this.#fifos?.close();
    rmSync(this.folder, { recursive: true, force: true });
  }

  #write(bytes: Uint8Array): void {
    if (this.#fifos) this.#fifos.write(bytes);
    else this.#writing = this.#writing.then(() => this.#writeAll(bytes));
  }

  async #writeAll(bytes: Uint8Array): Promise<void> {
    for (let at = 0; at < bytes.length && this.#stdinOpen; ) {
      const count = await new Promise<number>((done) => {
        fs.write(this.#stdin, bytes, at, (error, written) => done(error ? -1 : written));
      });
      if (count < 0) return;
      at += count;
    }
  }
}

async function readAll(fd: number, take: (chunk: Uint8Array) => void): Promise<void> {
  try {
    for await (const chunk of Bun.file(fd).stream()) take(chunk);
  } finally {
    fs.closeSync(fd);
  }
}
