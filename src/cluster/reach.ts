import type { Events } from '../observe/events.ts';
import type { Members } from './members.ts';

export interface ReachOptions {
  /** Of this node. */
  readonly node: string;
  readonly members: Pick<Members, 'isHearing'>;
  readonly events: Events;
  /** Milliseconds of a clock that only goes forward. */
  readonly now: () => number;
}

/**
 * Whether messages come and go. Once something could not be sent Kafka counts as away, until a heartbeat of this node has come back from
 * it. The log is told when it changes.
 */
export class Reach {
  readonly #options: ReachOptions;
  #failedAt = Number.NEGATIVE_INFINITY;
  #wasThere = false;

  constructor(options: ReachOptions) {
    this.#options = options;
  }

  get isThere(): boolean {
    const { members, now } = this.#options;
    return members.isHearing(now(), this.#failedAt);
  }

  /** Something could not be sent. */
  failed({ message }: Error): void {
    const { events, now } = this.#options;
    this.#failedAt = now();
    if (this.#wasThere) events.warn('cluster', `Kafka does not take messages: ${message}`);
    this.#wasThere = false;
  }

  /** Looks whether it has changed. */
  look(): void {
    const { isThere } = this;
    if (isThere === this.#wasThere) return;
    this.#wasThere = isThere;
    const { events, node } = this.#options;
    if (isThere) events.info('cluster', `node '${node}' is connected with Kafka`);
    else events.warn('cluster', 'Kafka is away: this node goes on alone');
  }
}
