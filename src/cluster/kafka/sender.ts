import type { Kafka, Producer } from 'kafkajs';
import { BusAway } from '../bus.ts';
import { Lane, type Parcel } from '../lane.ts';
import { inTime, REQUEST_MS, RETRY } from './client.ts';

/** Sends messages: in a lane for each topic, by one producer, which is made anew when it is not known what it has sent. */
export class KafkaSender {
  readonly #maxBytes: () => number;
  readonly #lanes = new Map<string, Lane>();
  #kafka: Kafka | undefined;
  #producer: Promise<Producer> | undefined;
  #isClosed = false;

  /** @param maxBytes of a batch */
  constructor(maxBytes: () => number) {
    this.#maxBytes = maxBytes;
  }

  /** Resolves when there is a producer. */
  async connect(kafka: Kafka): Promise<void> {
    this.#kafka = kafka;
    this.#producer ??= newProducer(kafka);
    try {
      await this.#producer;
    } catch (error) {
      this.#producer = undefined;
      throw error;
    }
  }

  /** As `Bus.send`. @throws BusAway */
  async send(topic: string, parcel: Parcel, limitMs: number): Promise<void> {
    let lane = this.#lanes.get(topic);
    if (!lane) {
      lane = new Lane((batch) => this.#produce(topic, batch), this.#maxBytes);
      this.#lanes.set(topic, lane);
    }
    await lane.push(parcel, limitMs);
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    const producer = await inTime(this.#producer);
    await inTime(producer?.disconnect());
  }

  async #produce(topic: string, batch: readonly Parcel[]): Promise<void> {
    if (!this.#kafka || this.#isClosed) throw new BusAway('there is no connection');
    this.#producer ??= newProducer(this.#kafka);
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
}

async function newProducer(kafka: Kafka): Promise<Producer> {
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
