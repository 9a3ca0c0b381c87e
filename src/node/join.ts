import { hostname } from 'node:os';
import { join } from 'node:path';
import { Cluster, type ClusterOptions } from '../cluster/cluster.ts';
import { KafkaBus, type KafkaSecurity } from '../cluster/kafka.ts';
import type { Settings } from '../config.ts';
import { MB, type SystemLimits } from '../model/limits.ts';
import type { Accept } from '../model/work.ts';
import { firstLineOf, readSettingFile } from '../settings/files.ts';
import { build } from './build-info.ts';

/** What a node gives to its cluster besides what settings say. */
export type NodeParts = Omit<
  ClusterOptions,
  'bus' | 'node' | 'boot' | 'about' | 'maxTries' | 'standardMemory' | 'now'
> & {
  readonly address: string;
  readonly kinds: readonly string[];
};

/** Makes this node one of several; `start` connects it. */
export async function joinCluster(
  settings: Settings & { readonly kafka: readonly string[] },
  node: string,
  { address, kinds, ...parts }: NodeParts,
): Promise<Cluster> {
  const boot = crypto.randomUUID().slice(0, 8);
  const bus = new KafkaBus({
    ...{ brokers: settings.kafka, prefix: settings.kafkaPrefix, node, boot, events: parts.events },
    ...{ partitions: settings.kafkaPartitions, replication: settings.kafkaReplication },
    messageBytes: messageBytes(settings.limits),
    security: await security(settings),
  });
  return new Cluster({
    ...{ ...parts, bus, node, boot, maxTries: settings.maxTries, standardMemory: settings.limits.memory.std },
    about: { address, version: build.version, kinds },
    now: () => performance.now(),
  });
}

/** Work is put into Kafka; what cannot be put there now is taken on `here`. */
export function acceptInKafka(cluster: Pick<Cluster, 'accept'>, here: Accept): Accept {
  return async (works, begin, isBacked) => {
    const kept = await cluster.accept(works);
    if (kept.length > 0) await here(kept, begin, isBacked);
  };
}

/** The node's name: as it was set, or as it was made up at the first start. */
export async function nodeId({ nodeId: set, dataDir }: Pick<Settings, 'nodeId' | 'dataDir'>): Promise<string> {
  if (set !== undefined) return set;
  const file = Bun.file(join(dataDir, 'node-id'));
  const kept = (await file.exists()) ? (await file.text()).trim() : '';
  if (kept !== '') return kept;
  const made = `${hostname()
    .replace(/[^\w.-]/g, '-')
    .slice(0, 60)}-${crypto.randomUUID().slice(0, 4)}`;
  await Bun.write(file, `${made}\n`);
  return made;
}

async function security(settings: Settings): Promise<KafkaSecurity> {
  const { kafkaTls: tls, kafkaMechanism: mechanism, kafkaUser: user, kafkaPasswordFile: file } = settings;
  const read = (setting: string, path: string | undefined) =>
    path === undefined ? undefined : readSettingFile(setting, path);
  return {
    ...{ tls, mechanism, user },
    password: file === undefined ? settings.kafkaPassword : await firstLineOf('kafka-password-file', file),
    ca: await read('kafka-ca', settings.kafkaCa),
    cert: await read('kafka-cert', settings.kafkaCert),
    key: await read('kafka-key', settings.kafkaKey),
  };
}

/** So much the longest job or outcome takes, with what is around it. */
function messageBytes({ payloadBytes, parameterBytes, resultBytes, logs }: SystemLimits): number {
  return Math.max(payloadBytes + parameterBytes, resultBytes + logs.max * MB) + MB;
}
