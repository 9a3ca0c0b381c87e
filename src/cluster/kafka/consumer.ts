import type { Consumer, ConsumerRunConfig, ConsumerSubscribeTopics } from 'kafkajs';
import { inTime } from './client.ts';

/**
 * The consumer in use, of those that are made one after the other. One that is ended while it is being opened is ended when that is over:
 * kafkajs would let it join its group after its end, where it had partitions of which nobody heard.
 */
export class KafkaConsumer {
  #current: Consumer | undefined;
  #opened: Promise<void> = Promise.resolve();

  get current(): Consumer | undefined {
    return this.#current;
  }

  /** Connects it and takes part with it, in the place of the one before, unless it is ended meanwhile. */
  async open(consumer: Consumer, topics: ConsumerSubscribeTopics, run: ConsumerRunConfig): Promise<void> {
    this.#current = consumer;
    const opening = this.#open(consumer, topics, run);
    this.#opened = opening.catch(() => undefined);
    await opening;
  }

  /** Resolves when it has ended, or takes too long to; then it ends later. */
  async end(): Promise<void> {
    const consumer = this.#current;
    this.#current = undefined;
    await inTime(this.#opened.then(() => consumer?.disconnect()));
  }

  async #open(consumer: Consumer, topics: ConsumerSubscribeTopics, run: ConsumerRunConfig): Promise<void> {
    try {
      await consumer.connect();
      await consumer.subscribe(topics);
    } catch (error) {
      await inTime(consumer.disconnect());
      throw error;
    }
    if (consumer === this.#current) await consumer.run(run);
  }
}
