import type { Job, Offer, Run } from '../model/job.ts';
import { messages } from '../model/messages.ts';
import type { Outcome } from '../model/outcome.ts';
import { refuseForNow } from '../model/refusal.ts';
import type { Perform, Work } from '../model/work.ts';
import type { ClusterView } from '../observe/cluster-view.ts';
import type { Events } from '../observe/events.ts';
import type { ResolveAction } from './asked-job.ts';
import type { Bus } from './bus.ts';
import type { Taker } from './choose.ts';
import { Deposit } from './deposit.ts';
import { Intake } from './intake.ts';
import { type Member, Members } from './members.ts';
import { Outbox } from './outbox.ts';
import { kindOf, Overflow } from './overflow.ts';
import { atMost } from './pause.ts';
import { Reach } from './reach.ts';
import { type BeatMessage, decode, WIRE_VERSION } from './wire.ts';

export interface ClusterOptions {
  readonly bus: Bus;
  /** Of this node: no other has it, and it stays when the node is restarted. */
  readonly node: string;
  /** Of this process. */
  readonly boot: string;
  readonly events: Events;
  /** The invoker's. */
  readonly offer: Offer;
  readonly run: Run;
  readonly perform: Perform;
  readonly resolveAction: ResolveAction;
  /** `uuid:key`, or undefined when there is no such key any more. */
  readonly keyOf: (uuid: string) => Promise<string | undefined>;
  readonly about: About;
  readonly load: () => Load;
  /** How often work may be begun whose nodes are lost. */
  readonly maxTries: number;
  /** Megabytes that an action has when it does not say. */
  readonly standardMemory: number;
  /** Milliseconds of a clock that only goes forward. */
  readonly now: () => number;
}

/** What a node is for as long as it runs. */
export interface About {
  /** Where its API is: `http://10.0.0.7:3233`. */
  readonly address: string;
  readonly version: string;
  /** Kinds that it can run; `blackbox` when it runs images. */
  readonly kinds: readonly string[];
}

/** What a node has to do now. */
export interface Load {
  /** Megabytes of the pool, and those of them that nothing runs in, and nothing that waits will. */
  readonly memoryTotal: number;
  readonly memoryFree: number;
  /** Jobs that wait for a container. */
  readonly waiting: number;
}

/** How often a node says that it is there. */
const BEAT_MS = 1_000;
/** How soon it says that its room has come or gone. */
const TICK_MS = 250;
/** How long it may take to commit what is known when partitions are given up. */
const SETTLE_MS = 500;

/**
 * Several nodes as one, over Kafka. Without Kafka this room is not there.
 *
 * - A job whose caller waits runs here when there is room (`offer`), else on a node that has room, else it waits in this node's
 *   own line, as it does while Kafka is away. Its outcome comes back to this node, which answers and records as ever.
 * - Accepted work is put into Kafka before its 202, and done by the owner of the partition that it was put into: this node when
 *   it has room. It is taken out when its record is stored, so that it outlives every node; it may be done twice.
 * - Every node says once a second that it is there and what room it has.
 *
 * A node that is cut off from Kafka goes on alone.
 */
export class Cluster {
  readonly #options: ClusterOptions;
  readonly #self: { readonly node: string; readonly boot: string };
  readonly #members: Members;
  readonly #reach: Reach;
  readonly #outbox: Outbox;
  readonly #overflow: Overflow;
  readonly #deposit: Deposit;
  readonly #intake: Intake;
  #state: BeatMessage['state'] = 'up';
  #timer: ReturnType<typeof setInterval> | undefined;
  #beatAt = Number.NEGATIVE_INFINITY;
  /** What the last heartbeat said. */
  #said: { readonly hadRoom: boolean; readonly partitions: number } | undefined;
  #skipped = 0;
  #isWarned = false;
  #closing = false;

  constructor(options: ClusterOptions) {
    const { bus, node, boot, now, events } = options;
    this.#options = options;
    this.#self = { node, boot };
    this.#members = new Members(this.#self);
    const { run, perform, resolveAction, keyOf, maxTries, standardMemory } = options;
    const offer = this.#runHere.bind(this);
    const own = { self: this.#self, members: this.#members, events, now };
    this.#reach = new Reach({ ...own, node });
    this.#outbox = new Outbox({ ...own, bus, reach: this.#reach });
    this.#overflow = new Overflow({ ...own, bus, onFailure: (error) => this.#reach.failed(error) });
    this.#deposit = new Deposit({
      ...{ ...own, bus, reach: this.#reach, standardMemory },
      asTaker: () => this.#asTaker(),
    });
    this.#intake = new Intake({
      ...{ ...own, bus, offer, run, perform, resolveAction, keyOf, maxTries },
      hasRoom: (begun) => this.#hasRoom(begun),
      answer: (asked, outcome) => this.#outbox.answer(asked, outcome),
      giveBack: (asked) => this.#outbox.giveBack(asked),
      tellEnded: (place) => this.#outbox.tellEnded(place),
    });
  }

  /** Begins to look for Kafka and the others, and never stops to. */
  start(): void {
    const { bus, events } = this.#options;
    bus.start({
      moving: () => this.#intake.moving(),
      kept: (partitions) => this.#intake.kept(partitions),
      assigned: (partitions) => {
        this.#intake.assigned(partitions);
        this.#tick();
      },
      work: (partition, arrived) => this.#intake.arrived(partition, arrived),
      heard: (value) => this.#heard(value),
    });
    events.activationEnded.subscribe(() => this.#intake.wake());
    this.#timer = setInterval(() => this.#tick(), TICK_MS);
  }

  /** Runs the job to its end, here or elsewhere. */
  readonly run: Run = (job) => {
    this.#intake.reached(job.activationId);
    const isOurs = this.#options.about.kinds.includes(kindOf(job));
    return (isOurs ? this.#runHere(job) : undefined) ?? this.#sendAway(job, isOurs) ?? this.#options.run(job);
  };

  /**
   * Puts accepted work into Kafka: some node will `perform` it. Answers what could not be put there within a second, for this
   * node to keep. It may be in Kafka all the same: work that has its record is not done again.
   */
  async accept(works: readonly Work[]): Promise<readonly Work[]> {
    return this.#closing ? works : this.#deposit.put(works);
  }

  /** Whether messages come and go. */
  get isReachable(): boolean {
    return this.#reach.isThere;
  }

  /** All nodes, this one among them, by name. */
  get members(): Member[] {
    return this.#members.list(this.#beat(), this.#options.now());
  }

  /** For status and metrics. */
  get status(): ClusterView {
    const { skipped, ...intake } = this.#intake.status;
    const members: Record<string, number> = { up: 0, draining: 0, unresponsive: 0, down: 0 };
    for (const { status } of this.members) members[status] = (members[status] ?? 0) + 1;
    return {
      ...{ node: this.#self.node, state: this.#state, kafka: this.isReachable ? 'up' : 'away' },
      ...{ ...this.#overflow.status, ...intake, members, accepted: this.#deposit.accepted },
      skipped: skipped + this.#skipped,
    };
  }

  /**
   * Takes nothing new from Kafka, and tells the others so: they take over its partitions at once. Jobs of this node's own
   * callers go on. Resolves when what it had taken has ended and its outcomes are sent, or after `limitMs`.
   */
  async drain(limitMs: number): Promise<void> {
    this.#state = 'draining';
    this.#beatNow();
    const taken = this.#intake.drain(limitMs);
    // Who owns the partitions next is to know what is under way here.
    await atMost(this.#intake.settled(), SETTLE_MS);
    await this.#options.bus.leave();
    await taken;
  }

  /** Waits until what this node has sent away has come back, or for `limitMs`; then says farewell and ends. */
  async close(limitMs: number): Promise<void> {
    if (this.#closing) return;
    await this.#overflow.drain(limitMs);
    this.#closing = true;
    clearInterval(this.#timer);
    this.#intake.close();
    this.#overflow.close();
    await this.#outbox.farewell();
    await this.#options.bus.close();
  }

  // --- running ---------------------------------------------------------------------------------------------------

  /** At once `undefined` when there is neither a container nor memory for one. */
  #runHere(job: Job): Promise<Outcome> | undefined {
    const { offer, run, load } = this.#options;
    return offer(job) ?? (load().memoryFree >= job.action.limits.memory ? run(job) : undefined);
  }

  // --- sending ---------------------------------------------------------------------------------------------------

  #sendAway(job: Job, isOurs: boolean): Promise<Outcome> | undefined {
    if (this.#closing || !this.isReachable) return undefined;
    const outcome = this.#overflow.offer(job, isOurs);
    return outcome?.then((come) => {
      if (!come && !isOurs) throw refuseForNow(messages.onlyElsewhere);
      return come ?? this.#options.run(job);
    });
  }

  #asTaker(): Taker {
    const { node } = this.#self;
    const room = this.#state === 'up' ? this.#memoryFree - this.#members.givenTo(node) : 0;
    return { node, partitions: this.#intake.partitions, room };
  }

  /** What nothing runs in, and nothing that waits will, in the pool or before it. */
  get #memoryFree(): number {
    const { load, standardMemory } = this.#options;
    return Math.max(0, load().memoryFree - this.#intake.backlog * standardMemory);
  }

  /**
   * Whether one more is to be begun of accepted work. What was begun is looked up in the store before it needs a container: half as
   * much as the pool holds may be on its way to it, so that no container waits for that.
   */
  #hasRoom(begun: number): boolean {
    const { load, standardMemory } = this.#options;
    const { memoryFree, memoryTotal, waiting } = load();
    return waiting === 0 && memoryFree + memoryTotal / 2 >= (begun + 1) * standardMemory;
  }

  // --- hearing ---------------------------------------------------------------------------------------------------

  #heard(value: Uint8Array): void {
    const { events, now } = this.#options;
    const message = decode(value);
    if ('problem' in message) {
      this.#skipped++;
      events.warn('cluster', `a message was skipped: ${message.problem}`);
      return;
    }
    switch (message.type) {
      case 'beat':
        if (this.#members.heard(message, now())) this.#warnOfTwin(message);
        else if (message.from.boot !== this.#self.boot) this.#intake.heard(message);
        this.#reach.look();
        break;
      case 'left':
        this.#members.left(message.from);
        this.#intake.tick();
        break;
      case 'ended':
        if (message.from.boot !== this.#self.boot) this.#intake.ended(message);
        break;
      case 'outcome':
        this.#overflow.answered(message);
        break;
      case 'returned':
        this.#overflow.returned(message);
        break;
      case 'run':
      case 'work':
        this.#skipped++;
        events.warn('cluster', `a '${message.type}' came where none belongs, and was skipped`);
    }
  }

  #warnOfTwin({ address }: BeatMessage): void {
    if (this.#isWarned) return;
    this.#isWarned = true;
    const { node } = this.#self;
    this.#options.events.error('cluster', `another node calls itself '${node}', too (${address}): set --node-id`);
  }

  // --- telling ---------------------------------------------------------------------------------------------------

  #tick(): void {
    this.#intake.tick();
    this.#reach.look();
    const hadRoom = this.#memoryFree >= this.#options.standardMemory;
    const { length: partitions } = this.#intake.partitions;
    const isNews = this.#said?.hadRoom !== hadRoom || this.#said.partitions !== partitions;
    if (!isNews && this.#options.now() - this.#beatAt < BEAT_MS) return;
    this.#said = { hadRoom, partitions };
    this.#beatNow();
  }

  #beatNow(): void {
    const { bus, now } = this.#options;
    if (!bus.facts) return;
    this.#beatAt = now();
    this.#outbox.beat(this.#beat());
  }

  #beat(): BeatMessage {
    const { partitions, holding } = this.#intake;
    const { about, load } = this.#options;
    const now = { ...load(), memoryFree: this.#memoryFree, state: this.#state, partitions, holding };
    return { type: 'beat', from: this.#self, reads: WIRE_VERSION, ...about, ...now };
  }
}
