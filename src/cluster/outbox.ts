import type { Outcome } from '../model/outcome.ts';
import type { Bus, Target } from './bus.ts';
import type { Place } from './entry.ts';
import { fitting } from './fitting.ts';
import type { Members } from './members.ts';
import { pause } from './pause.ts';
import type { Reach } from './reach.ts';
import { type BeatMessage, encode, type Origin, type OutcomeMessage, type RunMessage } from './wire.ts';

export interface OutboxOptions {
  readonly bus: Pick<Bus, 'send' | 'facts'>;
  readonly self: Origin;
  readonly members: Pick<Members, 'isGone'>;
  readonly reach: Pick<Reach, 'failed'>;
  /** Milliseconds of a clock that only goes forward. */
  readonly now: () => number;
}

/** How long Kafka may take for one that is sent until it is taken, and how long after a failure it is sent again. */
const ANSWER_MS = 5_000;
const ANSWER_AGAIN_MS = 500;
/** How long one is sent again to a node that seems to be dead: it may only have been cut off, and wait for it. */
const PATIENCE_MS = 60_000;
/** A heartbeat that takes longer is overtaken by the next one. */
const BEAT_MS = 1_000;
/** How long the last word of a node may take to leave. */
const FAREWELL_MS = 1_000;

/** What this node tells the others: what has ended here, and that it is there. Nothing here rejects. */
export class Outbox {
  readonly #options: OutboxOptions;
  #isClosed = false;

  constructor(options: OutboxOptions) {
    this.#options = options;
  }

  /** Gets the outcome to the node that asked. */
  answer({ from, activationId }: RunMessage, outcome: Outcome): Promise<void> {
    const { bus, self } = this.#options;
    const value = () => {
      const endedMsAgo = Math.max(0, Date.now() - outcome.end);
      const message: OutcomeMessage = { type: 'outcome', from: self, activationId, outcome, endedMsAgo };
      return fitting(message, bus.facts?.messageBytes ?? Number.POSITIVE_INFINITY);
    };
    return this.#sendBack(from, value);
  }

  /** Gives the job back to the node that asked: it was not run. */
  giveBack({ from, activationId }: RunMessage): Promise<void> {
    const value = encode({ type: 'returned', from: this.#options.self, activationId });
    return this.#sendBack(from, () => value);
  }

  /** Of a partition that is another node's by now. */
  tellEnded({ partition, offset }: Place): Promise<void> {
    const value = encode({ type: 'ended', from: this.#options.self, partition, offset });
    return this.#sendUntilTaken({ topic: 'members' }, () => value);
  }

  /** Once; the next one says it again. */
  beat(message: BeatMessage): void {
    if (this.#isClosed) return;
    const { bus, reach } = this.#options;
    bus.send({ topic: 'members' }, encode(message), BEAT_MS).catch((error: Error) => reach.failed(error));
  }

  /** The last word. Work that did not end in time is begun by others at once, and not when this node's silence has been long enough. */
  async farewell(): Promise<void> {
    this.#isClosed = true;
    const { bus, self } = this.#options;
    try {
      await bus.send({ topic: 'members' }, encode({ type: 'left', from: self }), FAREWELL_MS);
    } catch {
      // Then its silence will tell them.
    }
  }

  #sendBack(to: Origin, value: () => Uint8Array): Promise<void> {
    const { members, now } = this.#options;
    const patientUntil = now() + PATIENCE_MS;
    const isWanted = () => now() < patientUntil || !members.isGone(to, now());
    return this.#sendUntilTaken({ topic: 'results', node: to.node }, value, isWanted);
  }

  /** @param value what it is by the time it is sent @param isWanted whether anybody still wants it */
  async #sendUntilTaken(target: Target, value: () => Uint8Array, isWanted = () => true): Promise<void> {
    const { bus, reach } = this.#options;
    while (!this.#isClosed && isWanted()) {
      try {
        return await bus.send(target, value(), ANSWER_MS);
      } catch (error) {
        reach.failed(error as Error);
        await pause(ANSWER_AGAIN_MS);
      }
    }
  }
}
