import type { ConsumerGroupJoinEvent, EachBatchPayload, Kafka } from 'kafkajs';
import type { Events } from '../../observe/events.ts';
import { type Assigned, BusAway, type BusListener, type Mark } from '../bus.ts';
import { pause } from '../pause.ts';
import { stickyAssigner } from './assign.ts';
import { AGAIN_MS, clientOf, connectedAdmin, consuming, inTime, type KafkaOptions, SESSION_MS } from './client.ts';
import { KafkaConsumer } from './consumer.ts';

/** As often the group's consumer tries again: when it is given up, its place is nobody's until its session is over. */
const PATIENTLY = 600;
/** Others get the partitions of a node of which the group has heard nothing for a whole session. */
const SURE_MS = SESSION_MS - 2_000;

export interface KafkaWorkOptions {
  readonly kafka: KafkaOptions;
  /** Of work; the group of all nodes has its name, too. */
  readonly topic: string;
  readonly messageBytes: () => number;
  readonly listener: Pick<BusListener, 'moving' | 'kept' | 'assigned' | 'work'>;
  /** kafkajs has given it up: `open` is to be tried again. */
  readonly onCrash: (open: () => Promise<void>) => void;
  readonly events: Events;
}

/** This node in the group of those who take work: the partitions that it owns, and what comes in them. */
export class KafkaWork {
  readonly #options: KafkaWorkOptions;
  readonly #consumer = new KafkaConsumer();
  /** As they were last, and as which member of the group; the count of changes tells an answer that comes too late. */
  #owned: readonly number[] = [];
  #member: string | undefined;
  #change = 0;
  /** Known once something has come. */
  #commit: EachBatchPayload['commitOffsetsIfNecessary'] | undefined;
  #isAssigned = false;
  /** When the group last said that this node is one of it, in milliseconds of `performance.now()`. */
  #confirmedAt = 0;
  #isHeld = false;
  #isLeaving = false;
  #isClosed = false;

  constructor(options: KafkaWorkOptions) {
    this.#options = options;
  }

  /** Joins the group, and takes what comes from then on. */
  async open(kafka: Kafka): Promise<void> {
    if (this.#isLeaving) return;
    const { topic, messageBytes, onCrash, listener } = this.#options;
    const patient = await clientOf(this.#options.kafka, PATIENTLY);
    const consumer = patient.consumer({
      ...consuming(topic, PATIENTLY, messageBytes()),
      partitionAssigners: [await stickyAssigner(() => this.#owned)],
    });
    this.#commit = undefined;
    const isCurrent = () => this.#consumer.current === consumer;
    consumer.on(consumer.events.GROUP_JOIN, ({ payload }) => {
      if (isCurrent()) this.#joined(kafka, payload);
    });
    consumer.on(consumer.events.HEARTBEAT, () => {
      this.#confirmedAt = performance.now();
    });
    consumer.on(consumer.events.REBALANCING, () => {
      if (isCurrent()) this.#moving();
    });
    consumer.on(consumer.events.CRASH, () => {
      if (!isCurrent()) return;
      this.#moving();
      onCrash(() => this.open(kafka));
    });
    await this.#consumer.open(
      consumer,
      { topics: [topic], fromBeginning: true },
      {
        autoCommit: false,
        eachBatchAutoResolve: false,
        eachBatch: async ({ batch, resolveOffset, commitOffsetsIfNecessary }) => {
          // Fetched before it was known how far the partition is: it comes again.
          if (!this.#isAssigned || !isCurrent()) return;
          this.#commit = commitOffsetsIfNecessary;
          const messages = batch.messages.map(({ offset, value }) => ({
            offset: Number(offset),
            value: value ?? NOTHING,
          }));
          listener.work(batch.partition, messages);
          resolveOffset(batch.lastOffset());
        },
      },
    );
  }

  /** As `Bus.isOwner`. */
  get isOwner(): boolean {
    return this.#isAssigned && performance.now() - this.#confirmedAt < SURE_MS;
  }

  /** As `Bus.commit`. @throws BusAway */
  async commit(marks: readonly Mark[]): Promise<void> {
    if (!this.#consumer.current || !this.#isAssigned) throw new BusAway('no partition is owned now');
    await this.#commitOnce(marks);
  }

  /**
   * `Consumer.commitOffsets` is not used: what fails it tries again for as long as the consumer is patient, also as a member of a later
   * generation, whose partitions may be others by then.
   */
  async #commitOnce(marks: readonly Mark[]): Promise<void> {
    if (!this.#commit) throw new BusAway('nothing has come yet');
    const partitions = marks.map(({ partition, offset, note }) => ({
      partition,
      // kafkajs sends metadata from here, too, but its types do not say so.
      ...{ offset: String(offset), metadata: note },
    }));
    try {
      await this.#commit({ topics: [{ topic: this.#options.topic, partitions }] });
    } catch (error) {
      throw new BusAway((error as Error).message);
    }
  }

  /** While held, nothing more is fetched. */
  hold(isHeld: boolean): void {
    this.#isHeld = isHeld;
    this.#gate();
  }

  /** Leaves the group for good. */
  async leave(): Promise<void> {
    this.#isLeaving = true;
    await this.disconnect();
    this.#unassign();
    this.#options.listener.kept([]);
    this.#options.listener.assigned([]);
  }

  /** May be opened again. */
  async disconnect(): Promise<void> {
    await this.#consumer.end();
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    await this.disconnect();
  }

  /** The group is about to share partitions out anew, or this node has to join it again. What is sent before it does is still taken. */
  #moving(): void {
    if (this.#isAssigned) void this.#commitOnce(this.#options.listener.moving()).catch(() => undefined);
    this.#unassign();
  }

  #joined(kafka: Kafka, { memberId, memberAssignment }: ConsumerGroupJoinEvent['payload']): void {
    this.#unassign();
    this.#owned = memberAssignment[this.#options.topic] ?? [];
    // Who had to join as somebody else was thought to be dead: others may have had its partitions meanwhile.
    this.#options.listener.kept(memberId === this.#member ? this.#owned : []);
    this.#member = memberId;
    this.#confirmedAt = performance.now();
    this.#gate();
    void this.#assign(kafka, this.#owned, this.#change);
  }

  #unassign(): void {
    this.#change++;
    this.#isAssigned = false;
  }

  /** Finds out how far the partitions are, and begins with them. */
  async #assign(kafka: Kafka, partitions: readonly number[], change: number): Promise<void> {
    while (change === this.#change && !this.#isClosed) {
      try {
        const assigned = await this.#marksOf(kafka, partitions);
        if (change !== this.#change) return;
        this.#isAssigned = true;
        this.#options.listener.assigned(assigned);
        this.#fetchFrom(assigned);
        this.#gate();
        return;
      } catch (error) {
        this.#options.events.debug('cluster', `offsets could not be read: ${(error as Error).message}`);
        await pause(AGAIN_MS);
      }
    }
  }

  /** kafkajs would skip what is before the mark, and what it has asked for before this is not as it was. */
  #fetchFrom(assigned: readonly Assigned[]): void {
    const { topic } = this.#options;
    for (const { partition, offset } of assigned) {
      this.#consumer.current?.seek({ topic, partition, offset: String(offset) });
    }
  }

  async #marksOf(kafka: Kafka, partitions: readonly number[]): Promise<Assigned[]> {
    const admin = await connectedAdmin(kafka);
    try {
      const { topic } = this.#options;
      const [[group], ends] = await Promise.all([
        admin.fetchOffsets({ groupId: topic, topics: [topic] }),
        admin.fetchTopicOffsets(topic),
      ]);
      return partitions.map((partition): Assigned => {
        const committed = group?.partitions.find((each) => each.partition === partition);
        const bounds = ends.find((each) => each.partition === partition);
        const low = Number(bounds?.low ?? 0);
        const end = Number(bounds?.high ?? 0);
        const marked = Number(committed?.offset ?? -1);
        // What is older was deleted by the broker. One that lost power may have lost what came last: its numbers are given once more.
        const offset = Math.max(low, Math.min(marked, end));
        const note = offset === marked ? (committed?.metadata ?? '') : '';
        return { partition, offset, note, end };
      });
    } finally {
      await inTime(admin.disconnect());
    }
  }

  #gate(): void {
    const { current } = this.#consumer;
    const topics = [{ topic: this.#options.topic }];
    try {
      if (this.#isHeld || !this.#isAssigned) current?.pause(topics);
      else current?.resume(topics);
    } catch {
      // It takes no part now, and fetches nothing; it comes by here again when it does.
    }
  }
}

const NOTHING = new Uint8Array();
