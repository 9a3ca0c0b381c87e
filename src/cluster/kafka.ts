import type { Consumer, Kafka, Producer } from 'kafkajs';
import { type Assigned, type Bus, BusAway, type BusFacts, type BusListener, type Mark, type Target } from './bus.ts';
import { stickyAssigner } from './kafka-assign.ts';
import { clientOf, connectedAdmin, inTime, type KafkaOptions, REQUEST_MS, RETRY } from './kafka-client.ts';
import { leastMessageBytes, makeTopics, STANDARD_MESSAGE_BYTES } from './kafka-topics.ts';
import { Lane } from './lane.ts';
import { pause } from './pause.ts';

/** How long the broker holds a fetch that finds nothing. What else goes over the same connection waits for it: commits, leaving. */
const FETCH_MS = 500;
/** Nothing else goes over the connection of the news, but the end of it waits, too. */
const NEWS_FETCH_MS = 1_000;
/** The least that brokers allow: until then partitions of a node that died have no owner. */
const SESSION_MS = 6_000;
const HEARTBEAT_MS = 1_000;
const REBALANCE_MS = 10_000;
const AGAIN_MS = 1_000;
/** As often the group's consumer tries again: when it is given up, its place is nobody's until its session is over. */
const PATIENTLY = 600;

export type { KafkaOptions, KafkaSecurity } from './kafka-client.ts';

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
      const names = [work, members, results(this.#options.node)] as const;
      await makeTopics(admin, names, this.#options);
      const { topics } = await admin.fetchTopicMetadata({ topics: [...names] });
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
