import fs from 'node:fs';
import { join } from 'node:path';
import { openPipes } from './pipes.ts';

/**
 * Takes the standard streams away from the user's code, before any of it is loaded: the protocol moves to FIFOs, or to other
 * descriptors, which children do not inherit, 0 becomes /dev/null, and 1 and 2 become files without a name
 * (`capture.ts` reads them). Files, not pipes: whoever writes to them never waits for the shim, so that
 * `execSync` with inherited streams cannot lock up.
 */
export interface Streams {
  /** Frames from the node. */
  readonly input: number;
  /** Frames to the node. */
  readonly output: number;
  /** The stderr that the place was started with: for the shim's own last words. */
  readonly words: number;
  /** To read and truncate what was written to 1 and to 2. */
  readonly captured: readonly [number, number];
}

const { O_APPEND, O_CREAT, O_EXCL, O_RDONLY, O_RDWR, O_WRONLY } = fs.constants;

/** @param folder where the files of 1 and 2 are made, private to this place */
export function takeStreams(folder: string): Streams {
  const { input, output } = openPipes() ?? { input: duplicate(0, O_RDONLY), output: duplicate(1, O_WRONLY) };
  const words = duplicate(2, O_WRONLY);
  replace(0, '/dev/null', O_RDONLY);
  return { input, output, words, captured: [capture(1, folder), capture(2, folder)] };
}

/** Neither Node nor Bun has `dup`, but a pipe can be opened a second time through /proc. */
function duplicate(fd: number, flags: number): number {
  try {
    return fs.openSync(`/proc/self/fd/${fd}`, flags);
  } catch (error) {
    // A socket cannot, and neither can a pipe of another user.
    if (!process.versions.bun) throw error;
    return duplicateNatively(fd);
  }
}

function duplicateNatively(fd: number): number {
  const { F_DUPFD_CLOEXEC, FIRST } = { F_DUPFD_CLOEXEC: 1030, FIRST: 3 };
  const libc = openLibc();
  const copy = libc.symbols.fcntl(fd, F_DUPFD_CLOEXEC, FIRST);
  libc.close();
  if (copy < 0) throw new Error(`descriptor ${fd} cannot be duplicated`);
  return copy;
}

/** The C library under the names that glibc and musl give it. */
function openLibc() {
  const { dlopen } = require('bun:ffi') as typeof import('bun:ffi');
  const open = (name: string) => dlopen(name, { fcntl: { args: ['int', 'int', 'int'], returns: 'int' } });
  try {
    return open('libc.so.6');
  } catch {
    return open(process.arch === 'arm64' ? 'libc.musl-aarch64.so.1' : 'libc.musl-x86_64.so.1');
  }
}

function capture(fd: 1 | 2, folder: string): number {
  const path = join(folder, `stream-${fd}`);
  replace(fd, path, O_WRONLY | O_APPEND | O_CREAT | O_EXCL);
  const reader = fs.openSync(path, O_RDWR);
  fs.unlinkSync(path);
  return reader;
}

/** The lowest free number is always taken next, so what was closed just now is what open gives. */
function replace(fd: number, path: string, flags: number): void {
  fs.closeSync(fd);
  const opened = fs.openSync(path, flags, 0o600);
  if (opened !== fd) throw new Error(`descriptor ${fd} was taken by something else`);
}
