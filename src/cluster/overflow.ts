import type { Job } from '../model/job.ts';
import { messages } from '../model/messages.ts';
import { type Outcome, unserved, whiskError } from '../model/outcome.ts';
import type { Bus } from './bus.ts';
import { choosePartition, chooseTaker } from './choose.ts';
import type { Members } from './members.ts';
import { atMost } from './pause.ts';
import { encode, type Origin, type OutcomeMessage, type ReturnedMessage, type RunMessage } from './wire.ts';

export interface OverflowOptions {
  readonly bus: Pick<Bus, 'send' | 'facts'>;
  readonly members: Pick<Members, 'takers' | 'sent'>;
  readonly self: Origin;
  /** Something could not be sent. */
  readonly onFailure: (error: Error) => void;
  /** Milliseconds of a clock that only goes forward. */
  readonly now: () => number;
}

/** How long it may take to send a job away. */
const SEND_MS = 1_000;
/** What a message has besides its payload. */
export const ENVELOPE_BYTES = 16 * 1024;
/** As long as OpenWhisk waits for an invoker's answer: twice the action's time limit and a minute (whisk.timeout-factor, -addon). */
const answerMs = (timeout: number) => timeout * 2 + 60_000;

interface Away {
  readonly job: Job;
  readonly resolve: (outcome: Outcome | undefined) => void;
  readonly release: () => void;
  readonly timer: ReturnType<typeof setTimeout>;
}

/** Jobs that this node sent to others, and waits for. */
export class Overflow {
  readonly #options: OverflowOptions;
  readonly #away = new Map<string, Away>();
  #idle: (() => void)[] = [];
  #sent = 0;

  constructor(options: OverflowOptions) {
    this.#options = options;
  }

  /** Jobs that others have now, and how many were ever sent. */
  get status() {
    return { away: this.#away.size, overflowed: this.#sent };
  }

  /**
   * Sends the job to a node that has room for it, if there is one: at once `undefined` when there is none. The promise has the
   * outcome, or `undefined` when the job could not be sent, or came back as it was: then it is to be run here.
   *
   * @param isOurs whether this node could run it; else it goes also to one without room, and waits there
   */
  offer(job: Job, isOurs: boolean): Promise<Outcome | undefined> | undefined {
    const { bus, members, self, now } = this.#options;
    const { action } = job;
    const takers = members.takers(now(), kindOf(job));
    const { memory } = action.limits;
    const taker =
      chooseTaker(action.id, memory, takers) ??
      (isOurs ? undefined : chooseTaker(action.id, Number.NEGATIVE_INFINITY, takers));
    const partition = taker && choosePartition(action.id, taker.partitions);
    if (taker === undefined || partition === undefined || !bus.facts) return undefined;
    const message = encode(runOf(job, self));
    if (message.byteLength + ENVELOPE_BYTES > bus.facts.messageBytes) return undefined;
    return this.#send(job, partition, message, members.sent(taker.node, memory));
  }

  /** An outcome came. Nobody waits for one that came before, or that this node asked for before it was restarted. */
  answered({ activationId, outcome, endedMsAgo }: OutcomeMessage): void {
    const away = this.#away.get(activationId);
    if (!away) return;
    const { job } = away;
    job.watcher?.started(activationId);
    for (const line of outcome.logs) job.watcher?.logged(activationId, line);
    this.#settle(activationId, away, inOurTime(outcome, job.acceptedAt, Date.now() - endedMsAgo));
  }

  /** It came back as it was. */
  returned({ activationId }: ReturnedMessage): void {
    const away = this.#away.get(activationId);
    if (away) this.#settle(activationId, away, undefined);
  }

  /** Resolves when nothing is away, or after `limitMs`. */
  async drain(limitMs: number): Promise<void> {
    if (this.#away.size === 0) return;
    await atMost(new Promise<void>((resolve) => this.#idle.push(resolve)), limitMs);
  }

  /** Whoever still waits hears that there will be no answer. */
  close(): void {
    for (const [id, away] of this.#away) this.#settle(id, away, unanswered(away.job));
  }

  async #send(job: Job, partition: number, message: Uint8Array, release: () => void): Promise<Outcome | undefined> {
    const { activationId } = job;
    const { promise, resolve } = Promise.withResolvers<Outcome | undefined>();
    const timer = setTimeout(() => {
      const away = this.#away.get(activationId);
      if (away) this.#settle(activationId, away, unanswered(job));
    }, answerMs(job.action.limits.timeout));
    this.#away.set(activationId, { job, resolve, release, timer });
    try {
      await this.#options.bus.send({ topic: 'work', partition }, message, SEND_MS);
    } catch (error) {
      this.#options.onFailure(error as Error);
      const away = this.#away.get(activationId);
      // It may have arrived all the same, and even have been answered.
      if (!away) return promise;
      this.#forget(activationId, away);
      return undefined;
    }
    this.#sent++;
    return promise;
  }

  #settle(activationId: string, away: Away, outcome: Outcome | undefined): void {
    this.#forget(activationId, away);
    away.resolve(outcome);
  }

  #forget(activationId: string, { timer, release }: Away): void {
    this.#away.delete(activationId);
    clearTimeout(timer);
    release();
    if (this.#away.size === 0) for (const tell of this.#idle.splice(0)) tell();
  }
}

/** What a node must be able to run. */
export function kindOf({ action: { exec } }: Job): string {
  return 'image' in exec ? 'blackbox' : exec.kind;
}

function runOf(job: Job, from: Origin): RunMessage {
  const { activationId, transactionId, namespace, action, args, apiKey, resultSizes, trace, acceptedAt } = job;
  const { id, rev, initEnv } = action;
  return {
    type: 'run',
    ...{ from, activationId, transactionId, namespace, args },
    action: { id, rev, initEnv },
    waitedMs: Math.max(0, Date.now() - acceptedAt),
    ...(apiKey === undefined ? undefined : { keyOf: apiKey.slice(0, apiKey.indexOf(':')) }),
    ...(resultSizes === undefined ? undefined : { resultSizes }),
    ...(trace === undefined ? undefined : { trace }),
  };
}

/** The other node's clock is not ours: what is certain is how long it ran, and how long ago it ended. */
function inOurTime(outcome: Outcome, acceptedAt: number, end: number): Outcome {
  const start = Math.min(end, Math.max(acceptedAt, end - (outcome.end - outcome.start)));
  return { ...outcome, start, end, waitMs: Math.max(0, start - acceptedAt) };
}

function unanswered({ acceptedAt }: Job): Outcome {
  const now = Date.now();
  return unserved(whiskError(messages.nodeSilent), now, now - acceptedAt);
}
