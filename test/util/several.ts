import { type CouchServer, removeDatabases, startAnyCouch } from './couchdb.ts';
import { KafkaBroker, kafkaJars } from './kafka.ts';
import { need } from './need.ts';
import { TestNode, type TestNodeOptions } from './node.ts';
import { TcpProxy } from './tcp-proxy.ts';
import { until } from './until.ts';

/** Whether this machine can run several nodes; the file says what is missing. */
export function canRunSeveral(): boolean {
  return need('Kafka broker', kafkaJars) !== undefined;
}

/** Several nodes as processes of their own, on one Kafka broker and one CouchDB (or what npm has in its place). */
export class SeveralNodes {
  readonly broker: KafkaBroker;
  readonly couch: CouchServer;
  /** The store as nodes reach it: cut, it is away. */
  readonly storeProxy: TcpProxy;
  readonly nodes: TestNode[] = [];
  readonly #prefix = `t${crypto.randomUUID().slice(0, 8)}`;
  readonly #storeUrl: string;
  readonly #args: readonly string[];

  private constructor(
    broker: KafkaBroker,
    couch: CouchServer,
    store: { readonly proxy: TcpProxy; readonly url: string },
    args: readonly string[],
  ) {
    this.broker = broker;
    this.couch = couch;
    this.storeProxy = store.proxy;
    this.#storeUrl = store.url;
    this.#args = args;
  }

  /** @param args options of `serve` for all nodes */
  static start(count: number, ...args: string[]): Promise<SeveralNodes> {
    return SeveralNodes.startAt('127.0.0.1', count, ...args);
  }

  /** @param host where broker and store are reached */
  static async startAt(host: string, count: number, ...args: string[]): Promise<SeveralNodes> {
    const [broker, couch] = await Promise.all([KafkaBroker.start(host), startAnyCouch()]);
    const several = new SeveralNodes(broker, couch, await TcpProxy.before(couch.url, host), args);
    try {
      await Promise.all(Array.from({ length: count }, () => several.add()));
      await several.together();
    } catch (error) {
      await several.end();
      throw error;
    }
    return several;
  }

  /** One more node. */
  async add(options: TestNodeOptions = {}, ...args: string[]): Promise<TestNode> {
    const shared = ['--kafka', this.broker.address, '--kafka-prefix', this.#prefix, '--kafka-partitions', '8'];
    const store = ['--couchdb', this.#storeUrl, '--couchdb-prefix', `${this.#prefix}_`];
    const own = ['--node-id', `node-${this.nodes.length}`, '--drain-delay', '500 ms'];
    const node = new TestNode({ ...options, args: [...shared, ...store, ...own, ...this.#args, ...args] });
    this.nodes.push(node);
    return node.start();
  }

  /** Resolves when each of these nodes sees all of them. */
  async together(nodes: readonly TestNode[] = this.nodes): Promise<void> {
    await until(
      'the nodes see each other',
      async () => {
        const views = await Promise.all(nodes.map((node) => clusterOf(node)));
        return views.every(
          ({ members, partitions, kafka }) => kafka === 'up' && partitions > 0 && members.up === nodes.length,
        );
      },
      30_000,
    );
  }

  async end(): Promise<void> {
    await Promise.all(this.nodes.map((node) => node.end()));
    await Promise.all([this.broker.end(), this.storeProxy.cut()]);
    const prefix = `${this.#prefix}_`;
    const names = { subjects: `${prefix}subjects`, whisks: `${prefix}whisks`, activations: `${prefix}activations` };
    if (this.couch.isReal) await removeDatabases(this.couch, names);
    await this.couch.stop();
  }
}

export interface ClusterStatus {
  readonly kafka: 'up' | 'away';
  readonly state: string;
  readonly members: Readonly<Record<'up' | 'draining' | 'unresponsive' | 'down', number>>;
  readonly partitions: number;
  readonly queued: number;
  readonly inHand: number;
  readonly away: number;
  readonly overflowed: number;
  readonly accepted: number;
  readonly taken: number;
}

/** What a node says of its cluster. */
export async function clusterOf(node: TestNode): Promise<ClusterStatus> {
  const { json } = await node.ask('GET', '/status');
  return json.cluster as ClusterStatus;
}
