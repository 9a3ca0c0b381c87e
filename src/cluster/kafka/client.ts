import type { Admin, Kafka } from 'kafkajs';
import type { Events } from '../../observe/events.ts';

export interface KafkaOptions {
  /** `host:port`. */
  readonly brokers: readonly string[];
  /** Of the topics' and the groups' names. */
  readonly prefix: string;
  readonly node: string;
  readonly boot: string;
  /** Of the topic of work, when it has to be made. */
  readonly partitions: number;
  /** Of topics that have to be made; without it three, or as many as there are brokers. */
  readonly replication: number | undefined;
  /** Bytes that a message should be allowed to have, when topics have to be made. */
  readonly messageBytes: number;
  readonly security: KafkaSecurity;
  readonly events: Events;
}

export interface KafkaSecurity {
  readonly tls: boolean;
  /** PEM: certificates that those of brokers are signed by, and this node's own with its key. */
  readonly ca: string | undefined;
  readonly cert: string | undefined;
  readonly key: string | undefined;
  readonly mechanism: 'plain' | 'scram-sha-256' | 'scram-sha-512';
  readonly user: string | undefined;
  readonly password: string | undefined;
}

/** How what fails is tried again. */
export const RETRY = { initialRetryTime: 100, maxRetryTime: 1_000, factor: 0.2, multiplier: 2 };
export const REQUEST_MS = 5_000;
/** What is not there is looked for again so often. */
export const AGAIN_MS = 1_000;
const CONNECT_MS = 3_000;
const CLOSE_MS = 2_000;
/** How long the broker holds a fetch that finds nothing. What else goes over the same connection waits for it: commits, leaving. */
const FETCH_MS = 500;
/** The least that brokers allow: until then partitions of a node that died have no owner. */
export const SESSION_MS = 6_000;
const HEARTBEAT_MS = 1_000;
const REBALANCE_MS = 10_000;

/** @param retries how often what fails is tried again before it is given up: consumers of one client all try as often */
export async function clientOf(
  { brokers, prefix, node, security, events }: KafkaOptions,
  retries: number,
): Promise<Kafka> {
  const { Kafka, logLevel } = await import('kafkajs');
  await calmRequestQueue();
  const { user: username, password = '', mechanism, tls, ca, cert, key } = security;
  const sasl = username === undefined ? {} : { sasl: { mechanism: mechanism as 'plain', username, password } };
  return new Kafka({
    clientId: `${prefix}.${node}`,
    brokers: [...brokers],
    ...(tls ? { ssl: { ca, cert, key } } : {}),
    ...sasl,
    ...{ connectionTimeout: CONNECT_MS, requestTimeout: REQUEST_MS, retry: { ...RETRY, retries } },
    logLevel: logLevel.WARN,
    logCreator:
      () =>
      ({ namespace, log: { message, error } }) =>
        events.debug('kafkajs', `${namespace} ${message}${error ? `: ${error}` : ''}`),
  });
}

/** kafkajs 2.2.4 sets a timer with a time in the past, again and again: 3 to 5 % of a core for nothing. */
async function calmRequestQueue(): Promise<void> {
  const { default: RequestQueue } = await import('kafkajs/src/network/requestQueue/index.js');
  const { prototype } = RequestQueue;
  const schedule = prototype.scheduleCheckPendingRequests;
  if (schedule.name === 'onlyWhenPending') return;
  prototype.scheduleCheckPendingRequests = function onlyWhenPending(this: typeof prototype) {
    if (this.pending.length > 0) schedule.call(this);
  };
}

/** What consumers are like. @param retries how often each tries again what fails @param messageBytes that a message may have */
export function consuming(groupId: string, retries: number, messageBytes: number) {
  return {
    ...{ groupId, minBytes: 1, maxWaitTimeInMs: FETCH_MS, allowAutoTopicCreation: false },
    ...{ sessionTimeout: SESSION_MS, heartbeatInterval: HEARTBEAT_MS, rebalanceTimeout: REBALANCE_MS },
    maxBytesPerPartition: messageBytes,
    // One that crashed is put in order by who made it.
    retry: { ...RETRY, retries, restartOnFailure: async () => false },
  };
}

export async function connectedAdmin(kafka: Kafka): Promise<Admin> {
  const admin = kafka.admin({ retry: { ...RETRY, retries: 3 } });
  await admin.connect();
  return admin;
}

/** What it answers, or undefined when it takes too long or fails: of a connection that is given up nothing more is expected. */
export async function inTime<T>(ending: Promise<T> | undefined): Promise<T | undefined> {
  const limit = Promise.withResolvers<undefined>();
  const timer = setTimeout(() => limit.resolve(undefined), CLOSE_MS);
  try {
    return await Promise.race([ending, limit.promise]);
  } catch {
    return undefined;
  } finally {
    clearTimeout(timer);
  }
}
