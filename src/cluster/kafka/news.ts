import type { Admin, Kafka } from 'kafkajs';
import { consuming, type KafkaOptions } from './client.ts';
import { KafkaConsumer } from './consumer.ts';

/** Nothing else goes over the connection of the news, but the end of it waits, too. */
const NEWS_FETCH_MS = 1_000;

export interface KafkaNewsOptions extends Pick<KafkaOptions, 'prefix' | 'node' | 'boot'> {
  readonly messageBytes: () => number;
  readonly heard: (value: Uint8Array) => void;
  /** kafkajs has given it up: `open` is to be tried again. */
  readonly onCrash: (open: () => Promise<void>) => void;
}

/** Hears all messages of some topics with one partition each, from the first look on. */
export class KafkaNews {
  readonly #options: KafkaNewsOptions;
  /** Where they are read from next, by topic. */
  readonly #positions = new Map<string, string>();
  readonly #consumer = new KafkaConsumer();
  #groups = 0;

  constructor(options: KafkaNewsOptions) {
    this.#options = options;
  }

  /** What is there by now is none; topics that were looked at before are read from where they were. */
  async look(admin: Admin, topics: readonly string[]): Promise<void> {
    for (const topic of topics) {
      if (this.#positions.has(topic)) continue;
      const [end] = await admin.fetchTopicOffsets(topic);
      this.#positions.set(topic, end?.high ?? '0');
    }
  }

  async open(kafka: Kafka): Promise<void> {
    const { prefix, node, boot, messageBytes, heard, onCrash } = this.#options;
    // A group of its own each time: there is nobody in it to wait for.
    const consumer = kafka.consumer({
      ...consuming(`${prefix}.news.${node}.${boot}.${++this.#groups}`, 1, messageBytes()),
      maxWaitTimeInMs: NEWS_FETCH_MS,
    });
    consumer.on(consumer.events.GROUP_JOIN, () => {
      for (const [topic, offset] of this.#positions) consumer.seek({ topic, partition: 0, offset });
    });
    consumer.on(consumer.events.CRASH, () => {
      if (this.#consumer.current === consumer) onCrash(() => this.open(kafka));
    });
    const topics = [...this.#positions.keys()];
    await this.#consumer.open(
      consumer,
      { topics },
      {
        autoCommit: false,
        eachBatch: async ({ batch: { topic, messages } }) => {
          for (const { offset, value } of messages) {
            this.#positions.set(topic, String(Number(offset) + 1));
            if (value) heard(value);
          }
        },
      },
    );
  }

  async close(): Promise<void> {
    await this.#consumer.end();
  }
}
