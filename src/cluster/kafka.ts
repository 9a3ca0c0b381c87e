import type { Admin, Consumer, Kafka, PartitionAssigner, Producer } from 'kafkajs';
import type { Events } from '../observe/events.ts';
import { type Assigned, type Bus, BusAway, type BusFacts, type BusListener, type Mark, type Target } from './bus.ts';
import { assignPartitions } from './choose.ts';
import { Lane } from './lane.ts';
import { pause } from './pause.ts';

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

/** How long the broker holds a fetch that finds nothing. What else goes over the same connection waits for it: commits, leaving. */
const FETCH_MS = 500;
/** Nothing else goes over the connection of the news, but the end of it waits, too. */
const NEWS_FETCH_MS = 1_000;
/** The least that brokers allow: until then partitions of a node that died have no owner. */
const SESSION_MS = 6_000;
const HEARTBEAT_MS = 1_000;
const REBALANCE_MS = 10_000;
const AGAIN_MS = 1_000;
const CONNECT_MS = 3_000;
const REQUEST_MS = 5_000;
const CLOSE_MS = 2_000;
/** As often the group's consumer tries again: when it is given up, its place is nobody's until its session is over. */
const PATIENTLY = 600;
const RETRY = { initialRetryTime: 100, maxRetryTime: 1_000, factor: 0.2, multiplier: 2 };
const HOUR = 3_600_000;
/** Work that is not done in this time is lost: all nodes were away for so long. */
const WORK_KEPT_MS = 7 * 24 * HOUR;
/** What topics take when they do not say. */
const STANDARD_MESSAGE_BYTES = 1_048_588;

/**
 * The bus over Kafka, by kafkajs, which is loaded when it is started. Three connections: one sends, one hears the news (results
 * and members, from its own start on, in a group of its own), one takes work (in the group of all nodes).
 */
export class KafkaBus implements Bus {
  readonly #options: KafkaOptions;
  readonly #topics: { readonly work: string; readonly members: string; readonly results: (node: string) => string };
  readonly #lanes = new Map<string, Lane>();
  /** Where the news is read from next, by topic. */
  readonly #positions = new Map<string, string>();
  #facts: BusFacts | undefined;
  #kafka: Kafka | undefined;
  #producer: Promise<Producer> | undefined;
  #news: Consumer | undefined;
  #work: Consumer | undefined;
  #listener: BusListener | undefined;
  /** Of the group of work, as it was last; the count of changes tells an answer that comes too late. */
  #owned: readonly number[] = [];
  #change = 0;
  #isAssigned = false;
  #isHeld = false;
  #isLeaving = false;
  #isClosed = false;
  #isWarned = false;
  #newsGroups = 0;

  constructor(options: KafkaOptions) {
    this.#options = options;
    const { prefix } = options;
    this.#topics = {
      work: `${prefix}.work`,
      members: `${prefix}.members`,
      results: (node) => `${prefix}.results.${node}`,
    };
  }

  get facts(): BusFacts | undefined {
    return this.#facts;
  }

  start(listener: BusListener): void {
    this.#listener = listener;
    void this.#begin();
  }

  async send(target: Target, value: Uint8Array, limitMs: number): Promise<void> {
    if (!this.#facts || this.#isClosed) throw new BusAway('there is no connection');
    const [topic, partition] =
      target.topic === 'work'
        ? [this.#topics.work, target.partition]
        : [target.topic === 'members' ? this.#topics.members : this.#topics.results(target.node), 0];
    let lane = this.#lanes.get(topic);
    if (!lane) {
      lane = new Lane(
        (batch) => this.#produce(topic, batch),
        () => this.#facts?.messageBytes ?? 0,
      );
      this.#lanes.set(topic, lane);
    }
    await lane.push({ partition, value }, limitMs);
  }

  async commit(marks: readonly Mark[]): Promise<void> {
    if (!this.#work || !this.#isAssigned) throw new BusAway('no partition is owned now');
    const offsets = marks.map(({ partition, offset, note }) => ({
      ...{ topic: this.#topics.work, partition },
      offset: String(offset),
      metadata: note,
    }));
    try {
      await this.#work.commitOffsets(offsets);
    } catch (error) {
      throw new BusAway((error as Error).message);
    }
  }

  hold(isHeld: boolean): void {
    this.#isHeld = isHeld;
    this.#gate();
  }

  async leave(): Promise<void> {
    this.#isLeaving = true;
    const work = this.#work;
    this.#work = undefined;
    if (work) await inTime(work.disconnect());
    this.#change++;
    this.#isAssigned = false;
    this.#listener?.assigned([]);
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    const producer = await inTime(this.#producer ?? Promise.resolve(undefined));
    await Promise.all([producer, this.#news, this.#work].map((each) => inTime(each?.disconnect())));
  }

  // --- connecting ------------------------------------------------------------------------------------------------

  async #begin(): Promise<void> {
    for (let tries = 0; !this.#isClosed; tries++) {
      try {
        this.#kafka ??= await clientOf(this.#options, 3);
        await this.#prepare(this.#kafka);
        this.#producer ??= this.#newProducer(this.#kafka);
        await this.#producer;
        await Promise.all([this.#hearNews(this.#kafka), this.#takeWork(this.#kafka)]);
        return;
      } catch (error) {
        this.#producer = undefined;
        const [news, work] = [this.#news, this.#work];
        this.#news = undefined;
        this.#work = undefined;
        await Promise.all([inTime(news?.disconnect()), inTime(work?.disconnect())]);
        // The first time it may be another node that makes the same topics.
        if (tries > 0) this.#warn(`Kafka cannot be used, and is tried again: ${(error as Error).message}`);
        await pause(AGAIN_MS);
      }
    }
  }

  /** Makes the topics that are missing, and finds out what they are. */
  async #prepare(kafka: Kafka): Promise<void> {
    const admin = await connectedAdmin(kafka);
    try {
      const { work, members, results } = this.#topics;
      const names = [work, members, results(this.#options.node)];
      await this.#makeTopics(admin, names);
      const { topics } = await admin.fetchTopicMetadata({ topics: names });
      const partitions = topics.find(({ name }) => name === work)?.partitions.length ?? 0;
      if (partitions === 0) throw new Error(`there is no topic '${work}'`);
      for (const topic of names.slice(1)) {
        if (this.#positions.has(topic)) continue;
        const [end] = await admin.fetchTopicOffsets(topic);
        this.#positions.set(topic, end?.high ?? '0');
      }
      this.#facts = { partitions, messageBytes: await leastMessageBytes(admin, names) };
    } finally {
      await inTime(admin.disconnect());
    }
  }

  async #makeTopics(admin: Admin, names: readonly string[]): Promise<void> {
    const { partitions, replication, messageBytes } = this.#options;
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

  /** @param what is awaited and said once, until it is well again */
  #warn(what: string): void {
    if (!this.#isWarned && !this.#isClosed) this.#options.events.warn('cluster', what);
    this.#isWarned = true;
  }

  // --- sending ---------------------------------------------------------------------------------------------------

  async #newProducer(kafka: Kafka): Promise<Producer> {
    const { Partitioners } = await import('kafkajs');
    const producer = kafka.producer({
      idempotent: true,
      allowAutoTopicCreation: false,
      createPartitioner: Partitioners.DefaultPartitioner,
      retry: { ...RETRY, initialRetryTime: 50, retries: 6 },
    });
    await producer.connect();
    return producer;
  }

  async #produce(topic: string, batch: readonly { partition: number; value: Uint8Array }[]): Promise<void> {
    if (!this.#kafka || this.#isClosed) throw new BusAway('there is no connection');
    this.#producer ??= this.#newProducer(this.#kafka);
    const producer = this.#producer;
    try {
      const messages = batch.map(({ partition, value }) => ({ partition, value: Buffer.from(value) }));
      await (await producer).send({ topic, messages, acks: -1, timeout: REQUEST_MS });
    } catch (error) {
      // Whether they are there is not known: the numbers of this producer must not be used for others.
      if (this.#producer === producer) {
        this.#producer = undefined;
        void producer.then((old) => inTime(old.disconnect())).catch(() => undefined);
      }
      throw error;
    }
  }

  // --- hearing ---------------------------------------------------------------------------------------------------

  async #hearNews(kafka: Kafka): Promise<void> {
    const { prefix, node, boot } = this.#options;
    // A group of its own each time: there is nobody in it to wait for.
    const consumer = kafka.consumer({
      ...this.#consuming(`${prefix}.news.${node}.${boot}.${++this.#newsGroups}`, 1),
      maxWaitTimeInMs: NEWS_FETCH_MS,
    });
    this.#news = consumer;
    consumer.on(consumer.events.GROUP_JOIN, () => {
      for (const [topic, offset] of this.#positions) consumer.seek({ topic, partition: 0, offset });
    });
    consumer.on(consumer.events.CRASH, () => {
      if (this.#news === consumer) this.#again(() => this.#hearNews(kafka));
    });
    await consumer.connect();
    await consumer.subscribe({ topics: [...this.#positions.keys()] });
    await consumer.run({
      autoCommit: false,
      eachBatch: async ({ batch: { topic, messages } }) => {
        for (const { offset, value } of messages) {
          this.#positions.set(topic, String(Number(offset) + 1));
          if (value) this.#listener?.heard(value);
        }
        this.#isWarned = false;
      },
    });
  }

  async #takeWork(kafka: Kafka): Promise<void> {
    if (this.#isLeaving) return;
    const patient = await clientOf(this.#options, PATIENTLY);
    const consumer = patient.consumer({
      ...this.#consuming(`${this.#options.prefix}.work`, PATIENTLY),
      partitionAssigners: [await stickyAssigner(() => this.#owned)],
    });
    this.#work = consumer;
    const lost = () => {
      if (this.#work !== consumer) return false;
      this.#change++;
      this.#isAssigned = false;
      return true;
    };
    consumer.on(consumer.events.GROUP_JOIN, ({ payload: { memberAssignment } }) => {
      if (!lost()) return;
      const partitions = memberAssignment[this.#topics.work] ?? [];
      this.#owned = partitions;
      this.#gate();
      void this.#assign(kafka, partitions, this.#change);
    });
    consumer.on(consumer.events.REBALANCING, lost);
    consumer.on(consumer.events.CRASH, () => {
      if (lost()) this.#again(() => this.#takeWork(kafka));
    });
    await consumer.connect();
    await consumer.subscribe({ topic: this.#topics.work, fromBeginning: true });
    await consumer.run({
      autoCommit: false,
      eachBatchAutoResolve: false,
      eachBatch: async ({ batch, resolveOffset }) => {
        // Fetched before it was known how far the partition is: it comes again.
        if (!this.#isAssigned || this.#work !== consumer) return;
        const messages = batch.messages.map(({ offset, value }) => ({
          offset: Number(offset),
          value: value ?? NOTHING,
        }));
        this.#listener?.work(batch.partition, messages);
        resolveOffset(batch.lastOffset());
      },
    });
  }

  /** Finds out how far the partitions are, and begins with them. */
  async #assign(kafka: Kafka, partitions: readonly number[], change: number): Promise<void> {
    while (change === this.#change && !this.#isClosed) {
      try {
        const assigned = await this.#marksOf(kafka, partitions);
        if (change !== this.#change) return;
        this.#isAssigned = true;
        this.#listener?.assigned(assigned);
        this.#gate();
        return;
      } catch (error) {
        this.#options.events.debug('cluster', `offsets could not be read: ${(error as Error).message}`);
        await pause(AGAIN_MS);
      }
    }
  }

  async #marksOf(kafka: Kafka, partitions: readonly number[]): Promise<Assigned[]> {
    const admin = await connectedAdmin(kafka);
    try {
      const { work } = this.#topics;
      const [[group], ends] = await Promise.all([
        admin.fetchOffsets({ groupId: work, topics: [work] }),
        admin.fetchTopicOffsets(work),
      ]);
      return partitions.map((partition): Assigned => {
        const committed = group?.partitions.find((each) => each.partition === partition);
        const bounds = ends.find((each) => each.partition === partition);
        const low = Number(bounds?.low ?? 0);
        const offset = Number(committed?.offset ?? -1);
        // What is older was deleted by the broker.
        const isThere = offset >= low;
        const note = isThere ? (committed?.metadata ?? '') : '';
        return { partition, offset: isThere ? offset : low, note, end: Number(bounds?.high ?? 0) };
      });
    } finally {
      await inTime(admin.disconnect());
    }
  }

  #gate(): void {
    const topics = [{ topic: this.#topics.work }];
    if (this.#isHeld || !this.#isAssigned) this.#work?.pause(topics);
    else this.#work?.resume(topics);
  }

  /** kafkajs has given a consumer up. */
  #again(open: () => Promise<void>): void {
    setTimeout(() => {
      if (this.#isClosed) return;
      open().catch((error: Error) => {
        if (this.#isClosed) return;
        this.#warn(`Kafka cannot be used, and is tried again: ${error.message}`);
        this.#again(open);
      });
    }, AGAIN_MS);
  }

  #consuming(groupId: string, retries: number) {
    return {
      ...{ groupId, minBytes: 1, maxWaitTimeInMs: FETCH_MS, allowAutoTopicCreation: false },
      ...{ sessionTimeout: SESSION_MS, heartbeatInterval: HEARTBEAT_MS, rebalanceTimeout: REBALANCE_MS },
      maxBytesPerPartition: this.#facts?.messageBytes ?? STANDARD_MESSAGE_BYTES,
      // One that crashed is put in order here.
      retry: { ...RETRY, retries, restartOnFailure: async () => false },
    };
  }
}

const NOTHING = new Uint8Array();

/** @param retries how often what fails is tried again before it is given up: consumers of one client all try as often */
async function clientOf({ brokers, prefix, node, security, events }: KafkaOptions, retries: number): Promise<Kafka> {
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

async function connectedAdmin(kafka: Kafka): Promise<Admin> {
  const admin = kafka.admin({ retry: { ...RETRY, retries: 3 } });
  await admin.connect();
  return admin;
}

/** The least that one of the topics allows: who may not ask gets what topics have when they do not say. */
async function leastMessageBytes(admin: Admin, names: readonly string[]): Promise<number> {
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

/** Shares out as `assignPartitions` does: each member tells what it had. */
async function stickyAssigner(owned: () => readonly number[]): Promise<PartitionAssigner> {
  const { AssignerProtocol } = await import('kafkajs');
  const { MemberMetadata, MemberAssignment } = AssignerProtocol;
  const [name, version] = ['WhiskletSticky', 0];
  return ({ cluster }) => ({
    ...{ name, version },
    protocol: ({ topics }) => ({
      name,
      metadata: MemberMetadata.encode({ version, topics, userData: Buffer.from(JSON.stringify(owned())) }),
    }),
    async assign({ members, topics: [topic = ''] }) {
      const had = members.map(({ memberId, memberMetadata }) => {
        const userData = MemberMetadata.decode(memberMetadata)?.userData;
        return [memberId, partitionsIn(userData)] as const;
      });
      const { length } = cluster.findTopicPartitionMetadata(topic);
      return [...assignPartitions(new Map(had), length)].map(([memberId, partitions]) => ({
        memberId,
        memberAssignment: MemberAssignment.encode({
          version,
          assignment: { [topic]: [...partitions] },
          userData: NO_DATA,
        }),
      }));
    },
  });
}

const NO_DATA = Buffer.alloc(0);

function partitionsIn(userData: Buffer | undefined): number[] {
  try {
    const found: unknown = JSON.parse(String(userData));
    return Array.isArray(found) ? found.filter((each) => Number.isInteger(each)) : [];
  } catch {
    return [];
  }
}

/** What it answers, or undefined when it takes too long or fails: of a connection that is given up nothing more is expected. */
async function inTime<T>(ending: Promise<T> | undefined): Promise<T | undefined> {
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
