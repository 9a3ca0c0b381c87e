import { dlopen, type Pointer, ptr } from 'bun:ffi';
import { chmodSync, closeSync, constants, openSync } from 'node:fs';

/** Descriptors that Bun has no call for, made by libc. None goes to other children. */

/** Two ends: what is written to the one is read from the other. */
export interface Pair {
  readonly read: number;
  readonly write: number;
}

const O_NONBLOCK = 0o4000;
const O_CLOEXEC = 0o2000000;
const AF_UNIX = 1;
/** With close-on-exec. */
const SOCK_STREAM = 1 | O_CLOEXEC;
const SOL_SOCKET = 1;
const SO_SNDBUF = 7;
const SO_SNDBUFFORCE = 32;
const F_GETFL = 3;
const F_SETFL = 4;
const F_SETPIPE_SZ = 1031;
const FIFO_MODE = 0o666;
/** For a frame with the largest payload or result in one or two pieces. */
const FIFO_BYTES = 1024 * 1024;

/**
 * What a socket takes before its reader has read it: a whole frame with the largest payload or result. Of the kernel's own 200 kB such a
 * frame needs five, and both sides are woken for each. Root gets it, all others as much of it as the host allows (`net.core.wmem_max`).
 */
const sendBytes = new Int32Array([1.25 * 1024 * 1024]);

/** The first is for writing into the child, the others for reading from it: our ends do not block, its ends do. */
export function openStreams(): [Pair, Pair, Pair] {
  const [stdin, stdout, stderr] = openAll([openSockets, openSockets, openPipe]) as [Pair, Pair, Pair];
  const { fcntl } = libc();
  for (const ours of [stdin.write, stdout.read, stderr.read]) {
    fcntl(ours, F_SETFL, fcntl(ours, F_GETFL, 0) | O_NONBLOCK);
  }
  return [stdin, stdout, stderr];
}

/**
 * Makes FIFOs that every user may open who reaches them, and opens both ends of each, which do not block. A FIFO has no end before
 * both of its ends were closed here, and on the other side too.
 */
export function openFifos(paths: readonly string[]): Pair[] {
  return openAll(paths.map((path) => () => openFifo(path)));
}

function openFifo(path: string): Pair {
  const name = Buffer.from(`${path}\0`);
  if (libc().mkfifo(ptr(name), FIFO_MODE) !== 0) throw new Error(`${path} cannot be made`);
  // Whatever the umask.
  chmodSync(path, FIFO_MODE);
  const { O_NONBLOCK, O_RDONLY, O_WRONLY } = constants;
  // Reading first: nobody can write to a FIFO that nobody reads.
  const read = openSync(path, O_RDONLY | O_NONBLOCK);
  // The kernel counts what all pipes of another user have room for, and once that is 64 MB gives new ones next to none.
  if (process.getuid?.() === 0) libc().fcntl(read, F_SETPIPE_SZ, FIFO_BYTES);
  try {
    return { read, write: openSync(path, O_WRONLY | O_NONBLOCK) };
  } catch (error) {
    closeSync(read);
    throw error;
  }
}

/** All, or none. */
function openAll(opens: readonly (() => Pair)[]): Pair[] {
  const opened: Pair[] = [];
  try {
    for (const open of opens) opened.push(open());
    return opened;
  } catch (error) {
    for (const { read, write } of opened) {
      closeSync(read);
      closeSync(write);
    }
    throw error;
  }
}

function openSockets(): Pair {
  const pair = pairOf((ends) => libc().socketpair(AF_UNIX, SOCK_STREAM, 0, ends));
  const { setsockopt } = libc();
  for (const option of [SO_SNDBUFFORCE, SO_SNDBUF]) {
    if (setsockopt(pair.write, SOL_SOCKET, option, ptr(sendBytes), sendBytes.byteLength) === 0) break;
  }
  return pair;
}

function openPipe(): Pair {
  return pairOf((ends) => libc().pipe2(ends, O_CLOEXEC));
}

function pairOf(open: (ends: Pointer) => number): Pair {
  const ends = new Int32Array(2);
  if (open(ptr(ends)) !== 0) throw new Error('no pipe can be opened: too many open files');
  return { read: ends[0] as number, write: ends[1] as number };
}

type Libc = ReturnType<typeof openLibc>;
let opened: Libc | undefined;

function libc(): Libc {
  opened ??= openLibc();
  return opened;
}

/** The C library under the names that glibc and musl give it. */
function openLibc() {
  const musl = process.arch === 'arm64' ? 'libc.musl-aarch64.so.1' : 'libc.musl-x86_64.so.1';
  for (const name of ['libc.so.6', musl]) {
    try {
      return dlopen(name, {
        socketpair: { args: ['i32', 'i32', 'i32', 'ptr'], returns: 'i32' },
        pipe2: { args: ['ptr', 'i32'], returns: 'i32' },
        setsockopt: { args: ['i32', 'i32', 'i32', 'ptr', 'u32'], returns: 'i32' },
        mkfifo: { args: ['ptr', 'u32'], returns: 'i32' },
        fcntl: { args: ['i32', 'i32', 'i32'], returns: 'i32' },
      }).symbols;
    } catch {
      // The next name.
    }
  }
  throw new Error('the C library of this host could not be loaded');
}
