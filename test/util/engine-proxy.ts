import { mkdtempSync, rmSync } from 'node:fs';
import net from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Transform } from 'node:stream';

export interface EngineProxyOptions {
  /** It listens on a port, so that clients take the engine for one of another machine. */
  readonly isRemote?: boolean;
  readonly engine?: string;
}

/** A socket or port behind which the Docker engine of this host answers, until it is told to hang. */
export class EngineProxy {
  readonly #folder: string;
  readonly #server: net.Server;
  readonly #open = new Set<net.Socket>();
  #hangs = false;
  #hangsAt: RegExp | undefined;

  static async start(options: EngineProxyOptions = {}): Promise<EngineProxy> {
    const { engine = '/var/run/docker.sock', isRemote = false } = options;
    const proxy = new EngineProxy(engine);
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    proxy.#server.once('error', reject);
    if (isRemote) proxy.#server.listen(0, '127.0.0.1', resolve);
    else proxy.#server.listen(join(proxy.#folder, 'docker.sock'), resolve);
    await promise;
    return proxy;
  }

  private constructor(engine: string) {
    this.#folder = mkdtempSync(join(tmpdir(), 'whisklet-proxy-'));
    this.#server = net.createServer((client) => {
      const server = net.connect(engine);
      this.#keep(client);
      this.#keep(server);
      client.pipe(this.#gate()).pipe(server);
      server.pipe(this.#gate()).pipe(client);
    });
  }

  /** For `Docker.connect`. */
  get address(): string {
    const at = this.#server.address() as net.AddressInfo | string;
    return typeof at === 'string' ? at : `tcp://127.0.0.1:${at.port}`;
  }

  /**
   * From now on, or from the first request on whose text matches, nothing goes through: not on connections that are
   * open, not on new ones. None is closed.
   */
  hang(at?: RegExp): void {
    this.#hangsAt = at;
    this.#hangs = at === undefined;
  }

  recover(): void {
    this.#hangsAt = undefined;
    this.#hangs = false;
  }

  get isHanging(): boolean {
    return this.#hangs;
  }

  close(): void {
    for (const socket of this.#open) socket.destroy();
    this.#server.close();
    rmSync(this.#folder, { recursive: true, force: true });
  }

  #gate(): Transform {
    return new Transform({
      transform: (chunk: Buffer, _, done) => {
        if (this.#hangsAt?.test(chunk.toString('latin1'))) this.#hangs = true;
        if (this.#hangs) done();
        else done(null, chunk);
      },
    });
  }

  #keep(socket: net.Socket): void {
    this.#open.add(socket);
    socket.on('error', () => undefined);
    socket.on('close', () => this.#open.delete(socket));
  }
}
