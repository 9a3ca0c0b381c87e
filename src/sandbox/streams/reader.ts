import { closeSync, readSync } from 'node:fs';

export type Hear = (chunk: Uint8Array) => void;

/** What is being read; `close` closes the descriptor, too. */
interface Source {
  readonly ended: Promise<void>;
  close(): Promise<void>;
}

/** Our end of what a place writes. Nothing is read before somebody listens: the socket or pipe is the buffer. */
export class Reader {
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

export function openSocket(fd: number, hear: Hear): Source {
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

export function openPipe(fd: number, hear: Hear): Source {
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
  for (let taken = 0; ; ) {
    const { done, value } = await reader.read();
    if (done) return;
    if (!value) continue;
    hear(value);
    taken += value.length;
    if (taken < TURN_BYTES) continue;
    taken = 0;
    await nextTurn();
  }
}

/** What is taken of a pipe before all else has its turn: whoever writes faster than we hear would let nothing else happen here. */
const TURN_BYTES = 256 * 1024;

function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

interface ChunkReader {
  read(): Promise<{ readonly done: boolean; readonly value?: Uint8Array | undefined }>;
  cancel(): Promise<void>;
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
