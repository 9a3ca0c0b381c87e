import { resolve } from 'node:path';
import type { Exit, Place, Stdio } from '../../src/model/place.ts';
import { freePort } from './ports.ts';

const program = resolve(import.meta.dir, '../fixture/runtime/openwhisk.js');

/** The program of test/fixture/runtime/openwhisk.js as a process of this host: a place with an address. */
export class HttpPlace implements Place {
  readonly id: string;
  readonly address = { host: '127.0.0.1', port: freePort() };
  readonly stdio: Stdio;
  readonly exited: Promise<Exit>;
  readonly #child: Bun.Subprocess<'ignore', 'pipe', 'pipe'>;

  constructor(env: Readonly<Record<string, string>> = {}) {
    this.#child = Bun.spawn([process.execPath, program], {
      stdin: 'ignore',
      stdout: 'pipe',
      stderr: 'pipe',
      env: { PATH: process.env.PATH ?? '', BUN_BE_BUN: '1', PORT: String(this.address.port), ...env },
    });
    this.id = `test-${this.#child.pid}`;
    this.stdio = {
      write: () => undefined,
      onOutput: (listener) => void readAll(this.#child.stdout, listener),
      onErrors: (listener) => void readAll(this.#child.stderr, listener),
    };
    this.exited = this.#child.exited.then((code) => ({
      code: this.#child.signalCode ? null : code,
      signal: this.#child.signalCode as string | null,
      outOfMemory: false,
      lastWords: '',
    }));
  }

  async resize(): Promise<void> {}
  async pause(): Promise<void> {}
  async resume(): Promise<void> {}

  async destroy(): Promise<void> {
    this.#child.kill('SIGKILL');
    await this.exited;
  }
}

async function readAll(stream: ReadableStream<Uint8Array>, listener: (chunk: Uint8Array) => void): Promise<void> {
  for await (const chunk of stream) listener(chunk);
}
