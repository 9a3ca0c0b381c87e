import type { Job } from '../model/job.ts';
import { messages } from '../model/messages.ts';
import { type Outcome, unserved, whiskError } from '../model/outcome.ts';
import { isRefusedOrAway, Refusal } from '../model/refusal.ts';
import { type Perform, RecordLost, type Work } from '../model/work.ts';
import { jobFor, type LookUp } from './asked-job.ts';
import type { Elsewhere } from './elsewhere.ts';
import type { Entry, Place } from './entry.ts';
import { InHand } from './in-hand.ts';
import type { Members } from './members.ts';
import type { Partitions } from './partitions.ts';
import { pause } from './pause.ts';
import type { RunMessage } from './wire.ts';

export interface ExecutorOptions extends LookUp {
  readonly partitions: Partitions;
  readonly elsewhere: Pick<Elsewhere, 'ended'>;
  readonly members: Pick<Members, 'isGone'>;
  readonly perform: Perform;
  /** How often a job may be begun. */
  readonly maxTries: number;
  /** Gets the outcome to the node that asked, or gives that up. Never rejects. */
  readonly answer: (asked: RunMessage, outcome: Outcome) => Promise<void>;
  /** Gives the job back to the node that asked, or gives that up. Never rejects. */
  readonly giveBack: (asked: RunMessage) => Promise<void>;
  /** Tells the others that this has ended. Never rejects. */
  readonly tellEnded: (place: Place) => Promise<void>;
  /** The pool knows of the work, or it has ended. */
  readonly reached: (activationId: string) => void;
  /** It is to be begun once more, by who owns its partition now. */
  readonly onAgain: (entry: Entry) => void;
  /** There may be room for others. */
  readonly onEnd: () => void;
  /** Milliseconds of a clock that only goes forward. */
  readonly now: () => number;
}

/** Work whose record could not be stored, or that could not be begun, is tried again after this long. */
const AGAIN_MS = 1_000;

/**
 * Does to its end what the intake begins, and sees to it that the next owner of its partition knows: by a commit, or by a word to all
 * when the partition is another node's by then.
 */
export class Executor {
  readonly #options: ExecutorOptions;
  readonly #inHand = new InHand();
  /** What had to wait here because something was away. */
  readonly #waited = new WeakSet<Entry>();
  #begun = 0;

  constructor(options: ExecutorOptions) {
    this.#options = options;
  }

  /** How much was ever begun. */
  get begun(): number {
    return this.#begun;
  }

  /** What has been begun, and has not ended. */
  get size(): number {
    return this.#inHand.size;
  }

  has(entry: Entry): boolean {
    return this.#inHand.has(entry);
  }

  /** What was begun of partitions that are others' by now, by the names that heartbeats have for it. */
  get holding(): readonly string[] {
    return this.#inHand.of(({ partition }) => !this.#options.partitions.has(partition));
  }

  /** Resolves when nothing is in hand. */
  empty(): Promise<void> {
    return this.#inHand.empty();
  }

  /** Makes a job of it. Undefined when it is not to be run: then it has ended. */
  async lookUp(entry: Entry, asked: RunMessage): Promise<Job | undefined> {
    const { partitions, members, maxTries, now } = this.#options;
    this.#inHand.add(entry);
    if (partitions.triesOf(entry) >= maxTries) return this.#refuse(entry, asked, messages.nodesLost(maxTries));
    if (members.isGone(asked.from, now())) return this.#giveBack(entry, asked);
    const job = await jobFor(asked, this.#options);
    if (!job) return this.#giveBack(entry, asked);
    if (typeof job === 'string') return this.#refuse(entry, asked, job);
    this.#inHand.remove(entry);
    return job;
  }

  /** Follows a job that runs. */
  async run(entry: Entry, asked: RunMessage, running: Promise<Outcome>): Promise<void> {
    const { partitions, events, answer } = this.#options;
    this.#begin(entry);
    // Nobody waits for this commit: the next owner may run it once more.
    partitions.changed(entry.partition, 'soon');
    let outcome: Outcome;
    try {
      outcome = await running;
    } catch (error) {
      // It was not begun: its code is away, or the pool takes no more.
      if (error instanceof Refusal) return this.#giveBack(entry, asked);
      const { stack, message } = error as Error;
      events.error('cluster', `${asked.activationId} could not be run: ${stack ?? message}`);
      outcome = unserved(whiskError(messages.internalError), Date.now(), asked.waitedMs);
    }
    await answer(asked, outcome);
    await this.#end(entry);
  }

  async perform(entry: Entry, work: Work): Promise<void> {
    const { partitions, perform, reached } = this.#options;
    const tries = partitions.triesOf(entry);
    this.#begin(entry);
    try {
      // What may have killed a node before is not begun until it is counted.
      const isCounted = !entry.isOld || (await partitions.committed(entry.partition));
      if (!isCounted) return this.#undo(entry);
      partitions.changed(entry.partition, 'now');
      await perform(work, tries, this.#waited.has(entry));
      await this.#end(entry);
    } catch (error) {
      await this.#failed(entry, work, error as Error);
    } finally {
      reached(work.activationId);
    }
  }

  /** Tells what ended of a partition that is another node's. It counts as held until the others know. */
  async tellEnded(place: Place): Promise<void> {
    const { elsewhere, tellEnded, now } = this.#options;
    this.#inHand.add(place);
    elsewhere.ended(place, false, now());
    await tellEnded(place);
    this.#done(place);
  }

  async #failed(entry: Entry, { activationId }: Work, error: Error): Promise<void> {
    const { events } = this.#options;
    const { message, stack } = error;
    if (error instanceof RecordLost) {
      // It has run: who did it again might do so again and again.
      events.error('cluster', `${activationId} is not done again, although it has no record: ${message}`);
      return this.#end(entry);
    }
    const isAway = isRefusedOrAway(error);
    if (isAway) events.warn('cluster', `${activationId} is still to be done: ${message}`);
    else events.error('cluster', `${activationId} could not be done, and is tried again: ${stack ?? message}`);
    await pause(AGAIN_MS);
    if (!isAway) return this.#again(entry);
    this.#waited.add(entry);
    this.#undo(entry);
  }

  async #refuse(entry: Entry, asked: RunMessage, sentence: string): Promise<undefined> {
    await this.#options.answer(asked, unserved(whiskError(sentence), Date.now(), asked.waitedMs));
    await this.#end(entry);
  }

  /**
   * It was not run. Its caller's node, which knows what to do when something is away, may be able to; or seems to be dead, but may only
   * have been cut off.
   */
  async #giveBack(entry: Entry, asked: RunMessage): Promise<undefined> {
    await this.#options.giveBack(asked);
    await this.#end(entry);
  }

  #begin(entry: Entry): void {
    this.#begun++;
    this.#inHand.add(entry);
    this.#options.partitions.begin(entry);
  }

  async #end(entry: Entry): Promise<void> {
    if (!this.#options.partitions.has(entry.partition)) return this.tellEnded(entry);
    this.#done(entry);
  }

  #done(place: Place): void {
    this.#options.partitions.done(place);
    this.#inHand.remove(place);
    this.#options.onEnd();
  }

  /** It was not begun after all. */
  #undo(entry: Entry): void {
    this.#options.partitions.undo(entry);
    this.#again(entry);
  }

  #again(entry: Entry): void {
    this.#inHand.remove(entry);
    this.#options.onAgain(entry);
  }
}
