import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { join } from 'node:path';
import { KafkaBus, type KafkaSecurity } from '../../src/cluster/kafka.ts';
import { Events } from '../../src/observe/events.ts';
import { KafkaBroker, kafkaJars } from '../util/kafka.ts';
import { need } from '../util/need.ts';
import { until } from '../util/until.ts';
import { temporaryFolder } from '../util/whisklet.ts';

const PASSWORD = 'a-secret-of-the-test';

if (need('Kafka broker', kafkaJars) && need('openssl', Bun.which('openssl'))) {
  describe('Kafka with TLS and SASL', () => {
    const folder = temporaryFolder();
    let broker: KafkaBroker;
    let security: KafkaSecurity;
    const opened: KafkaBus[] = [];

    beforeAll(async () => {
      makeCertificates(folder.path);
      broker = await KafkaBroker.startSecure(folder.path, PASSWORD);
      const read = (name: string) => Bun.file(join(folder.path, name)).text();
      security = {
        ...{ tls: true, ca: await read('ca.pem'), cert: await read('cert.pem'), key: await read('key.pem') },
        ...{ mechanism: 'scram-sha-512', user: 'whisklet', password: PASSWORD },
      };
    }, 60_000);
    afterAll(async () => {
      await Promise.all(opened.map((bus) => bus.close()));
      await broker?.end();
      folder.remove();
    });

    function open(node: string, more: Partial<KafkaSecurity>) {
      const events = new Events();
      const said: string[] = [];
      events.said.subscribe(({ level, text }) => {
        if (level === 'warn') said.push(text);
      });
      const bus = new KafkaBus({
        ...{ brokers: [broker.secureAddress], prefix: 'secure', node, boot: '1', events, partitions: 2 },
        ...{ replication: undefined, messageBytes: 2_000_000, security: { ...security, ...more } },
      });
      opened.push(bus);
      const heard: string[] = [];
      bus.start({
        moving: () => [],
        kept: () => undefined,
        assigned: () => undefined,
        work: () => undefined,
        heard: (value) => heard.push(new TextDecoder().decode(value)),
      });
      return { bus, heard, said };
    }

    test.each(['scram-sha-512', 'plain'] as const)(
      'a node with certificate and password hears itself: %s',
      async (mechanism) => {
        const { bus, heard } = open(`by-${mechanism}`, { mechanism });
        await until('it hears itself', async () => {
          if (!bus.facts) return false;
          await bus.send({ topic: 'members' }, new TextEncoder().encode(mechanism), 5_000);
          return heard.includes(mechanism);
        });
        expect(bus.facts?.partitions).toBe(2);
      },
    );

    test.each([
      ['a wrong password', { password: 'wrong' }],
      ['no certificate', { cert: undefined, key: undefined }],
      ['an authority that nobody here knows', { ca: undefined }],
    ])('a node with %s is told so, and goes on trying', async (_, wrong) => {
      const { bus, said } = open('nobody', wrong);
      await until('it is told', () => said.length > 0, 20_000);
      expect(said[0]).toStartWith('Kafka cannot be used, and is tried again: ');
      expect(said.join()).not.toContain(PASSWORD);
      expect(bus.facts).toBeUndefined();
    });
  });
}

/** An authority, and one certificate of it for 127.0.0.1, which both ends show. */
function makeCertificates(folder: string): void {
  const openssl = (...args: string[]) => {
    const { success, stderr } = Bun.spawnSync(['openssl', ...args], { cwd: folder, stderr: 'pipe' });
    if (!success) throw new Error(`openssl ${args[0]}: ${stderr}`);
  };
  const key = ['-newkey', 'rsa:2048', '-noenc'];
  openssl(
    'req',
    '-x509',
    ...key,
    '-keyout',
    'ca-key.pem',
    '-out',
    'ca.pem',
    '-days',
    '2',
    '-subj',
    '/CN=test authority',
  );
  openssl('req', ...key, '-keyout', 'key.pem', '-out', 'request.pem', '-subj', '/CN=whisklet');
  const extension = join(folder, 'extension');
  Bun.spawnSync(['sh', '-c', `echo 'subjectAltName=IP:127.0.0.1' >'${extension}'`]);
  const signed = ['-CA', 'ca.pem', '-CAkey', 'ca-key.pem', '-CAcreateserial', '-days', '2', '-extfile', 'extension'];
  openssl('x509', '-req', '-in', 'request.pem', '-out', 'cert.pem', ...signed);
  Bun.spawnSync(['sh', '-c', 'cat key.pem cert.pem >both.pem'], { cwd: folder });
}
