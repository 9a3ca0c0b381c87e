import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Api } from '../../src/load/api.ts';
import { Connection } from '../../src/load/connection.ts';
import { encodeRequest } from '../../src/load/request.ts';
import type { SandboxName } from '../options.ts';
import { Program } from '../process/program.ts';
import { tree } from '../tree.ts';
import { removeImages } from './images.ts';
import { defaultKind, defaultStemCells } from './kind.ts';

/** How the node is started: from the sources, or the executable that was built of them. */
export type NodeCommand = readonly string[];

export const fromSource: NodeCommand = [process.execPath, join(tree, 'src/main.ts')];

export interface NodeOptions {
  readonly sandbox: SandboxName;
  readonly command?: NodeCommand;
  /** Its data; without it a fresh folder that is deleted with the node. */
  readonly dataDir?: string;
  readonly args?: readonly string[];
}

/** What `GET /status` says of the pool. */
export interface PoolStatus {
  /** Jobs in hand. */
  readonly active: number;
  readonly starts: Readonly<Record<'cold' | 'prewarmed' | 'warm', number>>;
  readonly byKind: Readonly<Record<string, Readonly<Record<string, number>>>>;
}

/** And of the nodes that it works with. */
export interface ClusterStatus {
  readonly members: Readonly<Record<string, number>>;
  readonly partitions: number;
  readonly overflowed: number;
}

/** A whole node in a process of its own, as an operator starts it: records stored, logs kept, keys checked. */
export class BenchNode {
  readonly address: string;
  /** `uuid:key` of guest. */
  readonly auth: string;
  readonly pid: number;
  readonly api: Api;
  readonly connection: Connection;
  readonly #program: Program;
  /** Takes away what the node leaves behind. */
  readonly #forget: () => Promise<void>;

  private constructor(program: Program, facts: Facts, connection: Connection, forget: () => Promise<void>) {
    this.#program = program;
    this.#forget = forget;
    this.pid = program.pid;
    this.address = facts.address;
    this.auth = facts.auth;
    this.connection = connection;
    this.api = new Api(connection, facts.auth);
  }

  /** Resolves when the node says that it is ready; its stem cells may still be starting. */
  static async start({ sandbox, command = fromSource, dataDir, args = [] }: NodeOptions): Promise<BenchNode> {
    const folder = dataDir === undefined ? mkdtempSync(join(tmpdir(), 'whisklet-bench-')) : undefined;
    const data = dataDir ?? (folder as string);
    const program = new Program(serveCommand(command, sandbox, data, 0, args));
    const forget = async () => {
      if (folder === undefined) return;
      rmSync(folder, { recursive: true, force: true });
      if (sandbox === 'docker') await removeImages(folder);
    };
    try {
      const facts = await readBanner(program);
      return new BenchNode(program, facts, await Connection.open(facts.address), forget);
    } catch (error) {
      await program.end();
      await forget();
      throw error;
    }
  }

  async status(): Promise<PoolStatus> {
    return (await this.#status()).pool;
  }

  /** Only of a node that was given a Kafka. */
  async clusterStatus(): Promise<ClusterStatus> {
    return (await this.#status()).cluster;
  }

  async #status(): Promise<{ readonly pool: PoolStatus; readonly cluster: ClusterStatus }> {
    const { body } = await this.connection.ask(encodeRequest({ method: 'GET', path: '/status' }));
    return JSON.parse(body.toString()) as { pool: PoolStatus; cluster: ClusterStatus };
  }

  /** Waits until nothing in the pool starts or ends. */
  atRest(): Promise<void> {
    return this.settled(0);
  }

  /** Waits until the pool is at rest: all wanted stem cells are there, and nothing starts or ends. */
  async settled(stemCells = defaultStemCells): Promise<void> {
    const deadline = performance.now() + SETTLE_MS;
    while (performance.now() < deadline) {
      const { byKind } = await this.status();
      const states = Object.values(byKind);
      const isMoving = states.some(
        ({ starting = 0, initializing = 0, closing = 0 }) => starting + initializing + closing,
      );
      if (!isMoving && (byKind[defaultKind.kind]?.prewarmed ?? 0) >= stemCells) return;
      await Bun.sleep(POLL_MS);
    }
    throw new Error(`the pool has no rest: ${JSON.stringify(await this.status())}`);
  }

  async stop(): Promise<void> {
    this.connection.close();
    await this.#program.end();
    await this.#forget();
  }
}

const SETTLE_MS = 60_000;
const POLL_MS = 5;

export function serveCommand(
  command: NodeCommand,
  sandbox: SandboxName,
  dataDir: string,
  port: number,
  args: readonly string[] = [],
): string[] {
  return [...command, 'serve', ...['--sandbox', sandbox, '--port', `${port}`, '--data-dir', dataDir], ...args];
}

interface Facts {
  readonly address: string;
  readonly auth: string;
}

/** What the node prints when it is ready. */
async function readBanner(program: Program): Promise<Facts> {
  const banner: string[] = [];
  for (let line = await program.line(); ; line = await program.line()) {
    banner.push(line);
    if (/^ {2}data /.test(line)) break;
  }
  const text = banner.join('\n');
  const address = /^ {2}address +(\S+)/m.exec(text)?.[1];
  const auth = /^ {2}guest +(\S+)/m.exec(text)?.[1];
  if (!address || !auth) throw new Error(`the node did not say where it is: ${text}`);
  return { address, auth };
}
