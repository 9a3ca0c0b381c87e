import type { Assigned, Bus, BusMessage, Mark } from './bus.ts';
import { Elsewhere } from './elsewhere.ts';
import { type Entry, readWork } from './entry.ts';
import { Executor, type ExecutorOptions } from './executor.ts';
import type { Members } from './members.ts';
import { Partitions } from './partitions.ts';
import { atMost } from './pause.ts';
import { Queue, type QueueOptions } from './queue.ts';
import { type BeatMessage, type EndedMessage, type Origin, originOf, ownerOf, type RunMessage } from './wire.ts';

export interface IntakeOptions
  extends Omit<QueueOptions, 'onRun' | 'onWork'>,
    Omit<ExecutorOptions, 'partitions' | 'elsewhere' | 'reached' | 'onAgain' | 'onEnd'> {
  readonly bus: Pick<Bus, 'commit' | 'isOwner' | 'hold'>;
  readonly self: Origin;
  readonly members: Pick<Members, 'isGone'>;
}

/** More than this is not fetched ahead of what runs. */
const QUEUED_MAX = 128;
const QUEUED_LOW = 64;

/**
 * Takes what is in the partitions that this node owns, and does it: a job by the invoker, as soon as it has room; accepted work
 * by `perform`. What was begun by an owner before that is still alive is left to it until it says that it has ended.
 *
 *     arrived ─► elsewhere ─► queue ─► in hand ─► done ─► committed
 */
export class Intake {
  readonly #options: IntakeOptions;
  readonly #self: string;
  readonly #partitions: Partitions;
  readonly #elsewhere: Elsewhere;
  readonly #queue: Queue;
  readonly #executor: Executor;
  #isHeld = false;
  #isLeaving = false;
  #pumpIsDue = false;
  #skipped = 0;

  constructor(options: IntakeOptions) {
    this.#options = options;
    const { self, bus, members, offer, run, hasRoom, now } = options;
    this.#self = ownerOf(self);
    this.#partitions = new Partitions(bus, this.#self);
    this.#elsewhere = new Elsewhere(members);
    this.#queue = new Queue({
      ...{ offer, run, hasRoom, now },
      onRun: (entry, asked, running) => void this.#executor.run(entry, asked, running),
      onWork: (entry, work) => void this.#executor.perform(entry, work),
    });
    this.#executor = new Executor({
      ...{ ...options, partitions: this.#partitions, elsewhere: this.#elsewhere },
      reached: (activationId) => this.#queue.reached(activationId),
      onAgain: (entry) => this.#again(entry),
      onEnd: () => this.#pump(),
    });
  }

  get partitions(): readonly number[] {
    return this.#partitions.numbers;
  }

  /** Jobs and work that the pool does not know of yet. */
  get backlog(): number {
    return this.#queue.backlog;
  }

  /** What was begun of partitions that are others' by now. */
  get holding(): readonly string[] {
    return this.#executor.holding;
  }

  get status() {
    return {
      partitions: this.partitions.length,
      queued: this.#queue.length,
      inHand: this.#executor.size,
      elsewhere: this.#elsewhere.size,
      taken: this.#executor.begun,
      skipped: this.#skipped,
      commits: this.#partitions.commits,
    };
  }

  /** As `BusListener.moving`. */
  moving(): readonly Mark[] {
    return this.#partitions.marks;
  }

  /** As `BusListener.kept`. What ended here of the others and could not be committed is told to who owns them next. */
  kept(partitions: readonly number[]): void {
    const untold = this.#partitions.kept(partitions);
    const isLost = ({ partition }: Entry) => !this.#partitions.has(partition);
    this.#queue.drop(isLost);
    this.#elsewhere.drop(isLost);
    for (const place of untold) void this.#executor.tellEnded(place);
    this.#gate();
  }

  /** As `BusListener.assigned`. */
  assigned(partitions: readonly Assigned[]): void {
    this.#partitions.assigned(partitions);
    this.#pump();
  }

  /** As `BusListener.work`. */
  arrived(partition: number, messages: readonly BusMessage[]): void {
    for (const { offset, value } of messages) {
      const age = this.#partitions.arrived({ partition, offset });
      if (age === undefined) continue;
      const message = readWork(value);
      if ('problem' in message) {
        const { problem } = message;
        this.#options.events.error('cluster', `message ${offset} of partition ${partition} was skipped: ${problem}`);
        this.#skipped++;
        this.#partitions.done({ partition, offset });
        continue;
      }
      this.#take({ partition, offset, message, isOld: age === 'old' });
    }
    this.#pump();
  }

  /** Another node is done with what it had begun of a partition that it owns no longer. */
  ended(message: EndedMessage): void {
    const isOwned = this.#partitions.has(message.partition);
    this.#elsewhere.ended(message, isOwned, this.#options.now());
    if (isOwned) this.#partitions.done(message);
  }

  /** Another node says what it owns and holds. */
  heard(beat: BeatMessage): void {
    for (const entry of this.#elsewhere.heard(beat)) this.#ready(entry);
  }

  /** Something may have changed: there may be room, or a node may be dead. Called now and then. */
  tick(): void {
    const now = this.#options.now();
    for (const entry of this.#elsewhere.tick(now)) this.#ready(entry);
    this.#queue.tick(now);
    this.#pump();
  }

  /** There may be room. Cheap: many calls in one turn are one. */
  wake(): void {
    if (this.#pumpIsDue || (this.#queue.length === 0 && !this.#isHeld)) return;
    this.#pumpIsDue = true;
    queueMicrotask(() => {
      this.#pumpIsDue = false;
      this.#pump();
    });
  }

  /** The pool has the job: it counts there from now on. */
  reached(activationId: string): void {
    this.#queue.reached(activationId);
  }

  /** Begins nothing more. Resolves when what is in hand has ended and is committed, or after `limitMs`. */
  async drain(limitMs: number): Promise<void> {
    this.#isLeaving = true;
    this.#queue.drop(() => true);
    const rest = this.#executor.empty().then(() => this.settled());
    await atMost(rest, limitMs);
  }

  /** Resolves when all that is known of the partitions is committed. */
  settled(): Promise<void> {
    return this.#partitions.settled();
  }

  close(): void {
    this.#isLeaving = true;
    this.#partitions.close();
  }

  #take(entry: Entry): void {
    // Begun here before the partition went and came back: it goes on.
    if (this.#executor.has(entry)) return;
    if (this.#elsewhere.hadEnded(entry)) {
      this.#partitions.done(entry);
      return;
    }
    const begun = this.#partitions.begunAs(entry);
    const owner = begun && begun.owner !== this.#self ? originOf(begun.owner) : undefined;
    if (owner && !this.#options.members.isGone(owner, this.#options.now())) this.#elsewhere.add(entry, owner);
    else this.#ready(entry);
  }

  #ready(entry: Entry): void {
    const { message } = entry;
    if (message.type === 'work') this.#queue.addWork(entry, message.work);
    else void this.#lookUp(entry, message);
  }

  /** Makes a job of it. */
  async #lookUp(entry: Entry, asked: RunMessage): Promise<void> {
    const job = await this.#executor.lookUp(entry, asked);
    if (!job || !this.#isMine(entry)) return;
    this.#queue.addRun(entry, asked, job);
    this.#pump();
  }

  /** Begins what there is room for; nothing while others may own the partitions, and begin it too. */
  #pump(): void {
    if (this.#isLeaving) return;
    if (this.#options.bus.isOwner) this.#queue.pump();
    this.#gate();
  }

  /** Fetches more, or not. */
  #gate(): void {
    const ahead = this.#queue.length + this.#elsewhere.size;
    const isHeld = this.#isLeaving || ahead >= (this.#isHeld ? QUEUED_LOW : QUEUED_MAX);
    if (isHeld === this.#isHeld) return;
    this.#isHeld = isHeld;
    this.#options.bus.hold(isHeld);
  }

  /** It is to be begun once more. */
  #again(entry: Entry): void {
    if (this.#isMine(entry)) this.#ready(entry);
    this.#pump();
  }

  /** It is for this node to begin it. */
  #isMine({ partition }: Entry): boolean {
    return !this.#isLeaving && this.#partitions.has(partition);
  }
}
