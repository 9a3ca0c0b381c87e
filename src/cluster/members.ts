import type { NodeView } from '../observe/cluster-view.ts';
import type { Taker } from './choose.ts';
import { type BeatMessage, type Origin, ownerOf } from './wire.ts';

/** How long nothing may be heard of a node before it counts as dead. */
export const SILENCE_MS = 8_000;
/** How long a dead node is still listed. */
const LISTED_MS = 10 * 60_000;

/** Processes that are remembered to have said farewell. */
const LEFT_KEPT = 1_000;

/** A node as the others see it. */
export interface Member extends NodeView {
  readonly address: string;
  readonly version: string;
  readonly kinds: readonly string[];
  /** Megabytes. */
  readonly memoryTotal: number;
  readonly memoryFree: number;
  readonly waiting: number;
  readonly partitions: readonly number[];
}

interface Heard {
  beat: BeatMessage;
  /** When this node last heard of it, by the clock of what it hears. */
  at: number;
  /** Megabytes of jobs that were sent to it from here, and have not come back. */
  sent: number;
  /** Those of them that it may have known of when it said what room it has. */
  sentBefore: number;
  /** Megabytes of work that was given to it since then. */
  given: number;
}

/**
 * The nodes, by what was heard of them. Ages are counted by a clock that goes while this node's own heartbeats come back, which go
 * the same way: while they do not it is Kafka that is away, and nobody is dead for that, nor when it is back.
 *
 * All times are milliseconds of a clock that only goes forward. Pure.
 */
export class Members {
  readonly #self: Origin;
  readonly #heard = new Map<string, Heard>();
  /** Processes that said farewell. */
  readonly #left = new Set<string>();
  /** When this node last heard of itself, and for how long it has, without the times in between. */
  #hearing: number | undefined;
  #clock = 0;

  constructor(self: Origin) {
    this.#self = self;
  }

  /** Answers true when it is another process with this node's own name: two nodes must not have one name. */
  heard(beat: BeatMessage, now: number): boolean {
    const { node, boot } = beat.from;
    if (node === this.#self.node) {
      if (boot !== this.#self.boot) return true;
      if (this.isHearing(now)) this.#clock += now - (this.#hearing as number);
      this.#hearing = now;
    }
    const known = this.#heard.get(node);
    if (known?.beat.from.boot === boot) {
      known.beat = beat;
      known.at = this.#clock;
      known.sentBefore = known.sent;
      known.given = 0;
    } else {
      this.#heard.set(node, { beat, at: this.#clock, sent: 0, sentBefore: 0, given: 0 });
    }
    return false;
  }

  left(origin: Origin): void {
    const { node, boot } = origin;
    if (this.#heard.get(node)?.beat.from.boot === boot) this.#heard.delete(node);
    this.#left.add(ownerOf(origin));
    const [oldest] = this.#left;
    if (this.#left.size > LEFT_KEPT && oldest !== undefined) this.#left.delete(oldest);
  }

  /** Whether messages come and go. @param after something has to have been heard since then */
  isHearing(now: number, after = Number.NEGATIVE_INFINITY): boolean {
    return this.#hearing !== undefined && this.#hearing > after && now - this.#hearing < SILENCE_MS / 2;
  }

  /** Whether this process is known to have ended: it said so, has been restarted, or was not heard of for too long. */
  isGone(origin: Origin, now: number): boolean {
    const { node, boot } = origin;
    if (this.#left.has(ownerOf(origin))) return true;
    if (node === this.#self.node) return boot !== this.#self.boot;
    const heard = this.#heard.get(node);
    if (heard && heard.beat.from.boot === boot) return this.#isDead(heard);
    if (heard) return true;
    // Never heard of since this node listens: it may be about to say something.
    return this.isHearing(now) && this.#clock > SILENCE_MS;
  }

  /** Other nodes that take work, with the room that is left for jobs from here. */
  takers(now: number, kind?: string): Taker[] {
    if (!this.isHearing(now)) return [];
    return [...this.#heard.values()]
      .filter((heard) => heard.beat.from.node !== this.#self.node && heard.beat.state === 'up' && !this.#isDead(heard))
      .filter(({ beat }) => kind === undefined || beat.kinds.includes(kind))
      .map(({ beat, sent, sentBefore, given }) => ({
        node: beat.from.node,
        partitions: beat.partitions,
        // What had come from here by then is not in what it said is free.
        room: beat.memoryFree + sentBefore - sent - given,
      }));
  }

  /** A job of so many megabytes was sent to it; call the answer when it has come back. */
  sent(node: string, memory: number): () => void {
    const heard = this.#heard.get(node);
    if (!heard) return () => undefined;
    heard.sent += memory;
    return () => {
      heard.sent -= memory;
    };
  }

  /** Work of about so many megabytes was given to it, of which nothing comes back. */
  given(node: string, memory: number): void {
    const heard = this.#heard.get(node);
    if (heard) heard.given += memory;
  }

  /** Megabytes of work that was given to it since it was last heard of. */
  givenTo(node: string): number {
    return this.#heard.get(node)?.given ?? 0;
  }

  /** All of them, by name. Those that died long ago are forgotten. @param own what this node would say of itself */
  list(own: BeatMessage, now: number): Member[] {
    for (const [node, { at }] of this.#heard) {
      if (this.#clock - at > LISTED_MS) this.#heard.delete(node);
    }
    const isHearing = this.isHearing(now);
    const others = [...this.#heard.values()].filter(({ beat }) => beat.from.node !== this.#self.node);
    const members = others.map((heard) => {
      const status = this.#isDead(heard) ? 'down' : isHearing ? heard.beat.state : 'unresponsive';
      return memberOf(heard.beat, status);
    });
    return [...members, memberOf(own, own.state)].sort((a, b) => (a.id < b.id ? -1 : 1));
  }

  #isDead({ at }: Heard): boolean {
    return this.#clock - at > SILENCE_MS;
  }
}

function memberOf(beat: BeatMessage, status: Member['status']): Member {
  const { from, address, version, kinds, memoryTotal, memoryFree, waiting, partitions } = beat;
  return { id: from.node, status, address, version, kinds, memoryTotal, memoryFree, waiting, partitions };
}
