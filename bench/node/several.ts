import { Kafka, logLevel } from 'kafkajs';
import type { ClusterOptions, SandboxName } from '../options.ts';
import type { Cleanup } from '../process/cleanup.ts';
import { BenchNode } from './node.ts';

const TOGETHER_MS = 30_000;
const DATABASES = ['subjects', 'whisks', 'activations'];

/** Several nodes that share a Kafka and a CouchDB, with topics and databases of their own that go with them. */
export class SeveralNodes {
  readonly #nodes: BenchNode[] = [];
  readonly #sandbox: SandboxName;
  readonly #cleanup: Cleanup;
  readonly #args: readonly string[];

  constructor({ kafka, couchdb }: ClusterOptions, sandbox: SandboxName, cleanup: Cleanup) {
    const prefix = `bench${process.pid}${crypto.randomUUID().slice(0, 4)}`;
    this.#sandbox = sandbox;
    this.#cleanup = cleanup;
    this.#args = ['--kafka', kafka, '--kafka-prefix', prefix, '--couchdb', couchdb, '--couchdb-prefix', `${prefix}_`];
    cleanup.add(() => removeDatabases(couchdb, `${prefix}_`));
    cleanup.add(() => removeTopics(kafka, `${prefix}.`));
  }

  /** One more node. @param args options of `serve` for it */
  async add(name: string, ...args: string[]): Promise<BenchNode> {
    const node = await BenchNode.start({
      sandbox: this.#sandbox,
      args: [...this.#args, '--node-id', name, '--drain-delay', '0 ms', ...args],
    });
    this.#cleanup.add(() => node.stop());
    this.#nodes.push(node);
    return node;
  }

  /** Resolves when each of them sees all. */
  async together(): Promise<void> {
    const deadline = performance.now() + TOGETHER_MS;
    while (performance.now() < deadline) {
      const views = await Promise.all(this.#nodes.map((node) => node.clusterStatus()));
      if (views.every(({ members, partitions }) => members.up === this.#nodes.length && partitions > 0)) return;
      await Bun.sleep(100);
    }
    throw new Error('the nodes do not see each other');
  }
}

async function removeTopics(broker: string, prefix: string): Promise<void> {
  const admin = new Kafka({ clientId: 'bench', brokers: [broker], logLevel: logLevel.NOTHING }).admin();
  await admin.connect();
  const topics = (await admin.listTopics()).filter((name) => name.startsWith(prefix));
  if (topics.length > 0) await admin.deleteTopics({ topics });
  await admin.disconnect();
}

/** @param url with the user and password of an admin */
export async function removeDatabases(url: string, prefix: string): Promise<void> {
  for (const name of DATABASES) await askCouch(url, 'DELETE', `${prefix}${name}`);
}

/** @throws Error for an answer that is neither yes nor 404 */
export async function askCouch(url: string, method: string, path: string, body?: string): Promise<void> {
  const { username, password, origin } = new URL(url);
  const key = Buffer.from(`${decodeURIComponent(username)}:${decodeURIComponent(password)}`).toString('base64');
  const headers = { Authorization: `Basic ${key}`, 'Content-Type': 'application/json' };
  const answer = await fetch(`${origin}/${path}`, { method, headers, ...(body === undefined ? {} : { body }) });
  const text = await answer.text();
  if (!answer.ok && answer.status !== 404) throw new Error(`CouchDB answered ${answer.status}: ${text.slice(0, 300)}`);
}
