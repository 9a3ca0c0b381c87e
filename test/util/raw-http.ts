/** HTTP as no client would send it: bytes on a connection. */
export interface RawConnection {
  /** All that has come so far. */
  readonly text: string;
  write(text: string): void;
  /** Ends it at once. */
  drop(): void;
  /** Resolves when the other side has ended it. */
  readonly closed: Promise<void>;
}

export async function connect(address: string): Promise<RawConnection> {
  const { hostname, port } = new URL(address);
  const closed = Promise.withResolvers<void>();
  let text = '';
  const socket = await Bun.connect({
    hostname,
    port: Number(port),
    socket: {
      data: (_, chunk) => {
        text += chunk.toString('latin1');
      },
      close: () => closed.resolve(),
      error: () => closed.resolve(),
    },
  });
  return {
    get text() {
      return text;
    },
    write: (more) => void socket.write(more),
    drop: () => void socket.terminate(),
    closed: closed.promise,
  };
}
