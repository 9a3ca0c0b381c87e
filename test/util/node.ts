import { join } from 'node:path';
import openwhisk from 'openwhisk';
import { docker, removeImages } from './docker.ts';
import { labelOf } from './docker-sandbox.ts';
import { need } from './need.ts';
import { type NodeProcess, type RunOptions, startNode, temporaryFolder } from './whisklet.ts';

/** The key of `guest` on a node that only this machine reaches. */
export const GUEST_KEY =
  '23bc46b1-71f6-4ed5-8c54-816aa4f8c502:123zO3xZCLrMN6v2BKK1dXYFpXlPkccOFqm12CdAsMgRU4VrNZ9lyGVCGuMDGIwP';

export type SandboxName = 'local' | 'docker';

/** Where nodes can run actions on this machine. Called once in a file: it says what is missing. */
export function sandboxes(): SandboxName[] {
  return need('Docker engine', docker) ? ['local', 'docker'] : ['local'];
}

export interface TestNodeOptions extends RunOptions {
  readonly sandbox?: SandboxName;
  /** Options of `serve` besides port, sandbox and data folder. */
  readonly args?: readonly string[];
  /** Instead of an empty folder of its own; whoever gives it removes it. */
  readonly dataDir?: string;
}

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  /** The body parsed, or undefined when it is not JSON. */
  // biome-ignore lint/suspicious/noExplicitAny: tests look into answers of any shape
  readonly json: any;
}

export interface Ask {
  /** A text goes as it is, anything else as JSON. */
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  /** `uuid:key`; null for none. The guest's without it. */
  readonly key?: string | null;
  readonly signal?: AbortSignal;
}

/**
 * A whole node in a process of its own, on a free port, with a data folder of its own.
 *
 *     const node = new TestNode();
 *     beforeAll(() => node.start());
 *     afterAll(() => node.end());
 */
export class TestNode {
  readonly dataDir: string;
  readonly sandbox: SandboxName;
  readonly #options: TestNodeOptions;
  readonly #folder: ReturnType<typeof temporaryFolder> | undefined;
  #process: NodeProcess | undefined;

  constructor(options: TestNodeOptions = {}) {
    this.#options = options;
    this.sandbox = options.sandbox ?? 'local';
    this.#folder = options.dataDir === undefined ? temporaryFolder() : undefined;
    this.dataDir = options.dataDir ?? join(this.#folder?.path as string, 'data');
  }

  /** @param more options of `serve` for this time only */
  async start(...more: string[]): Promise<this> {
    const { args = [], ...run } = this.#options;
    const own = ['--data-dir', this.dataDir, '--sandbox', this.sandbox];
    this.#process = await startNode([...own, ...args, ...more], run);
    return this;
  }

  /** Ends the process, and starts one on the same data. */
  async restart(signal?: NodeJS.Signals, ...more: string[]): Promise<void> {
    await this.stop(signal);
    await this.start(...more);
  }

  /** Ends the process; the data stays. Answers how it ended and what it printed. */
  async stop(signal?: NodeJS.Signals): Promise<{ exit: number | null; out: string; err: string }> {
    const { process } = this;
    this.#process = undefined;
    return process.end(signal);
  }

  /** Ends the process if it runs, and removes all that it made. */
  async end(): Promise<void> {
    if (this.#process) await this.stop();
    if (this.sandbox === 'docker') await removeImages(labelOf(this.dataDir));
    this.#folder?.remove();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.end();
  }

  get process(): NodeProcess {
    if (!this.#process) throw new Error('the node does not run');
    return this.#process;
  }

  get address(): string {
    return this.process.address;
  }

  /** The stock client for Node, as the guest. */
  get client(): openwhisk.Client {
    return openwhisk({ apihost: this.address, api_key: GUEST_KEY });
  }

  /** @param path below the address; without a slash in front, below `/api/v1/namespaces/_/` */
  async ask(method: string, path: string, { body, headers = {}, key = GUEST_KEY, signal }: Ask = {}): Promise<Answer> {
    const response = await fetch(this.address + (path.startsWith('/') ? path : `/api/v1/namespaces/_/${path}`), {
      method,
      headers: {
        ...(key === null ? {} : { authorization: `Basic ${btoa(key)}` }),
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
      ...(signal === undefined ? {} : { signal }),
    });
    const text = await response.text();
    return { status: response.status, headers: response.headers, text, json: parsed(text) };
  }

  /** Creates or updates an action of JavaScript code; `more` goes into the body beside it. */
  async put(name: string, code: string, more: object = {}): Promise<Answer> {
    const body = { exec: { kind: 'nodejs:default', code }, ...more };
    const answer = await this.ask('PUT', `actions/${name}?overwrite=true`, { body });
    if (answer.status !== 200) throw new Error(`PUT ${name}: ${answer.status} ${answer.text}`);
    return answer;
  }

  /** Invokes and waits; the answer has the whole record. */
  invoke(name: string, params: object = {}): Promise<Answer> {
    return this.ask('POST', `actions/${name}?blocking=true`, { body: params });
  }

  /** The pool as `GET /status` shows it. */
  async pool(): Promise<Pool> {
    const { json } = await this.ask('GET', '/status');
    return json.pool as Pool;
  }
}

export interface Pool {
  readonly active: number;
  readonly waiting: number;
  readonly memoryUsed: number;
  readonly starts: Readonly<Record<'cold' | 'prewarmed' | 'warm', number>>;
  /** How many containers of a kind are in a state. */
  readonly byKind: Readonly<Record<string, Readonly<Record<string, number>>>>;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
