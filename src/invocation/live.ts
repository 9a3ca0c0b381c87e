import type { Activation } from '../model/activation.ts';
import type { JobWatcher } from '../model/job.ts';

/** What is known of an activation from the moment that it is accepted. */
export interface Begun {
  readonly activationId: string;
  readonly namespace: string;
  readonly subject: string;
  readonly name: string;
  readonly version: string;
  /** Document id of the action; absent for a trigger. */
  readonly path?: string;
  readonly kind?: string;
  readonly cause?: string;
  /** When it was accepted, in milliseconds since the epoch. */
  readonly start: number;
}

/** An activation that has not ended. */
export interface Pending extends Begun {
  /** `waiting` for a container, or `running` in one. */
  readonly state: 'waiting' | 'running';
  /** The lines so far. */
  readonly logs: readonly string[];
}

/** What a stream tells, as it comes. */
export type LiveEvent =
  | { readonly type: 'log'; readonly activationId: string; readonly name: string; readonly line: string }
  | { readonly type: 'activation'; readonly activation: Activation };

interface Open extends Begun {
  state: 'waiting' | 'running';
  logs: string[] | undefined;
}

/** Of an activation that has ended, without its result and logs: those are in the store. */
interface Ended {
  readonly namespace: string;
  readonly activationId: string;
  readonly start: number;
  readonly end: number;
}

const ENDED_KEPT = 4096;
const AWAY_KEPT = 4096;
const NO_LOGS: readonly string[] = [];

/** Activations of this node while they live: what waits, what runs and what it prints, and what has ended lately. */
export class LiveActivations implements JobWatcher {
  readonly #open = new Map<string, Open>();
  readonly #listeners = new Map<string, Set<(event: LiveEvent) => void>>();
  readonly #away = new Map<string, Begun>();
  readonly #ended: Ended[] = [];
  #nextEnded = 0;

  began(begun: Begun): void {
    this.#open.set(begun.activationId, { ...begun, state: 'waiting', logs: undefined });
  }

  started(activationId: string): void {
    const open = this.#open.get(activationId);
    if (open) open.state = 'running';
  }

  logged(activationId: string, line: string): void {
    const open = this.#open.get(activationId);
    if (!open) return;
    if (open.logs) open.logs.push(line);
    else open.logs = [line];
    this.#tell(open.namespace, { type: 'log', activationId, name: open.name, line });
  }

  /** Its record is with the store. */
  ended(activation: Activation): void {
    const { namespace, activationId, start, end } = activation;
    this.#open.delete(activationId);
    // A ring: the newest takes the place of the oldest.
    this.#ended[this.#nextEnded] = { namespace, activationId, start, end: Math.max(start, end) };
    this.#nextEnded = (this.#nextEnded + 1) % ENDED_KEPT;
    this.#tell(namespace, { type: 'activation', activation });
  }

  /** It was not begun, and will not be on this node. */
  withdrawn(activationId: string): void {
    this.#open.delete(activationId);
  }

  /** Another node will do it, or has done it: nothing more is heard of it here. */
  sentAway(begun: Begun): void {
    this.#away.set(begun.activationId, begun);
    if (this.#away.size > AWAY_KEPT) for (const oldest of this.#away.keys()) return void this.#away.delete(oldest);
  }

  /** What was sent away lately. */
  away(namespace: string, activationId: string): Begun | undefined {
    const begun = this.#away.get(activationId);
    return begun?.namespace === namespace ? begun : undefined;
  }

  pending(namespace: string, activationId: string): Pending | undefined {
    const open = this.#open.get(activationId);
    return open?.namespace === namespace ? { ...open, logs: open.logs ?? NO_LOGS } : undefined;
  }

  /** Ids of those that began before this moment and have ended since, in milliseconds since the epoch. */
  endedSince(namespace: string, since: number): string[] {
    return this.#ended
      .filter((each) => each.namespace === namespace && each.start < since && each.end >= since - 1)
      .map(({ activationId }) => activationId);
  }

  /** Tells what comes of this namespace, until the answer is called. A listener that throws hears no more. */
  listen(namespace: string, listener: (event: LiveEvent) => void): () => void {
    let listeners = this.#listeners.get(namespace);
    if (!listeners) {
      listeners = new Set();
      this.#listeners.set(namespace, listeners);
    }
    listeners.add(listener);
    return () => {
      listeners.delete(listener);
      if (listeners.size === 0) this.#listeners.delete(namespace);
    };
  }

  #tell(namespace: string, event: LiveEvent): void {
    const listeners = this.#listeners.get(namespace);
    if (!listeners) return;
    for (const listener of listeners) {
      try {
        listener(event);
      } catch {
        // What becomes of an activation is not to depend on who looks on.
        listeners.delete(listener);
      }
    }
  }
}
