import {
  type Assigned,
  type Bus,
  BusAway,
  type BusFacts,
  type BusListener,
  type Mark,
  type Target,
} from '../../src/cluster/bus.ts';
import { assignPartitions } from '../../src/cluster/choose.ts';

/** A broker in memory that several nodes of one test share: messages arrive in the next turn, owners change when it is told so. */
export class FakeBroker {
  readonly partitions: number;
  readonly messageBytes: number;
  readonly log: Uint8Array[][];
  readonly committed: (Mark | undefined)[];
  readonly buses: FakeBus[] = [];
  /** Nothing comes, nothing goes. */
  isAway = false;
  /** Sends that fail from now on. */
  failing = 0;

  constructor({ partitions = 4, messageBytes = 1_000_000 } = {}) {
    this.partitions = partitions;
    this.messageBytes = messageBytes;
    this.log = Array.from({ length: partitions }, () => []);
    this.committed = Array.from({ length: partitions }, () => undefined);
  }

  bus(node: string): FakeBus {
    const bus = new FakeBus(this, node);
    this.buses.push(bus);
    return bus;
  }

  /** What Kafka does when a consumer comes or goes. */
  rebalance(): void {
    this.move();
    this.share();
  }

  /** It will share partitions out anew: from now on until it does it takes no commits. */
  move(): void {
    for (const bus of this.buses) if (bus.isMember) bus.move();
  }

  share(): void {
    const members = this.buses.filter(({ isMember }) => isMember);
    const had = new Map(members.map((bus) => [bus.node, bus.owned]));
    const assigned = assignPartitions(had, this.partitions);
    for (const bus of members) bus.assign(assigned.get(bus.node) ?? []);
  }
}

/** One node's end of it. */
export class FakeBus implements Bus {
  readonly node: string;
  readonly #broker: FakeBroker;
  readonly commits: Mark[] = [];
  readonly sent: Target[] = [];
  isMember = false;
  isHeld = false;
  /** What it sends gets lost. */
  isMute = false;
  owned: readonly number[] = [];
  #isMoving = false;
  #listener: BusListener | undefined;
  #position = new Map<number, number>();

  constructor(broker: FakeBroker, node: string) {
    this.#broker = broker;
    this.node = node;
  }

  get facts(): BusFacts | undefined {
    return this.#listener && { partitions: this.#broker.partitions, messageBytes: this.#broker.messageBytes };
  }

  start(listener: BusListener): void {
    this.#listener = listener;
    this.isMember = true;
    this.#broker.rebalance();
  }

  async send(target: Target, value: Uint8Array): Promise<void> {
    await Promise.resolve();
    if (this.#broker.isAway || !this.#listener) throw new BusAway('away');
    if (value.byteLength > this.#broker.messageBytes) throw new BusAway('the message is too long');
    if (this.#broker.failing > 0) {
      this.#broker.failing--;
      throw new BusAway('failed');
    }
    this.sent.push(target);
    if (this.isMute) return;
    for (const bus of this.#broker.buses) if (target.topic !== 'work') bus.hear(target, value);
    if (target.topic !== 'work') return;
    this.#broker.log[target.partition]?.push(value);
    for (const bus of this.#broker.buses) bus.fetch();
  }

  async commit(marks: readonly Mark[]): Promise<void> {
    await Promise.resolve();
    if (this.#isMoving) throw new BusAway('partitions move');
    if (this.#broker.isAway || marks.some(({ partition }) => !this.owned.includes(partition)))
      throw new BusAway('not owned');
    for (const mark of marks) this.#broker.committed[mark.partition] = mark;
    this.commits.push(...marks);
  }

  get isOwner(): boolean {
    return this.isMember && !this.#isMoving && !this.isMute && !this.#broker.isAway;
  }

  hold(isHeld: boolean): void {
    this.isHeld = isHeld;
    this.fetch();
  }

  async leave(): Promise<void> {
    if (!this.isMember) return;
    this.isMember = false;
    this.assign([]);
    this.#broker.rebalance();
  }

  async close(): Promise<void> {
    this.kill();
  }

  /** As `kill -9` would: it says and hears nothing more. */
  kill(): void {
    this.#listener = undefined;
    this.isMember = false;
    this.owned = [];
  }

  // --- the broker's side -----------------------------------------------------------------------------------------

  move(): void {
    if (this.#isMoving) return;
    this.#isMoving = true;
    for (const mark of this.#listener?.moving() ?? []) this.#broker.committed[mark.partition] = mark;
  }

  assign(partitions: readonly number[]): void {
    this.#isMoving = false;
    this.owned = partitions;
    this.#listener?.kept(partitions);
    this.#position = new Map();
    this.#listener?.assigned(
      partitions.map((partition): Assigned => {
        const end = this.#broker.log[partition]?.length ?? 0;
        const committed = this.#broker.committed[partition] ?? { partition, offset: 0, note: '' };
        const mark = committed.offset > end ? { partition, offset: end, note: '' } : committed;
        this.#position.set(partition, mark.offset);
        return { ...mark, end };
      }),
    );
    this.fetch();
  }

  hear(target: Target, value: Uint8Array): void {
    if (target.topic === 'results' && target.node !== this.node) return;
    queueMicrotask(() => {
      if (!this.#broker.isAway) this.#listener?.heard(value);
    });
  }

  fetch(): void {
    queueMicrotask(() => {
      if (!this.#listener || this.#broker.isAway || this.isHeld || this.#isMoving) return;
      for (const partition of this.owned) {
        const log = this.#broker.log[partition] ?? [];
        const from = this.#position.get(partition) ?? 0;
        if (from >= log.length) continue;
        this.#position.set(partition, log.length);
        this.#listener.work(
          partition,
          log.slice(from).map((value, index) => ({ offset: from + index, value })),
        );
      }
    });
  }
}
