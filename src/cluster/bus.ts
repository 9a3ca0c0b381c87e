/**
 * What the cluster needs of Kafka, so that it can be tested without one. `kafka.ts` is the real one.
 *
 * | topic | what goes through it | who reads it |
 * | --- | --- | --- |
 * | `<prefix>.work` | jobs and accepted work, in partitions | of each partition one node at a time: its owner |
 * | `<prefix>.results.<node>` | outcomes of jobs that this node sent away | this node |
 * | `<prefix>.members` | heartbeats and other news of nodes | every node |
 *
 * A bus never gives up: what is not there is tried again until `close`. Nothing that a bus does throws at its listener.
 */
export interface Bus {
  /** Connects, makes the topics that are missing, and listens from then on. Once. */
  start(listener: BusListener): void;
  /** How many partitions of work there are, and how many bytes a message may have; undefined until the topics were seen. */
  readonly facts: BusFacts | undefined;
  /**
   * Resolves when as many brokers have the message as the topic asks for.
   *
   * @param limitMs how long it may take
   * @throws BusAway when it could not be sent, or by then is not known to have been: in that case it may arrive all the same
   */
  send(target: Target, value: Uint8Array, limitMs: number): Promise<void>;
  /**
   * Remembers how far this node is with partitions that it owns, for the owner after it.
   *
   * @throws BusAway also when it owns them no longer
   */
  commit(marks: readonly Mark[]): Promise<void>;
  /** Whether its partitions are surely this node's now: they do not move, and it was heard of them lately. Else others may have them. */
  readonly isOwner: boolean;
  /** While held, nothing more of the partitions is fetched. */
  hold(isHeld: boolean): void;
  /** Gives up all partitions: others own them at once. They are not asked for again. */
  leave(): Promise<void>;
  /** Ends it. What has not been sent is not sent any more. */
  close(): Promise<void>;
}

export interface BusFacts {
  readonly partitions: number;
  readonly messageBytes: number;
}

export type Target =
  | { readonly topic: 'work'; readonly partition: number }
  | { readonly topic: 'results'; readonly node: string }
  | { readonly topic: 'members' };

/** How far one partition is. */
export interface Mark {
  readonly partition: number;
  /** The first message that is not done. */
  readonly offset: number;
  /** What is known of that one and those after it; at most 4,096 bytes. */
  readonly note: string;
}

/** Where a partition is when a node begins to own it. */
export interface Assigned extends Mark {
  /** Messages before this one were there already: somebody may have begun them. */
  readonly end: number;
}

export interface BusMessage {
  readonly offset: number;
  readonly value: Uint8Array;
}

/** Must not throw. */
export interface BusListener {
  /**
   * Partitions are about to move: answers how far those are that this node owns, for a last commit. What is begun from now on the next
   * owner would not know of, and what ends neither: until `assigned`, nothing can be committed.
   */
  moving(): readonly Mark[];
  /** Of those that this node owned it has owned these without a break; all others are others' by now. */
  kept(partitions: readonly number[]): void;
  /**
   * The partitions of work that this node owns from now on, and how far they are: all of them, each time that it changes. Their messages come after this, from the mark on; of a partition that was owned
   * before, some of them once more.
   */
  assigned(partitions: readonly Assigned[]): void;
  work(partition: number, messages: readonly BusMessage[]): void;
  /** A result for this node, or news of a member. */
  heard(value: Uint8Array): void;
}

/** Kafka cannot be reached now, or does not take it. */
export class BusAway extends Error {
  override readonly name = 'BusAway';
}
