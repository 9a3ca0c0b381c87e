import { existsSync, mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { KafkaSecurity } from '../../src/cluster/kafka.ts';
import { freePorts } from './ports.ts';
import { temporaryFolder } from './whisklet.ts';

/**
 * A real Kafka broker on loopback, from the released jars: one process, its own controller (KRaft), a folder of its own that goes
 * with it. `scripts/kafka/setup.sh` fetches the jars, and WHISKLET_TEST_KAFKA says where they are:
 *
 *     WHISKLET_TEST_KAFKA=$(sh scripts/kafka/setup.sh) bun test test/contract/bus-kafka.test.ts
 */
export class KafkaBroker {
  readonly port: number;
  readonly #controllerPort: number;
  readonly #securePort: number | undefined;
  readonly #folder = temporaryFolder();
  readonly #host: string;
  #process: Bun.Subprocess | undefined;

  private constructor(host: string, port: number, controllerPort: number, securePort?: number) {
    this.#host = host;
    this.port = port;
    this.#controllerPort = controllerPort;
    this.#securePort = securePort;
  }

  /** @param host an address of this machine that its clients reach */
  static async start(host = '127.0.0.1'): Promise<KafkaBroker> {
    const [port, controllerPort] = freePorts(2);
    const broker = new KafkaBroker(host, port as number, controllerPort as number);
    await broker.#format({}, []);
    await broker.start();
    return broker;
  }

  /**
   * One that speaks TLS alone, asks for a certificate of the same authority, and for the password of `whisklet`: at `secureAddress`.
   *
   * @param folder with `ca.pem`, and `both.pem`: a certificate for 127.0.0.1 and its key
   */
  static async startSecure(folder: string, password: string): Promise<KafkaBroker> {
    const [port, controllerPort, securePort] = freePorts(3);
    const broker = new KafkaBroker('127.0.0.1', port as number, controllerPort as number, securePort);
    const plain = 'org.apache.kafka.common.security.plain.PlainLoginModule';
    const scram = 'org.apache.kafka.common.security.scram.ScramLoginModule';
    const settings = {
      'ssl.keystore.type': 'PEM',
      'ssl.keystore.location': join(folder, 'both.pem'),
      'ssl.truststore.type': 'PEM',
      'ssl.truststore.location': join(folder, 'ca.pem'),
      'listener.name.sasl_ssl.ssl.client.auth': 'required',
      'sasl.enabled.mechanisms': 'PLAIN,SCRAM-SHA-512',
      'listener.name.sasl_ssl.plain.sasl.jaas.config': `${plain} required user_whisklet="${password}";`,
      'listener.name.sasl_ssl.scram-sha-512.sasl.jaas.config': `${scram} required;`,
    };
    await broker.#format(settings, ['--add-scram', `SCRAM-SHA-512=[name=whisklet,password=${password}]`]);
    await broker.start();
    return broker;
  }

  /** `127.0.0.1:39092`. */
  get address(): string {
    return `${this.#host}:${this.port}`;
  }

  get secureAddress(): string {
    return `${this.#host}:${this.#securePort}`;
  }

  get pid(): number {
    if (!this.#process) throw new Error('the broker does not run');
    return this.#process.pid;
  }

  /** Starts it on its data, and waits until it answers. */
  async start(): Promise<void> {
    const output = Bun.file(join(this.#folder.path, 'broker.log'));
    // A process group of its own: what ends the tests' group ends it by `stop` only, and with all that it started.
    this.#process = Bun.spawn(['setsid', ...java('kafka.Kafka'), this.#settings], {
      stdio: ['ignore', output, output],
    });
    const deadline = performance.now() + READY_MS;
    while (!(await accepts(this.#host, this.port)) || !(await output.text()).includes('Kafka Server started')) {
      if (this.#process.exitCode !== null || performance.now() > deadline) {
        const said = await output.text();
        await this.stop('SIGKILL');
        throw new Error(`the broker did not start: ${said.slice(-2_000)}`);
      }
      await Bun.sleep(50);
    }
  }

  async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<void> {
    const child = this.#process;
    this.#process = undefined;
    if (!child || child.exitCode !== null) return;
    process.kill(-child.pid, signal);
    const timer = setTimeout(() => process.kill(-child.pid, 'SIGKILL'), STOP_MS);
    await child.exited;
    clearTimeout(timer);
  }

  /** Stops it, and removes its data. */
  async end(): Promise<void> {
    await this.stop('SIGKILL');
    this.#folder.remove();
  }

  get #settings(): string {
    return join(this.#folder.path, 'server.properties');
  }

  async #format(more: Readonly<Record<string, string>>, options: readonly string[]): Promise<void> {
    const data = join(this.#folder.path, 'data');
    mkdirSync(data);
    const [host, controller] = [this.#host, `${this.#host}:${this.#controllerPort}`];
    const secure = this.#securePort === undefined ? '' : `,SASL_SSL://${this.secureAddress}`;
    const settings = {
      'process.roles': 'broker,controller',
      'node.id': '1',
      'controller.quorum.voters': `1@${controller}`,
      listeners: `PLAINTEXT://${this.address},CONTROLLER://${controller}${secure}`,
      'advertised.listeners': `PLAINTEXT://${host}:${this.port}${secure}`,
      'controller.listener.names': 'CONTROLLER',
      'listener.security.protocol.map': 'CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT,SASL_SSL:SASL_SSL',
      'log.dirs': data,
      'offsets.topic.replication.factor': '1',
      'offsets.topic.num.partitions': '4',
      'transaction.state.log.replication.factor': '1',
      'transaction.state.log.min.isr': '1',
      'share.coordinator.state.topic.replication.factor': '1',
      'share.coordinator.state.topic.min.isr': '1',
      'group.initial.rebalance.delay.ms': '0',
      'auto.create.topics.enable': 'false',
      'num.network.threads': '2',
      'num.io.threads': '2',
      'log.cleaner.enable': 'false',
      ...more,
    };
    await Bun.write(
      this.#settings,
      Object.entries(settings)
        .map((pair) => pair.join('='))
        .join('\n'),
    );
    const id = Buffer.from(crypto.getRandomValues(new Uint8Array(16)))
      .toString('base64url')
      .replace(/^-/, 'A');
    const format = Bun.spawn(
      [...java('kafka.tools.StorageTool'), 'format', '-t', id, '-c', this.#settings, ...options],
      {
        stdio: ['ignore', 'pipe', 'pipe'],
      },
    );
    if ((await format.exited) !== 0)
      throw new Error(`format: ${await format.stdout.text()}${await format.stderr.text()}`);
  }
}

const READY_MS = 30_000;
const STOP_MS = 10_000;

/** Where the jars are, or undefined when this machine has none or no Java. */
export const kafkaJars: string | undefined = (() => {
  const folder = process.env.WHISKLET_TEST_KAFKA;
  if (!folder || !existsSync(folder) || !Bun.which('java') || !Bun.which('setsid')) return undefined;
  return readdirSync(folder).some((name) => /^kafka_.*\.jar$/.test(name)) ? folder : undefined;
})();

function java(main: string): string[] {
  const frugal = ['-Xms64m', '-Xmx256m', '-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1'];
  const log = ['-Dorg.slf4j.simpleLogger.defaultLogLevel=info', '-Dorg.slf4j.simpleLogger.logFile=System.out'];
  return ['java', ...frugal, ...log, '-cp', `${kafkaJars}/*`, main];
}

async function accepts(hostname: string, port: number): Promise<boolean> {
  try {
    const socket = await Bun.connect({ hostname, port, socket: { data: () => undefined } });
    socket.end();
    return true;
  } catch {
    return false;
  }
}

/** The settings of a broker that asks for nothing. */
export const openKafka: KafkaSecurity = {
  ...{ tls: false, ca: undefined, cert: undefined, key: undefined },
  ...{ mechanism: 'plain', user: undefined, password: undefined },
};
