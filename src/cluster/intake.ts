import type { Job, JobAction, Offer, Run } from '../model/job.ts';
import { messages } from '../model/messages.ts';
import { type Outcome, unserved, whiskError } from '../model/outcome.ts';
import { isRefusedOrAway, Refusal } from '../model/refusal.ts';
import type { Perform } from '../model/work.ts';
import type { Events } from '../observe/events.ts';
import type { Assigned, Bus, BusMessage } from './bus.ts';
import { Commits } from './commits.ts';
import type { Members } from './members.ts';
import { atMost, pause } from './pause.ts';
import { Progress } from './progress.ts';
import {
  type BeatMessage,
  decode,
  type EndedMessage,
  type Origin,
  ownerOf,
  type RunMessage,
  type WorkMessage,
} from './wire.ts';

export interface IntakeOptions {
  readonly bus: Pick<Bus, 'commit' | 'hold'>;
  readonly self: Origin;
  readonly members: Pick<Members, 'isGone'>;
  readonly events: Events;
  /** Runs it here when there is room, or can be made at once. */
  readonly offer: Offer;
  /** Runs it here, however long it waits. */
  readonly run: Run;
  readonly perform: Perform;
  readonly resolveAction: ResolveAction;
  /** `uuid:key`, or undefined when there is no such key any more. */
  readonly keyOf: (uuid: string) => Promise<string | undefined>;
  /** Whether the pool has room for one more that was accepted. @param begun how many of them it does not know of yet */
  readonly hasRoom: (begun: number) => boolean;
  /** How often a job may be begun. */
  readonly maxTries: number;
  /** Gets the outcome to the node that asked, or gives that up. Never rejects. */
  readonly answer: (asked: RunMessage, outcome: Outcome) => Promise<void>;
  /** Tells the others that this has ended. Never rejects. */
  readonly tellEnded: (partition: number, offset: number) => Promise<void>;
  /** Milliseconds of a clock that only goes forward. */
  readonly now: () => number;
}

/** The action as it is now, or undefined when it is gone. @param asked at which revision, and with which init parameters */
export type ResolveAction = (asked: RunMessage['action']) => Promise<JobAction | undefined>;

/** More than this is not fetched ahead of what runs. */
const QUEUED_MAX = 128;
const QUEUED_LOW = 64;
/** A job that finds no room for so long joins the line of those who wait for a container. */
const PATIENCE_MS = 200;
/** Jobs that may find no room until the others are not asked for. */
const REFUSALS = 8;
/** What was begun so long ago is in the pool, or will never be. */
const STARTING_MS = 250;
/** How long it is remembered that something has ended elsewhere: by then all have heard who owns it. */
const ENDED_KEPT_MS = 120_000;
/** Work whose record could not be stored, or that could not be begun, is tried again after this long. */
const AGAIN_MS = 1_000;

interface Entry {
  readonly partition: number;
  readonly offset: number;
  readonly message: RunMessage | WorkMessage;
  /** It was there before this node owned the partition. */
  readonly isOld: boolean;
  /** When it was ready to be begun. */
  since: number;
  /** Of a run, once its action was looked up. */
  job: Job | undefined;
}

/**
 * Takes what is in the partitions that this node owns, and does it: a job by the invoker, as soon as it has room; accepted work
 * by `perform`. What was begun by an owner before that is still alive is left to it until it says that it has ended.
 *
 *     arrived ─► elsewhere ─► waiting ─► in hand ─► done ─► committed
 */
export class Intake {
  readonly #options: IntakeOptions;
  readonly #self: string;
  readonly #owned = new Map<number, Progress>();
  readonly #commits: Commits;
  readonly #elsewhere = new Map<string, { readonly entry: Entry; readonly owner: Origin }>();
  /** What others told that it has ended, of partitions that this node may get. */
  readonly #endedElsewhere = new Map<string, number>();
  #runs: Entry[] = [];
  #works: Entry[] = [];
  /** All that is being looked up or has been begun, also of partitions that are others' by now. */
  readonly #inHand = new Map<string, Entry>();
  /** Accepted work that the pool may not know of yet, by its id. */
  readonly #starting = new Map<string, number>();
  #isHeld = false;
  #isLeaving = false;
  #idle: (() => void)[] = [];
  #pumpIsDue = false;
  #taken = 0;
  #skipped = 0;

  constructor(options: IntakeOptions) {
    this.#options = options;
    this.#self = ownerOf(options.self);
    this.#commits = new Commits(options.bus, this.#owned);
  }

  get partitions(): readonly number[] {
    return [...this.#owned.keys()].sort((a, b) => a - b);
  }

  /** Jobs and work that the pool does not know of yet. */
  get backlog(): number {
    return this.#runs.length + this.#works.length + this.#starting.size;
  }

  get status() {
    return {
      partitions: this.#owned.size,
      queued: this.#runs.length + this.#works.length,
      inHand: this.#inHand.size,
      elsewhere: this.#elsewhere.size,
      taken: this.#taken,
      skipped: this.#skipped,
      commits: this.#commits.made,
    };
  }

  /** As `BusListener.assigned`. */
  assigned(partitions: readonly Assigned[]): void {
    const now = new Map(partitions.map((each) => [each.partition, each]));
    for (const partition of [...this.#owned.keys()]) if (!now.has(partition)) this.#owned.delete(partition);
    const isLost = ({ partition }: Entry) => !now.has(partition);
    this.#runs = this.#runs.filter((entry) => !isLost(entry));
    this.#works = this.#works.filter((entry) => !isLost(entry));
    for (const [key, { entry }] of this.#elsewhere) if (isLost(entry)) this.#elsewhere.delete(key);
    for (const [partition, mark] of now) {
      if (!this.#owned.has(partition)) this.#owned.set(partition, new Progress(mark));
    }
    this.#gate();
  }

  /** As `BusListener.work`. */
  arrived(partition: number, messages: readonly BusMessage[]): void {
    const progress = this.#owned.get(partition);
    if (!progress) return;
    for (const { offset, value } of messages) {
      if (!progress.arrived(offset)) continue;
      const message = decode(value);
      if ('problem' in message || (message.type !== 'run' && message.type !== 'work')) {
        const why = 'problem' in message ? message.problem : `'${message.type}' is no work`;
        this.#options.events.error('cluster', `message ${offset} of partition ${partition} was skipped: ${why}`);
        this.#skipped++;
        this.#done(partition, offset);
        continue;
      }
      const isOld = offset < progress.end;
      this.#take({ partition, offset, message, isOld, since: this.#options.now(), job: undefined }, progress);
    }
    this.#pump();
  }

  /** What was begun of partitions that are others' by now. */
  get holding(): readonly string[] {
    return [...this.#inHand].filter(([, { partition }]) => !this.#owned.has(partition)).map(([key]) => key);
  }

  /** Another node is done with what it had begun of a partition that it owns no longer. */
  ended({ partition, offset }: EndedMessage): void {
    const key = `${partition}/${offset}`;
    this.#elsewhere.delete(key);
    if (this.#owned.has(partition)) this.#done(partition, offset);
    else this.#endedElsewhere.set(key, this.#options.now());
  }

  /** What a node neither owns nor holds it has not, whatever was known of it: it is to be begun. */
  heard({ from, partitions, holding }: BeatMessage): void {
    const node = ownerOf(from);
    for (const [key, { entry, owner }] of this.#elsewhere) {
      if (ownerOf(owner) !== node || partitions.includes(entry.partition) || holding.includes(key)) continue;
      this.#elsewhere.delete(key);
      this.#ready(entry);
    }
  }

  /** Something may have changed: there may be room, or a node may be dead. Called now and then. */
  tick(): void {
    const now = this.#options.now();
    for (const [key, { entry, owner }] of this.#elsewhere) {
      if (!this.#options.members.isGone(owner, now)) continue;
      this.#elsewhere.delete(key);
      this.#ready(entry);
    }
    for (const [key, at] of this.#endedElsewhere) if (now - at > ENDED_KEPT_MS) this.#endedElsewhere.delete(key);
    for (const [id, since] of this.#starting) if (now - since > STARTING_MS) this.#starting.delete(id);
    this.#pump();
  }

  /** There may be room. Cheap: many calls in one turn are one. */
  wake(): void {
    if (this.#pumpIsDue || (this.#runs.length === 0 && this.#works.length === 0 && !this.#isHeld)) return;
    this.#pumpIsDue = true;
    queueMicrotask(() => {
      this.#pumpIsDue = false;
      this.#pump();
    });
  }

  /** The pool has the job: it counts there from now on. */
  reached(activationId: string): void {
    this.#starting.delete(activationId);
  }

  /** Begins nothing more. Resolves when what is in hand has ended and is committed, or after `limitMs`. */
  async drain(limitMs: number): Promise<void> {
    this.#isLeaving = true;
    this.#runs = [];
    this.#works = [];
    await atMost(this.#rest(), limitMs);
  }

  /** Resolves when nothing is in hand, and what is known is committed. */
  async #rest(): Promise<void> {
    if (this.#inHand.size > 0) await new Promise<void>((resolve) => this.#idle.push(resolve));
    await this.#commits.settle();
  }

  /** Resolves when all that is known of the partitions is committed. */
  settled(): Promise<void> {
    return this.#commits.settle();
  }

  close(): void {
    this.#isLeaving = true;
    this.#commits.close();
  }

  // --- taking ----------------------------------------------------------------------------------------------------

  #take(entry: Entry, progress: Progress): void {
    const key = keyOf(entry);
    // Begun here before the partition went and came back: it goes on.
    if (this.#inHand.has(key)) return;
    if (this.#endedElsewhere.delete(key)) {
      this.#done(entry.partition, entry.offset);
      return;
    }
    const begun = progress.begunAs(entry.offset);
    const owner = begun && begun.owner !== this.#self ? originOf(begun.owner) : undefined;
    if (owner && !this.#options.members.isGone(owner, this.#options.now())) this.#elsewhere.set(key, { entry, owner });
    else this.#ready(entry);
  }

  #ready(entry: Entry): void {
    entry.since = this.#options.now();
    if (entry.message.type === 'work') this.#works.push(entry);
    else void this.#lookUp(entry, entry.message);
  }

  /** Makes a job of it. */
  async #lookUp(entry: Entry, run: RunMessage): Promise<void> {
    const { members, resolveAction, keyOf: keyOfUuid, now, maxTries } = this.#options;
    this.#inHand.set(keyOf(entry), entry);
    let refusal: string | undefined;
    if (this.#triesOf(entry) >= maxTries) refusal = messages.nodesLost(maxTries);
    else if (members.isGone(run.from, now())) return this.#end(entry);
    else {
      try {
        const [action, apiKey] = await Promise.all([
          resolveAction(run.action),
          run.keyOf === undefined ? undefined : keyOfUuid(run.keyOf),
        ]);
        if (action) entry.job = jobOf(run, action, apiKey);
        else refusal = messages.actionRemoved;
      } catch (error) {
        this.#options.events.warn('cluster', `${run.action.id} cannot be looked up: ${(error as Error).message}`);
        refusal = messages.internalError;
      }
    }
    if (refusal !== undefined) {
      await this.#options.answer(run, unserved(whiskError(refusal), Date.now(), run.waitedMs));
      return this.#end(entry);
    }
    this.#release(entry);
    if (!this.#isMine(entry)) return;
    entry.since = now();
    this.#runs.push(entry);
    this.#pump();
  }

  /** Begins what there is room for. */
  #pump(): void {
    if (this.#isLeaving) return;
    this.#pumpRuns();
    this.#pumpWorks();
    this.#gate();
  }

  #pumpRuns(): void {
    if (this.#runs.length === 0) return;
    const { offer, run, now } = this.#options;
    let refusals = 0;
    this.#runs = this.#runs.filter((entry) => {
      if (refusals >= REFUSALS) return true;
      const job = entry.job as Job;
      const outcome = offer(job) ?? (now() - entry.since > PATIENCE_MS ? run(job) : undefined);
      if (outcome) void this.#run(entry, entry.message as RunMessage, outcome);
      else refusals++;
      return outcome === undefined;
    });
  }

  #pumpWorks(): void {
    while (this.#works.length > 0 && this.#options.hasRoom(this.#starting.size)) {
      const entry = this.#works.shift() as Entry;
      this.#starting.set((entry.message as WorkMessage).work.activationId, this.#options.now());
      void this.#perform(entry, entry.message as WorkMessage);
    }
  }

  /** Fetches more, or not. */
  #gate(): void {
    const queued = this.#runs.length + this.#works.length + this.#elsewhere.size;
    const isHeld = this.#isLeaving || queued >= (this.#isHeld ? QUEUED_LOW : QUEUED_MAX);
    if (isHeld === this.#isHeld) return;
    this.#isHeld = isHeld;
    this.#options.bus.hold(isHeld);
  }

  // --- doing -----------------------------------------------------------------------------------------------------

  async #run(entry: Entry, asked: RunMessage, running: Promise<Outcome>): Promise<void> {
    this.#begin(entry);
    // Nobody waits for this commit: the next owner may run it once more.
    this.#commits.changed(entry.partition);
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

  async #perform(entry: Entry, { work }: WorkMessage): Promise<void> {
    const tries = this.#triesOf(entry);
    this.#begin(entry);
    try {
      // What may have killed a node before is not begun until it is counted.
      const isCounted = !entry.isOld || (await this.#commits.committed(entry.partition));
      if (!isCounted) return this.#undo(entry);
      this.#commits.changed(entry.partition, 'now');
      await this.#options.perform(work, tries);
      await this.#end(entry);
    } catch (error) {
      const { message } = error as Error;
      if (!isRefusedOrAway(error)) {
        // It may have run: who did it again might do so again and again.
        const sentence = `${work.activationId} is not done again, although it may have no record: ${message}`;
        this.#options.events.error('cluster', sentence);
        return await this.#end(entry);
      }
      this.#options.events.warn('cluster', `${work.activationId} is still to be done: ${message}`);
      await pause(AGAIN_MS);
      this.#undo(entry);
    } finally {
      this.#starting.delete(work.activationId);
    }
  }

  #begin(entry: Entry): void {
    this.#taken++;
    this.#inHand.set(keyOf(entry), entry);
    this.#owned.get(entry.partition)?.begin(entry.offset, this.#self);
  }

  async #end(entry: Entry): Promise<void> {
    const { partition, offset } = entry;
    // It counts as held until the others know.
    if (!this.#owned.has(partition)) await this.#options.tellEnded(partition, offset);
    this.#done(partition, offset);
    this.#release(entry);
    this.#pump();
  }

  /** It was not begun, or is to be begun once more. */
  #undo(entry: Entry): void {
    this.#owned.get(entry.partition)?.undo(entry.offset);
    this.#commits.changed(entry.partition);
    this.#release(entry);
    if (this.#isMine(entry)) this.#ready(entry);
    this.#pump();
  }

  #release(entry: Entry): void {
    this.#inHand.delete(keyOf(entry));
    if (this.#inHand.size === 0) for (const tell of this.#idle.splice(0)) tell();
  }

  #done(partition: number, offset: number): void {
    this.#owned.get(partition)?.done(offset);
    this.#commits.changed(partition);
  }

  /** It is for this node to begin it. */
  #isMine({ partition }: Entry): boolean {
    return !this.#isLeaving && this.#owned.has(partition);
  }

  #triesOf({ partition, offset }: Entry): number {
    return this.#owned.get(partition)?.begunAs(offset)?.tries ?? 0;
  }
}

function keyOf({ partition, offset }: Entry): string {
  return `${partition}/${offset}`;
}

function originOf(owner: string): Origin {
  const at = owner.lastIndexOf('#');
  return { node: owner.slice(0, at), boot: owner.slice(at + 1) };
}

function jobOf(run: RunMessage, action: JobAction, apiKey: string | undefined): Job {
  const { activationId, transactionId, namespace, args, resultSizes, trace, waitedMs } = run;
  return {
    ...{ activationId, transactionId, namespace, action, args, acceptedAt: Date.now() - waitedMs },
    ...(apiKey === undefined ? undefined : { apiKey }),
    ...(resultSizes ? { resultSizes } : undefined),
    ...(trace ? { trace } : undefined),
  };
}
