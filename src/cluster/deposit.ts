import type { Work } from '../model/work.ts';
import type { Bus } from './bus.ts';
import { choosePlace, type Taker } from './choose.ts';
import type { Members } from './members.ts';
import { ENVELOPE_BYTES } from './overflow.ts';
import type { Reach } from './reach.ts';
import { encode } from './wire.ts';

export interface DepositOptions {
  readonly bus: Pick<Bus, 'send' | 'facts'>;
  readonly members: Pick<Members, 'takers' | 'given'>;
  readonly reach: Pick<Reach, 'isThere' | 'failed'>;
  /** This node, with what room it has. */
  readonly asTaker: () => Taker;
  /** Megabytes that an action has when it does not say. */
  readonly standardMemory: number;
  /** Milliseconds of a clock that only goes forward. */
  readonly now: () => number;
}

/** How long accepted work may take to be in Kafka before it is kept here. */
const ACCEPT_MS = 1_000;

/** Accepted work on its way into Kafka, before it is answered with 202. */
export class Deposit {
  readonly #options: DepositOptions;
  #accepted = 0;

  constructor(options: DepositOptions) {
    this.#options = options;
  }

  /** How much has been put there. */
  get accepted(): number {
    return this.#accepted;
  }

  /** Answers what could not be put there within a second, as `Cluster.accept` does. */
  async put(works: readonly Work[]): Promise<readonly Work[]> {
    const { bus, reach } = this.#options;
    const { facts } = bus;
    if (!facts || !reach.isThere) return works;
    const kept = await Promise.all(
      works.map(async (work) => {
        const message = encode({ type: 'work', work });
        if (message.byteLength + ENVELOPE_BYTES > facts.messageBytes) return [work];
        try {
          await bus.send({ topic: 'work', partition: this.#placeOf(work, facts.partitions) }, message, ACCEPT_MS);
          this.#accepted++;
          return [];
        } catch (error) {
          reach.failed(error as Error);
          return [work];
        }
      }),
    );
    return kept.flat();
  }

  /** The partition that the work goes to. */
  #placeOf(work: Work, partitions: number): number {
    const { members, asTaker, standardMemory, now } = this.#options;
    const name = work.type === 'invocation' ? work.action : work.trigger.name;
    const own = asTaker();
    const takers = members.takers(now());
    const keys = { action: `${work.namespace} ${name}`, work: work.activationId };
    const place = choosePlace(keys, standardMemory, own, takers, partitions);
    const taker = [own, ...takers].find((each) => each.partitions.includes(place));
    if (taker) members.given(taker.node, standardMemory);
    return place;
  }
}
