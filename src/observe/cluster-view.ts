/** A node as this one sees it, in OpenWhisk's words where it has some (InvokerState). */
export interface NodeView {
  readonly id: string;
  /**
   * | status | |
   * | --- | --- |
   * | up | it takes work |
   * | draining | it ends what it has, and takes nothing new |
   * | unresponsive | this node hears nobody now, itself included: Kafka is away |
   * | down | nothing was heard of it for 8 s |
   */
  readonly status: 'up' | 'draining' | 'unresponsive' | 'down';
}

/** What a node sees of its cluster, for status and metrics. */
export interface ClusterView {
  readonly node: string;
  readonly state: 'up' | 'draining';
  readonly kafka: 'up' | 'away';
  /** How many nodes there are, by their status. */
  readonly members: Readonly<Record<string, number>>;
  /** Of the topic of work, that this node owns. */
  readonly partitions: number;
  /** Taken from Kafka and not begun; begun; begun by others that do not own them any more. */
  readonly queued: number;
  readonly inHand: number;
  readonly elsewhere: number;
  /** Jobs that others have for this node now. */
  readonly away: number;
  /** Since the start: jobs sent to others, work put into Kafka, jobs and work begun from there, messages that could not be read. */
  readonly overflowed: number;
  readonly accepted: number;
  readonly taken: number;
  readonly skipped: number;
  readonly commits: number;
}
