import { closeSync, readSync, writeSync } from 'node:fs';
import type { Stdio } from '../model/place.ts';
import { openStreams } from './descriptors.ts';

/**
 * The standard streams of a child process: a socket pair each for stdin and stdout, a pipe for stderr. `Bun.spawn` makes
 * them too, but reads them as streams, through which a frame takes two to three times as long. Bun has no call that makes
 * them alone, so libc is asked. Sockets rather than pipes, because Bun waits for those with one call less on each side and
 * hands over what came without promises: a frame to a child and back takes a quarter less.
 *
 *     const streams = new ChildStreams();
 *     const child = Bun.spawn(argv, { stdio: streams.childEnds });
 *     streams.releaseChildEnds();
 *
 * Every descriptor is closed exactly once: the child's ends by `releaseChildEnds`, ours by `close`, which the
 * owner calls when the child is gone. Errors of writing to a child that died are not errors here.
 */
export class ChildStreams implements Stdio {
  readonly childEnds: [number, number, number];
  readonly #input: Writer;
  readonly #output: Reader;
  readonly #errors: Reader;
  readonly #lastWords = new Tail(4096);
  #childEndsOpen = true;

  /** Throws when the process has no descriptors left. */
  constructor() {
    const [stdin, stdout, stderr] = openStreams();
    this.childEnds = [stdin.read, stdout.write, stderr.write];
    this.#input = new Writer(stdin.write);
    this.#output = new Reader(stdout.read, openSocket);
    this.#errors = new Reader(stderr.read, openPipe);
    this.#errors.listen((chunk) => this.#lastWords.add(chunk));
  }

  write(bytes: Uint8Array): void {
    this.#input.write(bytes);
  }

  onOutput(listener: Hear): void {
    this.#output.listen(listener);
  }

  onErrors(listener: Hear): void {
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

  /** Lets go of our ends. What is unread and fits into a socket or pipe still reaches a listener that comes later. */
  async close(): Promise<void> {
    this.releaseChildEnds();
    await Promise.all([this.#input.close(), this.#output.close(), this.#errors.close()]);
  }
}

/** Our end of stdin: written at once while it has room, else queued and continued by Bun's event loop. */
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

  /** How many bytes it took. */
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

type Hear = (chunk: Uint8Array) => void;

/** What is being read; `close` closes the descriptor, too. */
interface Source {
  readonly ended: Promise<void>;
  close(): Promise<void>;
}

/** Our end of stdout or stderr. Nothing is read before somebody listens: the socket or pipe is the buffer. */
class Reader {
  readonly #fd: number;
  readonly #open: (fd: number, hear: Hear) => Source;
  #listener: Hear | undefined;
  #source: Source | undefined;
  #unread: Uint8Array | undefined;
  #closed = false;

  constructor(fd: number, open: (fd: number, hear: Hear) => Source) {
    this.#fd = fd;
    this.#open = open;
  }

  get ended(): Promise<void> {
    return this.#source?.ended ?? Promise.resolve();
  }

  listen(listener: Hear): void {
    this.#listener = listener;
    if (this.#unread) {
      listener(this.#unread);
      this.#unread = undefined;
    }
    if (!this.#closed) this.#source ??= this.#open(this.#fd, (chunk) => this.#listener?.(chunk));
  }

  async close(): Promise<void> {
    this.#closed = true;
    if (this.#source) return this.#source.close();
    this.#unread = readRest(this.#fd);
    closeSync(this.#fd);
  }
}

function openSocket(fd: number, hear: Hear): Source {
  const end = Promise.withResolvers<void>();
  const options: Bun.FdSocketOptions = {
    fd,
    socket: { data: (_socket, chunk) => hear(chunk), close: () => end.resolve() },
  };
  // Bun's types describe these options, but not that `connect` takes them.
  const socket = Bun.connect(options as unknown as Bun.UnixSocketOptions);
  socket.catch(() => end.resolve());
  const close = async () => {
    // The descriptor is the socket's own.
    (await socket).terminate();
    await end.promise;
  };
  return { ended: end.promise, close };
}

function openPipe(fd: number, hear: Hear): Source {
  const reader: ChunkReader = Bun.file(fd).stream().getReader();
  const ended = handOn(reader, hear);
  const close = async () => {
    await reader.cancel();
    await ended;
    closeSync(fd);
  };
  return { ended, close };
}

async function handOn(reader: ChunkReader, hear: Hear): Promise<void> {
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    if (value) hear(value);
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
  const buffer = Buffer.alloc(REST_BYTES);
  try {
    return buffer.subarray(0, readSync(fd, buffer));
  } catch {
    return undefined;
  }
}

/** What is read at most of what nobody had read. */
const REST_BYTES = 256 * 1024;
