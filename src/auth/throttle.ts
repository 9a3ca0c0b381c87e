import type { Identity } from '../model/identity.ts';
import type { SystemLimits } from '../model/limits.ts';
import { messages } from '../model/messages.ts';
import { Refusal } from '../model/refusal.ts';

const MINUTE_MS = 60_000;

interface Window {
  /** Whole minutes since the epoch. */
  minute: number;
  count: number;
}

/** How much may one namespace ask for: per calendar minute (RateThrottler.scala), and at once (ActivationThrottler.scala). */
export class Throttle {
  readonly #limits: SystemLimits;
  readonly #now: () => number;
  readonly #invocations = new Map<string, Window>();
  readonly #fires = new Map<string, Window>();
  readonly #inFlight = new Map<string, number>();

  constructor(limits: SystemLimits, now: () => number) {
    this.#limits = limits;
    this.#now = now;
  }

  /** Charges one invocation. Throws 429. Refused ones are charged too, as OpenWhisk does. */
  invocation(identity: Identity): void {
    const { limits } = identity;
    this.#charge(this.#invocations, identity, limits.invocationsPerMinute ?? this.#limits.invocationsPerMinute);
    const inFlight = this.#inFlight.get(identity.uuid) ?? 0;
    const allowed = limits.concurrentInvocations ?? this.#limits.concurrentInvocations;
    if (inFlight >= allowed) throw tooMany(messages.tooManyConcurrentRequests(inFlight, allowed), 1);
  }

  /** Charges one trigger fire. Throws 429. */
  fire(identity: Identity): void {
    this.#charge(this.#fires, identity, identity.limits.firesPerMinute ?? this.#limits.firesPerMinute);
  }

  /** An activation of the namespace is accepted, and later at its end. */
  began(uuid: string): void {
    this.#inFlight.set(uuid, (this.#inFlight.get(uuid) ?? 0) + 1);
  }

  ended(uuid: string): void {
    const left = (this.#inFlight.get(uuid) ?? 1) - 1;
    if (left > 0) this.#inFlight.set(uuid, left);
    else this.#inFlight.delete(uuid);
  }

  /** Counts an activation while it is taken on, so that not all pass who come while that is written to a disk. */
  async whileTaken<T>(uuid: string, taking: () => Promise<T>): Promise<T> {
    this.began(uuid);
    try {
      return await taking();
    } finally {
      this.ended(uuid);
    }
  }

  #charge(windows: Map<string, Window>, { uuid }: Identity, allowed: number): void {
    const now = this.#now();
    const minute = Math.floor(now / MINUTE_MS);
    let window = windows.get(uuid);
    if (!window) {
      window = { minute, count: 0 };
      windows.set(uuid, window);
    }
    if (window.minute !== minute) {
      window.minute = minute;
      window.count = 0;
    }
    window.count++;
    if (window.count > allowed) {
      throw tooMany(messages.tooManyRequests(window.count, allowed), Math.ceil((MINUTE_MS - (now % MINUTE_MS)) / 1000));
    }
  }
}

function tooMany(sentence: string, retrySeconds: number): Refusal {
  return new Refusal(429, sentence, { headers: { 'Retry-After': String(retrySeconds) } });
}
