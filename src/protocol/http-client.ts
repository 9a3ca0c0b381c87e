import http from 'node:http';
import net from 'node:net';

/** What a runtime answered. */
export interface Reply {
  readonly status: number;
  /** The body, cut at the limit. */
  readonly text: string;
  /** Its whole length in bytes, only when it was cut. */
  readonly size?: number;
}

interface Address {
  readonly host: string;
  readonly port: number;
}

/**
 * Posts JSON to one runtime over connections that are kept open. node:http and not fetch, because an operator's
 * HTTP_PROXY must not come between a node and its own containers, and because connections must not outlive the container: its
 * address is the next one's.
 */
export class HttpClient {
  readonly #address: Address;
  readonly #maxBytes: number;
  readonly #agent = new http.Agent({ keepAlive: true });
  readonly #requests = new Set<http.ClientRequest>();
  #isClosed = false;

  /** @param maxBytes of an answer that are kept */
  constructor(address: Address, maxBytes: number) {
    this.#address = address;
    this.#maxBytes = maxBytes;
  }

  /** Rejects when no whole answer came. Without time limit: who gives up calls `close`. */
  async post(path: string, body: string): Promise<Reply> {
    try {
      return await this.#post(path, body);
    } catch (error) {
      // The runtime closed an idle connection in the moment in which it was to be used again.
      if (error instanceof StaleConnection && !this.#isClosed) return this.#post(path, body);
      throw error;
    }
  }

  /** Breaks off what is under way. */
  close(): void {
    this.#isClosed = true;
    for (const request of this.#requests) request.destroy();
    this.#agent.destroy();
  }

  #post(path: string, body: string): Promise<Reply> {
    const { promise, resolve, reject } = Promise.withResolvers<Reply>();
    const request = http.request({
      ...this.#address,
      path,
      method: 'POST',
      agent: this.#agent,
      headers: {
        Accept: 'application/json',
        'Content-Type': 'application/json',
        'Content-Length': Buffer.byteLength(body),
      },
    });
    let answered = false;
    request.on('response', (response) => {
      answered = true;
      readReply(response, this.#maxBytes).then(resolve, reject);
    });
    request.on('error', (error: NodeJS.ErrnoException) => {
      const isStale = !answered && request.reusedSocket && (error.code === 'ECONNRESET' || error.code === 'EPIPE');
      reject(isStale ? new StaleConnection() : error);
    });
    request.on('close', () => {
      this.#requests.delete(request);
      if (!answered) reject(new Error('the connection was closed'));
    });
    this.#requests.add(request);
    request.end(body);
    return promise;
  }
}

class StaleConnection extends Error {
  override readonly name = 'StaleConnection';
}

async function readReply(response: http.IncomingMessage, maxBytes: number): Promise<Reply> {
  const announced = Number(response.headers['content-length'] ?? Number.NaN);
  const parts: Buffer[] = [];
  let size = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    if (size < maxBytes) parts.push(chunk.subarray(0, maxBytes - size));
    size += chunk.length;
    // The rest is not worth reading when its length is known.
    if (size >= maxBytes && announced > size) {
      size = announced;
      break;
    }
  }
  const reply = { status: response.statusCode ?? 0, text: Buffer.concat(parts).toString() };
  return size > maxBytes ? { ...reply, size } : reply;
}

/** True when something accepts connections there now. */
export function listens(address: Address): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const socket = net.connect(address);
  socket.setTimeout(CONNECT_MS, () => resolve(false));
  socket.on('connect', () => resolve(true));
  socket.on('error', () => resolve(false));
  return promise.finally(() => socket.destroy());
}

const CONNECT_MS = 500;
