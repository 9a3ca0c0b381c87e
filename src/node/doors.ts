/** Code comes as base64 in JSON; no request is larger. */
const REQUEST_BYTES = 128 * 1024 * 1024;

type Answer = (request: Request) => Response | Promise<Response>;

/**
 * Where a node listens: one server for each address. It listens before it can answer, because containers are to be told the port;
 * who asks meanwhile waits.
 */
export class Doors {
  readonly port: number;
  readonly #servers: readonly Bun.Server<undefined>[];
  readonly #answer = Promise.withResolvers<Answer>();

  /** With port 0 the first address finds a free one, and the others take the same. @throws an error with the `port`, when it is taken */
  constructor(hosts: readonly string[], port: number) {
    const fetch = async (request: Request) => (await this.#answer.promise)(request);
    this.#servers = listen(hosts, port, fetch);
    this.port = this.#servers[0]?.port ?? port;
  }

  /** From now on, requests are answered. */
  open(answer: Answer): void {
    this.#answer.resolve(answer);
  }

  /** Lets nobody in any more. Resolves when the last answer has left. */
  async close(): Promise<void> {
    await Promise.all(this.#servers.map((server) => server.stop(false)));
  }

  /** Ends all connections. */
  async cut(): Promise<void> {
    await Promise.all(this.#servers.map((server) => server.stop(true)));
  }
}

function listen(hosts: readonly string[], port: number, fetch: (request: Request) => Promise<Response>) {
  const servers: Bun.Server<undefined>[] = [];
  try {
    for (const hostname of hosts) {
      const taken = servers[0]?.port ?? port;
      servers.push(Bun.serve({ hostname, port: taken, idleTimeout: 0, maxRequestBodySize: REQUEST_BYTES, fetch }));
    }
  } catch (error) {
    for (const server of servers) void server.stop(true);
    // Bun's error has it in its words alone.
    throw Object.assign(error as Error, { port: servers[0]?.port ?? port });
  }
  return servers;
}
