import type { Kafka } from 'kafkajs';
import { type Bus, BusAway, type BusFacts, type BusListener, type Mark, type Target } from './bus.ts';
import { AGAIN_MS, clientOf, connectedAdmin, inTime, type KafkaOptions } from './kafka/client.ts';
import { KafkaNews } from './kafka/news.ts';
import { KafkaSender } from './kafka/sender.ts';
import { leastMessageBytes, makeTopics, STANDARD_MESSAGE_BYTES } from './kafka/topics.ts';
import { KafkaWork } from './kafka/work.ts';
import { pause } from './pause.ts';

export type { KafkaOptions, KafkaSecurity } from './kafka/client.ts';

/**
 * The bus over Kafka, by kafkajs, which is loaded when it is started. Three connections: one sends, one hears the news (results
 * and members, from its own start on, in a group of its own), one takes work (in the group of all nodes).
 */
export class KafkaBus implements Bus {
  readonly #options: KafkaOptions;
  readonly #topics: { readonly work: string; readonly members: string; readonly results: (node: string) => string };
  readonly #sender = new KafkaSender(() => this.#facts?.messageBytes ?? 0);
  #facts: BusFacts | undefined;
  #kafka: Kafka | undefined;
  #news: KafkaNews | undefined;
  #work: KafkaWork | undefined;
  #isClosed = false;
  #isWarned = false;

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
    const messageBytes = () => this.#facts?.messageBytes ?? STANDARD_MESSAGE_BYTES;
    const onCrash = (open: () => Promise<void>) => this.#again(open);
    const { prefix, node, boot, events } = this.#options;
    const heard = (value: Uint8Array) => {
      this.#isWarned = false;
      listener.heard(value);
    };
    const news = new KafkaNews({ prefix, node, boot, messageBytes, heard, onCrash });
    const { work: topic } = this.#topics;
    const work = new KafkaWork({ kafka: this.#options, topic, messageBytes, listener, onCrash, events });
    this.#news = news;
    this.#work = work;
    void this.#begin(news, work);
  }

  async send(target: Target, value: Uint8Array, limitMs: number): Promise<void> {
    if (!this.#facts || this.#isClosed) throw new BusAway('there is no connection');
    const [topic, partition] =
      target.topic === 'work'
        ? [this.#topics.work, target.partition]
        : [target.topic === 'members' ? this.#topics.members : this.#topics.results(target.node), 0];
    await this.#sender.send(topic, { partition, value }, limitMs);
  }

  async commit(marks: readonly Mark[]): Promise<void> {
    if (!this.#work) throw new BusAway('there is no connection');
    await this.#work.commit(marks);
  }

  get isOwner(): boolean {
    return this.#work?.isOwner ?? false;
  }

  hold(isHeld: boolean): void {
    this.#work?.hold(isHeld);
  }

  async leave(): Promise<void> {
    await this.#work?.leave();
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    await Promise.all([this.#sender.close(), this.#news?.close(), this.#work?.close()]);
  }

  async #begin(news: KafkaNews, work: KafkaWork): Promise<void> {
    for (let tries = 0; !this.#isClosed; tries++) {
      try {
        this.#kafka ??= await clientOf(this.#options, 3);
        const kafka = this.#kafka;
        await this.#prepare(kafka, news);
        await this.#sender.connect(kafka);
        await Promise.all([news.open(kafka), work.open(kafka)]);
        return;
      } catch (error) {
        await Promise.all([news.close(), work.disconnect()]);
        // The first time it may be another node that makes the same topics.
        if (tries > 0) this.#warn(error as Error);
        await pause(AGAIN_MS);
      }
    }
  }

  /** Makes the topics that are missing, and finds out what they are. */
  async #prepare(kafka: Kafka, news: KafkaNews): Promise<void> {
    const admin = await connectedAdmin(kafka);
    try {
      const { work, members, results } = this.#topics;
      const names = [work, members, results(this.#options.node)] as const;
      await makeTopics(admin, names, this.#options);
      const { topics } = await admin.fetchTopicMetadata({ topics: [...names] });
      const partitions = topics.find(({ name }) => name === work)?.partitions.length ?? 0;
      if (partitions === 0) throw new Error(`there is no topic '${work}'`);
      await news.look(admin, names.slice(1));
      this.#facts = { partitions, messageBytes: await leastMessageBytes(admin, names) };
    } finally {
      await inTime(admin.disconnect());
    }
  }

  /** kafkajs has given a consumer up. */
  #again(open: () => Promise<void>): void {
    setTimeout(() => {
      if (this.#isClosed) return;
      open().catch((error: Error) => {
        if (this.#isClosed) return;
        this.#warn(error);
        this.#again(open);
      });
    }, AGAIN_MS);
  }

  /** Said once, until it is well again. */
  #warn({ message }: Error): void {
    const { events } = this.#options;
    const isNews = !this.#isWarned && !this.#isClosed;
    if (isNews) events.warn('cluster', `Kafka cannot be used, and is tried again: ${message}`);
    this.#isWarned = true;
  }
}
