import type { Admin } from 'kafkajs';
import type { KafkaOptions } from './client.ts';

const HOUR = 3_600_000;
/** Work that is not done in this time is lost: all nodes were away for so long. */
const WORK_KEPT_MS = 7 * 24 * HOUR;
/** What topics take when they do not say. */
export const STANDARD_MESSAGE_BYTES = 1_048_588;

/** Makes the topics that are missing; the first one is that of work. */
export async function makeTopics(
  admin: Admin,
  [work, ...others]: readonly [string, ...string[]],
  { partitions, replication, messageBytes }: Pick<KafkaOptions, 'partitions' | 'replication' | 'messageBytes'>,
): Promise<void> {
  const names = [work, ...others];
  const { brokers } = await admin.describeCluster();
  const replicationFactor = replication ?? Math.min(3, brokers.length);
  const inSync = Math.max(1, replicationFactor - 1);
  const kept = [WORK_KEPT_MS, HOUR, HOUR];
  const wanted = names.map((topic, index) => ({
    ...{ topic, replicationFactor, numPartitions: index === 0 ? partitions : 1 },
    configEntries: [
      { name: 'max.message.bytes', value: String(messageBytes) },
      { name: 'retention.ms', value: String(kept[index]) },
      { name: 'min.insync.replicas', value: String(inSync) },
    ],
  }));
  const existing = new Set(await admin.listTopics());
  const missing = wanted.filter(({ topic }) => !existing.has(topic));
  if (missing.length > 0) await admin.createTopics({ topics: missing, waitForLeaders: true });
}

/** The least that one of the topics allows: who may not ask gets what topics have when they do not say. */
export async function leastMessageBytes(admin: Admin, names: readonly string[]): Promise<number> {
  const { ConfigResourceTypes } = await import('kafkajs');
  try {
    const { resources } = await admin.describeConfigs({
      includeSynonyms: false,
      resources: names.map((name) => ({ type: ConfigResourceTypes.TOPIC, name, configNames: ['max.message.bytes'] })),
    });
    const found = resources.flatMap(({ configEntries }) => configEntries.map(({ configValue }) => Number(configValue)));
    return found.length > 0 ? Math.min(...found) : STANDARD_MESSAGE_BYTES;
  } catch {
    return STANDARD_MESSAGE_BYTES;
  }
}
