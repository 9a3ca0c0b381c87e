import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';

/** Stands between a client and a server of this machine, and can be cut: then it refuses, and drops what was connected. */
export class TcpProxy implements AsyncDisposable {
  readonly #target: { readonly host: string; readonly port: number };
  readonly #host: string;
  readonly #open = new Set<Socket>();
  #server: Server | undefined;
  #port = 0;
  #isFrozen = false;

  private constructor(target: { readonly host: string; readonly port: number }, host: string) {
    this.#target = target;
    this.#host = host;
  }

  /** Before the server at this address; answers the same address through here. @param host where it listens */
  static async before(url: string, host = '127.0.0.1'): Promise<{ readonly proxy: TcpProxy; readonly url: string }> {
    const through = new URL(url);
    const proxy = new TcpProxy({ host: through.hostname, port: Number(through.port) }, host);
    await proxy.restore();
    through.hostname = host;
    through.port = String(proxy.#port);
    return { proxy, url: through.href };
  }

  /** Refuses, and drops what is connected. */
  async cut(): Promise<void> {
    const server = this.#server;
    this.#server = undefined;
    const closed = new Promise((resolve) => (server ? server.close(resolve) : resolve(undefined)));
    this.#drop();
    await closed;
  }

  /** Takes connections, and passes nothing on. */
  freeze(): void {
    this.#isFrozen = true;
    for (const socket of this.#open) socket.pause();
  }

  /** As if nothing had been; what was frozen is dropped. */
  async restore(): Promise<void> {
    if (this.#isFrozen) this.#drop();
    this.#isFrozen = false;
    if (this.#server) return;
    const server = createServer((client) => this.#join(client));
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(this.#port, this.#host, resolve);
    });
    this.#port = (server.address() as AddressInfo).port;
    this.#server = server;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.cut();
  }

  #join(client: Socket): void {
    const { host, port } = this.#target;
    const server = connect(port, host);
    for (const [socket, other] of [
      [client, server],
      [server, client],
    ] as const) {
      this.#open.add(socket);
      socket.setNoDelay(true);
      socket.on('error', () => other.destroy());
      socket.on('close', () => {
        this.#open.delete(socket);
        other.destroy();
      });
    }
    if (this.#isFrozen) return;
    client.pipe(server);
    server.pipe(client);
  }

  #drop(): void {
    for (const socket of this.#open) socket.destroy();
  }
}
