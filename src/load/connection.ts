import { type Answer, ResponseReader } from './response.ts';

export interface ConnectionOptions {
  /** Takes a certificate that nobody vouches for, as `wsk -i`. */
  readonly insecure?: boolean;
}

/**
 * One keep-alive connection, one request at a time. Requests are sent as bytes that were made once, so that what is
 * measured is the server and not the client.
 *
 *     const connection = await Connection.open(address);
 *     const { status, body } = await connection.ask(request);
 */
export class Connection {
  readonly #socket: Bun.Socket<undefined>;
  readonly #state: State;

  private constructor(socket: Bun.Socket<undefined>, state: State) {
    this.#socket = socket;
    this.#state = state;
  }

  /** @param address `http://127.0.0.1:3233` @throws Error when nobody listens there, or is not who the certificate names */
  static async open(address: string, { insecure = false }: ConnectionOptions = {}): Promise<Connection> {
    const { hostname, port, protocol } = new URL(address);
    const isSecure = protocol === 'https:';
    const state: State = { reader: new ResponseReader(), waiting: undefined, unsent: undefined, ended: undefined };
    const greeted = Promise.withResolvers<void>();
    // Only a secure connection waits for it.
    greeted.promise.catch(() => undefined);
    const connecting = Bun.connect<undefined>({
      // A URL has an IPv6 address in brackets, which no socket understands.
      hostname: hostname.replace(/^\[(.*)\]$/, '$1'),
      port: Number(port || (isSecure ? 443 : 80)),
      ...(isSecure && { tls: { rejectUnauthorized: !insecure, serverName: hostname } }),
      socket: {
        data: (_socket, chunk) => take(state, chunk),
        drain: (open) => flush(open, state),
        handshake: (_socket, success, problem) => {
          if (insecure || (success && problem === null)) greeted.resolve();
          else greeted.reject(problem ?? new Error('no secure connection'));
        },
        error: (_socket, error) => {
          greeted.reject(error);
          end(state, error);
        },
        close: () => {
          const error = new Error('the server closed the connection');
          greeted.reject(error);
          end(state, error);
        },
      },
    });
    try {
      const socket = await connecting;
      if (isSecure) await greeted.promise;
      socket.setNoDelay(true);
      return new Connection(socket, state);
    } catch (error) {
      throw new Error(`no connection to ${address}: ${(error as Error).message}`, { cause: error });
    }
  }

  /** False once the server, or a fault, has ended it, and when an answer came before its request was sent. */
  get isOpen(): boolean {
    return this.#state.ended === undefined;
  }

  /** Rejects when the connection ends before the answer, or the answer cannot be understood. */
  ask(request: Uint8Array): Promise<Answer> {
    const state = this.#state;
    if (state.waiting) throw new Error('one request at a time');
    if (state.ended) return Promise.reject(state.ended);
    const waiting = Promise.withResolvers<Answer>();
    state.waiting = waiting;
    state.unsent = request;
    flush(this.#socket, state);
    return waiting.promise;
  }

  close(): void {
    this.#socket.end();
  }
}

interface State {
  readonly reader: ResponseReader;
  waiting: PromiseWithResolvers<Answer> | undefined;
  /** What the socket has not taken yet: of large requests. */
  unsent: Uint8Array | undefined;
  ended: Error | undefined;
}

function flush(socket: Bun.Socket<undefined>, state: State): void {
  if (!state.unsent) return;
  const sent = socket.write(state.unsent);
  state.unsent = sent < state.unsent.length ? state.unsent.subarray(Math.max(0, sent)) : undefined;
}

function take(state: State, chunk: Buffer): void {
  try {
    for (const answer of state.reader.push(chunk)) {
      const waiting = state.waiting;
      if (!waiting) throw new Error('an answer that nobody asked for');
      state.waiting = undefined;
      // What is left of a request that the server did not want whole would be the beginning of the next one.
      if (state.unsent) state.ended = new Error('answered before the request was sent');
      waiting.resolve(answer);
    }
  } catch (error) {
    end(state, error as Error);
  }
}

function end(state: State, error: Error): void {
  state.ended ??= error;
  state.waiting?.reject(error);
  state.waiting = undefined;
}
