import { messages } from '../model/messages.ts';
import { type Outcome, unserved, whiskError } from '../model/outcome.ts';
import { isRefusedOrAway, Refusal } from '../model/refusal.ts';
import { type Perform, RecordLost, type Work } from '../model/work.ts';
import { jobFor, type LookUp } from './asked-job.ts';
import type { Assigned, Bus, BusMessage, Mark } from './bus.ts';
import { Elsewhere } from './elsewhere.ts';
import { type Entry, type Place, readWork } from './entry.ts';
import { InHand } from './in-hand.ts';
import type { Members } from './members.ts';
import { Partitions } from './partitions.ts';
import { atMost, pause } from './pause.ts';
import { Queue, type QueueOptions } from './queue.ts';
import { type BeatMessage, type EndedMessage, type Origin, originOf, ownerOf, type RunMessage } from './wire.ts';

export interface IntakeOptions extends LookUp, Omit<QueueOptions, 'onRun' | 'onWork'> {
  readonly bus: Pick<Bus, 'commit' | 'hold'>;
  readonly self: Origin;
  readonly members: Pick<Members, 'isGone' | 'isHearing'>;
  readonly perform: Perform;
  /** How often a job may be begun. */
  readonly maxTries: number;
  /** Gets the outcome to the node that asked, or gives that up. Never rejects. */
  readonly answer: (asked: RunMessage, outcome: Outcome) => Promise<void>;
  /** Gives the job back to the node that asked, or gives that up. Never rejects. */
  readonly giveBack: (asked: RunMessage) => Promise<void>;
  /** Tells the others that this has ended. Never rejects. */
  readonly tellEnded: (partition: number, offset: number) => Promise<void>;
}

/** More than this is not fetched ahead of what runs. */
const QUEUED_MAX = 128;
const QUEUED_LOW = 64;
/** Work whose record could not be stored, or that could not be begun, is tried again after this long. */
const AGAIN_MS = 1_000;

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
  readonly #inHand = new InHand();
  #isHeld = false;
  #isMoving = false;
  #isLeaving = false;
  #pumpIsDue = false;
  #taken = 0;
  #skipped = 0;

  constructor(options: IntakeOptions) {
    this.#options = options;
    const { self, bus, members, offer, run, hasRoom, now } = options;
    this.#self = ownerOf(self);
    this.#partitions = new Partitions(bus, this.#self);
    this.#elsewhere = new Elsewhere(members);
    this.#queue = new Queue({
      ...{ offer, run, hasRoom, now },
      onRun: (entry, asked, running) => void this.#run(entry, asked, running),
      onWork: (entry, work) => void this.#perform(entry, work),
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
    return this.#inHand.of(({ partition }) => !this.#partitions.has(partition));
  }

  get status() {
    return {
      partitions: this.partitions.length,
      queued: this.#queue.length,
      inHand: this.#inHand.size,
      elsewhere: this.#elsewhere.size,
      taken: this.#taken,
      skipped: this.#skipped,
      commits: this.#partitions.commits,
    };
  }

  /** As `BusListener.moving`. Begins nothing until it is known whose partitions are whose. */
  moving(): readonly Mark[] {
    this.#isMoving = true;
    return this.#partitions.marks;
  }

  /** As `BusListener.lost`. What ended here and could not be committed is told to who owns them next. */
  lost(partitions: readonly number[]): void {
    const untold = this.#partitions.lost(partitions);
    const isLost = ({ partition }: Entry) => !this.#partitions.has(partition);
    this.#queue.drop(isLost);
    this.#elsewhere.drop(isLost);
    for (const place of untold) void this.#tellEnded(place);
    this.#gate();
  }

  /** As `BusListener.assigned`. */
  assigned(partitions: readonly Assigned[]): void {
    this.#isMoving = false;
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
    const rest = this.#inHand.empty().then(() => this.settled());
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

  // --- taking ----------------------------------------------------------------------------------------------------

  #take(entry: Entry): void {
    // Begun here before the partition went and came back: it goes on.
    if (this.#inHand.has(entry)) return;
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
    const { members, now, maxTries } = this.#options;
    this.#inHand.add(entry);
    if (this.#triesOf(entry) >= maxTries) return this.#refuse(entry, asked, messages.nodesLost(maxTries));
    if (members.isGone(asked.from, now())) {
      // Dead, as it seems; it may only have been cut off.
      await this.#options.giveBack(asked);
      return this.#end(entry);
    }
    const job = await jobFor(asked, this.#options);
    if (typeof job === 'string') return this.#refuse(entry, asked, job);
    this.#inHand.remove(entry);
    if (!this.#isMine(entry)) return;
    this.#queue.addRun(entry, asked, job);
    this.#pump();
  }

  async #refuse(entry: Entry, asked: RunMessage, sentence: string): Promise<void> {
    await this.#options.answer(asked, unserved(whiskError(sentence), Date.now(), asked.waitedMs));
    await this.#end(entry);
  }

  /** Begins what there is room for; nothing while it may be that others own the partitions, and begin it too. */
  #pump(): void {
    if (this.#isLeaving) return;
    const { members, now } = this.#options;
    if (!this.#isMoving && members.isHearing(now())) this.#queue.pump();
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

  // --- doing -----------------------------------------------------------------------------------------------------

  async #run(entry: Entry, asked: RunMessage, running: Promise<Outcome>): Promise<void> {
    this.#begin(entry);
    // Nobody waits for this commit: the next owner may run it once more.
    this.#partitions.changed(entry.partition, 'soon');
    let outcome: Outcome;
    try {
      outcome = await running;
    } catch (error) {
      // The pool takes no more, and had not begun it: whoever owns the partition next does.
      if (error instanceof Refusal) return this.#undo(entry);
      const { stack, message } = error as Error;
      this.#options.events.error('cluster', `${asked.activationId} could not be run: ${stack ?? message}`);
      outcome = unserved(whiskError(messages.internalError), Date.now(), asked.waitedMs);
    }
    await this.#options.answer(asked, outcome);
    await this.#end(entry);
  }

  async #perform(entry: Entry, work: Work): Promise<void> {
    const tries = this.#triesOf(entry);
    this.#begin(entry);
    try {
      // What may have killed a node before is not begun until it is counted.
      const isCounted = !entry.isOld || (await this.#partitions.committed(entry.partition));
      if (!isCounted) return this.#undo(entry);
      this.#partitions.changed(entry.partition, 'now');
      await this.#options.perform(work, tries);
      await this.#end(entry);
    } catch (error) {
      const { message, stack } = error as Error;
      const { events } = this.#options;
      if (error instanceof RecordLost) {
        // It has run: who did it again might do so again and again.
        events.error('cluster', `${work.activationId} is not done again, although it has no record: ${message}`);
        return await this.#end(entry);
      }
      const isAway = isRefusedOrAway(error);
      if (isAway) events.warn('cluster', `${work.activationId} is still to be done: ${message}`);
      else events.error('cluster', `${work.activationId} could not be done, and is tried again: ${stack ?? message}`);
      await pause(AGAIN_MS);
      if (isAway) this.#undo(entry);
      else this.#again(entry);
    } finally {
      this.#queue.reached(work.activationId);
    }
  }

  #begin(entry: Entry): void {
    this.#taken++;
    this.#inHand.add(entry);
    this.#partitions.begin(entry);
  }

  async #end(entry: Entry): Promise<void> {
    if (!this.#partitions.has(entry.partition)) return this.#tellEnded(entry);
    this.#done(entry);
  }

  /** Of a partition that is another node's. It counts as held until the others know. */
  async #tellEnded(place: Place): Promise<void> {
    this.#inHand.add(place);
    this.#elsewhere.ended(place, false, this.#options.now());
    await this.#options.tellEnded(place.partition, place.offset);
    this.#done(place);
  }

  #done(place: Place): void {
    this.#partitions.done(place);
    this.#inHand.remove(place);
    this.#pump();
  }

  /** It was not begun after all. */
  #undo(entry: Entry): void {
    this.#partitions.undo(entry);
    this.#again(entry);
  }

  /** It is to be begun once more. */
  #again(entry: Entry): void {
    this.#inHand.remove(entry);
    if (this.#isMine(entry)) this.#ready(entry);
    this.#pump();
  }

  /** It is for this node to begin it. */
  #isMine({ partition }: Entry): boolean {
    return !this.#isLeaving && this.#partitions.has(partition);
  }

  #triesOf(entry: Entry): number {
    return this.#partitions.begunAs(entry)?.tries ?? 0;
  }
}
