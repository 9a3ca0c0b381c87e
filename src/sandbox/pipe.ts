import { dlopen, ptr } from 'bun:ffi';
import { closeSync, readSync, writeSync } from 'node:fs';
import type { Stdio } from '../model/place.ts';

/**
 * The standard streams of a child process as three real pipes. `Bun.spawn` makes socket pairs, through which a
 * frame takes two to three times as long; the price is that Bun has no call that makes a pipe, so libc is asked.
 *
 *     const pipes = new StdioPipes();
 *     const child = Bun.spawn(argv, { stdio: pipes.childEnds });
 *     pipes.releaseChildEnds();
 *
 * Every descriptor is closed exactly once: the child's ends by `releaseChildEnds`, ours by `close`, which the
 * owner calls when the child is gone. Errors of writing to a child that died are not errors here.
 */
export class StdioPipes implements Stdio {
  readonly childEnds: [number, number, number];
  readonly #input: Writer;
  readonly #output: Reader;
  readonly #errors: Reader;
  readonly #lastWords = new Tail(4096);
  #childEndsOpen = true;

  /** Throws when the process has no descriptors left. */
  constructor() {
    const [stdin, stdout, stderr] = openPipes(3) as [Pipe, Pipe, Pipe];
    this.childEnds = [stdin.read, stdout.write, stderr.write];
    this.#input = new Writer(stdin.write);
    this.#output = new Reader(stdout.read);
    this.#errors = new Reader(stderr.read);
    this.#errors.listen((chunk) => this.#lastWords.add(chunk));
  }

  write(bytes: Uint8Array): void {
    this.#input.write(bytes);
  }

  onOutput(listener: (chunk: Uint8Array) => void): void {
    this.#output.listen(listener);
  }

  onErrors(listener: (chunk: Uint8Array) => void): void {
    this.#errors.listen(listener);
  }

  /** The end of what came on stderr; empty when a listener took it. */
  get lastWords(): string {
    return this.#lastWords.text;
  }

  /** Once the child has them, or could not be started. Without it the end of the child's output is never seen. */
  releaseChildEnds(): void {
    if (!this.#childEndsOpen) return;
    this.#childEndsOpen = false;
    for (const fd of this.childEnds) closeSync(fd);
  }

  /** Resolves when all that the child and its children wrote has been handed on, as far as somebody listens. */
  async drained(): Promise<void> {
    await Promise.all([this.#output.ended, this.#errors.ended]);
  }

  /** Lets go of our ends. What is unread and fits into a pipe still reaches a listener that comes later. */
  async close(): Promise<void> {
    this.releaseChildEnds();
    await Promise.all([this.#input.close(), this.#output.close(), this.#errors.close()]);
  }
}

/** Our end of stdin: written at once while the pipe has room, else queued and continued by Bun's event loop. */
class Writer {
  readonly #fd: number;
  readonly #queue: Uint8Array[] = [];
  #sink: Bun.FileSink | undefined;
  #draining: Promise<void> | undefined;
  #broken = false;

  constructor(fd: number) {
    this.#fd = fd;
  }

  write(bytes: Uint8Array): void {
    if (this.#broken) return;
    if (this.#draining !== undefined) {
      this.#queue.push(copyOf(bytes));
      return;
    }
    const written = this.#writeNow(bytes);
    if (this.#broken || written === bytes.length) return;
    this.#queue.push(copyOf(bytes.subarray(written)));
    this.#draining = this.#drain();
  }

  async close(): Promise<void> {
    this.#broken = true;
    this.#queue.length = 0;
    await this.#draining;
    try {
      await this.#sink?.end();
    } catch {
      // The child is gone: nobody will miss what was left.
    }
    closeSync(this.#fd);
  }

  /** How many bytes the pipe took. */
  #writeNow(bytes: Uint8Array): number {
    let offset = 0;
    while (offset < bytes.length) {
      try {
        offset += writeSync(this.#fd, bytes, offset);
      } catch (error) {
        this.#broken = (error as NodeJS.ErrnoException).code !== 'EAGAIN';
        break;
      }
    }
    return offset;
  }

  async #drain(): Promise<void> {
    this.#sink ??= Bun.file(this.#fd).writer();
    try {
      for (let next = this.#queue.shift(); next; next = this.#queue.shift()) {
        await this.#sink.write(next);
        await this.#sink.flush();
      }
    } catch {
      this.#broken = true;
      this.#queue.length = 0;
    }
    this.#draining = undefined;
  }
}

/** Our end of stdout or stderr. Nothing is read before somebody listens: the pipe is the buffer. */
class Reader {
  readonly #fd: number;
  #listener: ((chunk: Uint8Array) => void) | undefined;
  #reader: ChunkReader | undefined;
  #unread: Uint8Array | undefined;
  #closed = false;
  ended: Promise<void> = Promise.resolve();

  constructor(fd: number) {
    this.#fd = fd;
  }

  listen(listener: (chunk: Uint8Array) => void): void {
    this.#listener = listener;
    if (this.#unread) {
      listener(this.#unread);
      this.#unread = undefined;
    }
    if (this.#reader || this.#closed) return;
    this.#reader = Bun.file(this.#fd).stream().getReader();
    this.ended = this.#read(this.#reader);
  }

  async close(): Promise<void> {
    this.#closed = true;
    if (this.#reader) await this.#reader.cancel();
    else this.#unread = readRest(this.#fd);
    await this.ended;
    closeSync(this.#fd);
  }

  async #read(reader: ChunkReader): Promise<void> {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      if (value) this.#listener?.(value);
    }
  }
}

interface ChunkReader {
  read(): Promise<{ readonly done: boolean; readonly value?: Uint8Array | undefined }>;
  cancel(): Promise<void>;
}

/** The last `size` bytes of what was added. */
class Tail {
  readonly #size: number;
  #bytes = Buffer.alloc(0);

  constructor(size: number) {
    this.#size = size;
  }

  add(chunk: Uint8Array): void {
    this.#bytes = Buffer.concat([this.#bytes, chunk.subarray(-this.#size)]).subarray(-this.#size);
  }

  get text(): string {
    return this.#bytes.toString();
  }
}

/** A buffer of its own: `slice` of a Buffer would share the memory, which the caller may use again. */
function copyOf(bytes: Uint8Array): Uint8Array {
  return new Uint8Array(bytes);
}

function readRest(fd: number): Uint8Array | undefined {
  const buffer = Buffer.alloc(PIPE_BYTES);
  try {
    return buffer.subarray(0, readSync(fd, buffer));
  } catch {
    return undefined;
  }
}

interface Pipe {
  readonly read: number;
  readonly write: number;
}

/** What a pipe holds by default on Linux. */
const PIPE_BYTES = 65536;
const O_NONBLOCK = 0o4000;
const O_CLOEXEC = 0o2000000;
const F_GETFL = 3;
const F_SETFL = 4;

/** The first pipe is for writing into the child, the others for reading from it: our ends do not block, its ends do. */
function openPipes(count: number): Pipe[] {
  const pipes: Pipe[] = [];
  try {
    for (let index = 0; index < count; index++) {
      const pipe = openPipe();
      pipes.push(pipe);
      const ours = index === 0 ? pipe.write : pipe.read;
      const { fcntl } = libc();
      fcntl(ours, F_SETFL, fcntl(ours, F_GETFL, 0) | O_NONBLOCK);
    }
  } catch (error) {
    for (const { read, write } of pipes) {
      closeSync(read);
      closeSync(write);
    }
    throw error;
  }
  return pipes;
}

function openPipe(): Pipe {
  const ends = new Int32Array(2);
  if (libc().pipe2(ptr(ends), O_CLOEXEC) !== 0) throw new Error('no pipe can be opened: too many open files');
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
        pipe2: { args: ['ptr', 'i32'], returns: 'i32' },
        fcntl: { args: ['i32', 'i32', 'i32'], returns: 'i32' },
      }).symbols;
    } catch {
      // The next name.
    }
  }
  throw new Error('the C library of this host could not be loaded');
}
