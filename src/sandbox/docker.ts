import { existsSync } from 'node:fs';
import type { Duplex, Readable } from 'node:stream';
import type Dockerode from 'dockerode';
import { Patience } from './docker/patience.ts';

/**
 * The Docker engine as this project uses it; the only file that knows dockerode. Names are container names, memory
 * is in megabytes. What the engine refuses, or that it does not answer, is a `DockerError`.
 */
export class Docker {
  readonly #client: Dockerode;
  readonly #patience: Patience;
  /** What it is, for the operator: `20.10.24 (linux/amd64)`. */
  readonly version: string;
  /** True when it can put an init process into containers, which reaps what their runtime leaves behind. */
  readonly hasInit: boolean;
  /** The address of this host at which containers on the network reach it; undefined where it has none there. */
  readonly gateway: string | undefined;
  /** False when it is on another machine, whose files we cannot touch. */
  readonly isLocal: boolean;

  private constructor(client: Dockerode, patience: Patience, facts: Facts) {
    this.#client = client;
    this.#patience = patience;
    this.version = facts.version;
    this.hasInit = facts.hasInit;
    this.gateway = facts.gateway;
    this.isLocal = facts.isLocal;
  }

  /**
   * Finds out whether an engine answers, within a second where there is none.
   * @param address path of a socket, `unix:///path` or `tcp://host:port`
   * @throws DockerError of the kind `away` that says why
   */
  static async connect(address: string, network = 'bridge'): Promise<Docker> {
    const where = parseAddress(address);
    const path = where.socketPath;
    if (path && !existsSync(path)) throw new DockerError('away', `there is no socket ${path}`);
    // Loaded only now: it takes longer than everything else at start, and a node without Docker never needs it.
    const { default: Client } = await import('dockerode');
    const client = new Client(where as Dockerode.DockerOptions);
    const patience = new Patience();
    const asked = <T>(answer: Promise<T>, ms = ANSWER_MS) => answered(patience, answer, ms);
    await asked(Promise.resolve(client.ping()), PING_MS);
    const info: { InitBinary?: string } = await asked(client.info());
    const { ApiVersion, Arch, Version } = await asked(client.version());
    const bridge = await asked(client.getNetwork(network).inspect()).catch(() => undefined);
    return new Docker(client, patience, {
      version: `${Version} (API ${ApiVersion}, ${Arch})`,
      hasInit: Boolean(info.InitBinary),
      gateway: gatewayOf(bridge?.IPAM?.Config?.[0]),
      isLocal: path !== undefined,
    });
  }

  async create(name: string, options: ContainerOptions): Promise<void> {
    await this.#asked(this.#client.createContainer({ ...options, name }));
  }

  /**
   * Takes hold of a container's standard streams, which come in one stream (`Demultiplexer`). Before `start`, or
   * the first words are lost.
   */
  async attach(name: string, stdin: boolean): Promise<Duplex> {
    const options = { stream: true, stdin, stdout: true, stderr: true, hijack: true };
    return (await this.#asked(this.#client.getContainer(name).attach(options))) as Duplex;
  }

  async start(name: string): Promise<void> {
    await this.#asked(this.#client.getContainer(name).start());
  }

  async inspect(name: string): Promise<Inspection> {
    const { State, NetworkSettings } = await this.#asked(this.#client.getContainer(name).inspect());
    const networks = Object.values(NetworkSettings.Networks ?? {});
    const ip = networks.find((each) => each.IPAddress)?.IPAddress;
    const { Pid: pid, Running: running, ExitCode: exitCode, OOMKilled: outOfMemory } = State;
    return { pid, running, exitCode, outOfMemory, ip };
  }

  /** Resolves with the exit code when the container does not run any more. */
  async wait(name: string): Promise<number> {
    return (await this.#asked(this.#client.getContainer(name).wait(), Number.POSITIVE_INFINITY)).StatusCode;
  }

  async setMemory(name: string, megabytes: number, cpuShares: number): Promise<void> {
    const bytes = megabytes * 1024 * 1024;
    // Both in one call: the engine brings them into the order that the kernel accepts.
    const limits = { Memory: bytes, MemorySwap: bytes, CpuShares: cpuShares };
    await this.#asked(this.#client.getContainer(name).update(limits));
  }

  async pause(name: string): Promise<void> {
    await this.#asked(this.#client.getContainer(name).pause());
  }

  async unpause(name: string): Promise<void> {
    await this.#asked(this.#client.getContainer(name).unpause());
  }

  /** Kills it if it runs. Resolves when it is gone, also when it was not there. */
  async remove(name: string): Promise<void> {
    try {
      await this.#asked(this.#client.getContainer(name).remove({ force: true, v: true }));
    } catch (error) {
      // 409: someone else is removing it just now.
      if (error instanceof DockerError && (error.kind === 'missing' || error.kind === 'conflict')) return;
      throw error;
    }
  }

  /** Names of the containers with this label, with their labels. */
  async list(label: string): Promise<{ name: string; labels: Readonly<Record<string, string>> }[]> {
    const filters = { label: [label] };
    const found = await this.#asked(this.#client.listContainers({ all: true, filters }));
    return found.map(({ Names, Labels }) => ({ name: (Names[0] ?? '').replace(/^\//, ''), labels: Labels }));
  }

  async hasImage(image: string): Promise<boolean> {
    try {
      await this.#asked(this.#client.getImage(image).inspect());
      return true;
    } catch (error) {
      if (error instanceof DockerError && error.kind === 'missing') return false;
      throw error;
    }
  }

  /** Resolves when the image is here. */
  async pull(image: string): Promise<void> {
    // Without a tag the engine would pull all of them.
    const tagged = /[:@][^/]+$/.test(image) ? image : `${image}:latest`;
    for await (const _line of progress(await this.#asked(this.#client.pull(tagged), LONG_MS)));
  }

  /** Makes an image of one layer out of a tar of its files. @param changes lines of a Dockerfile */
  async importImage(tar: Readable, repo: string, tag: string, changes: readonly string[]): Promise<void> {
    const options = { repo, tag, changes: changes.join('\n') };
    const answer = await this.#asked(this.#client.importImage(tar as NodeJS.ReadableStream as never, options), LONG_MS);
    for await (const _line of progress(answer as Readable));
  }

  /** Builds an image from a tar of its context; gives what the build says, line by line. */
  async *build(context: Readable, options: BuildOptions): AsyncGenerator<string> {
    const { tag, args, labels, pull } = options;
    const request = { t: tag, buildargs: args, labels, pull, rm: true, forcerm: true, version: '1' };
    const answer = await this.#asked(this.#client.buildImage(context, request as Dockerode.ImageBuildOptions), LONG_MS);
    for await (const { stream } of progress(answer as Readable)) {
      if (typeof stream === 'string' && stream.trim()) yield stream.trimEnd();
    }
  }

  /** The images with this label: their tags, or the id of one that lost its last tag. */
  async images(label: string): Promise<string[]> {
    const filters = JSON.stringify({ label: [label] });
    const found = await this.#asked(this.#client.listImages({ filters }));
    return found.flatMap(({ Id, RepoTags }) => {
      const tags = (RepoTags ?? []).filter((tag) => tag !== '<none>:<none>');
      return tags.length > 0 ? tags : [Id];
    });
  }

  /** Takes the tag away, and the image with its last one; not when a container is made of it. */
  async removeImage(image: string): Promise<void> {
    await this.#asked(this.#client.getImage(image).remove());
  }

  /** What was asked is not waited for any more, and what will be is refused: a `DockerError` of the kind `away`. */
  giveUp(why: string): void {
    this.#patience.giveUp(new DockerError('away', why));
  }

  #asked<T>(answer: Promise<T>, timeoutMs = ANSWER_MS): Promise<T> {
    return answered(this.#patience, answer, timeoutMs);
  }
}

/** The body of the engine's `POST /containers/create`. */
export type ContainerOptions = Dockerode.ContainerCreateOptions;

interface Facts {
  readonly version: string;
  readonly hasInit: boolean;
  readonly gateway: string | undefined;
  readonly isLocal: boolean;
}

export interface Inspection {
  readonly pid: number;
  readonly running: boolean;
  readonly exitCode: number;
  readonly outOfMemory: boolean;
  readonly ip: string | undefined;
}

export interface BuildOptions {
  readonly tag: string;
  readonly args: Readonly<Record<string, string>>;
  readonly labels: Readonly<Record<string, string>>;
  /** Asks the registry for a newer base image even when one is here. */
  readonly pull: boolean;
}

/**
 * `away`: no engine answers. `missing`: it has no such container or image. `conflict`: not in this state.
 * `refused`: it cannot do it, and says why.
 */
export class DockerError extends Error {
  override readonly name = 'DockerError';
  readonly kind: 'away' | 'missing' | 'conflict' | 'refused';

  constructor(kind: DockerError['kind'], message: string) {
    super(message);
    this.kind = kind;
  }
}

const PING_MS = 900;
/** An engine that is alive but says nothing for so long is as good as gone. */
const ANSWER_MS = 60_000;
const LONG_MS = 600_000;

/**
 * Where dockerode is to look. What must not count is named as undefined, or it would ask the environment, as it does for
 * the certificates of an engine that `DOCKER_HOST` names.
 */
function parseAddress(address: string) {
  if (!address.includes('://') || address.startsWith('unix://')) {
    const socketPath = address.replace(/^unix:\/\//, '');
    return { socketPath, host: undefined, port: undefined, protocol: 'http' };
  }
  const url = /^(tcp|https?):/.test(address) ? URL.parse(address.replace(/^tcp:/, 'http:')) : null;
  if (!url) throw new DockerError('away', `'${address}' is not the address of an engine: a path, unix:// or tcp://`);
  return { socketPath: undefined, host: url.hostname, port: Number(url.port || 2375) };
}

/**
 * Docker names the gateway of its bridge only once it has been used; it is the first address of the subnet. An engine
 * in a virtual machine has a gateway that is not ours.
 */
function gatewayOf(config: { Gateway?: string | undefined; Subnet?: string | undefined } = {}): string | undefined {
  const gateway = config.Gateway ?? config.Subnet?.replace(/\.\d+\/\d+$/, '.1');
  return gateway !== undefined && isOurs(gateway) ? gateway : undefined;
}

/** Asked by listening there: a bridge without containers is down, and `os.networkInterfaces` leaves it out. */
function isOurs(address: string): boolean {
  try {
    Bun.listen({ hostname: address, port: 0, socket: { data() {} } }).stop(true);
    return true;
  } catch {
    return false;
  }
}

/** Waits for an answer, and puts what can go wrong into our words. */
async function answered<T>(patience: Patience, answer: Promise<T>, timeoutMs: number): Promise<T> {
  try {
    return await patience.for(answer, timeoutMs);
  } catch (error) {
    throw describe(error);
  }
}

function describe(error: unknown): DockerError {
  if (error instanceof DockerError) return error;
  const { statusCode, json, message } = error as { statusCode?: number; json?: { message?: string }; message: string };
  const why = json?.message ?? message;
  if (statusCode === undefined) return new DockerError('away', why);
  if (statusCode === 404) return new DockerError('missing', why);
  return new DockerError(statusCode === 409 || statusCode === 304 ? 'conflict' : 'refused', why);
}

/** The lines of JSON in which the engine tells how long work goes on; throws what it says went wrong. */
async function* progress(stream: NodeJS.ReadableStream): AsyncGenerator<Record<string, unknown>> {
  const decoder = new TextDecoder();
  let rest = '';
  try {
    for await (const chunk of stream as AsyncIterable<Uint8Array>) {
      const lines = (rest + decoder.decode(chunk, { stream: true })).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) if (line.trim()) yield readProgress(line);
    }
  } catch (error) {
    throw describe(error);
  }
  if (rest.trim()) yield readProgress(rest);
}

function readProgress(line: string): Record<string, unknown> {
  const said = JSON.parse(line) as Record<string, unknown>;
  if (typeof said.error === 'string') throw new DockerError('refused', said.error.trim());
  return said;
}
