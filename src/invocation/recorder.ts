import type { Resolved } from '../entities/resolved.ts';
import type { Activation } from '../model/activation.ts';
import type { Identity } from '../model/identity.ts';
import { type FireWork, RecordLost } from '../model/work.ts';
import type { Events } from '../observe/events.ts';
import { partOf, type Trace } from '../observe/trace.ts';
import type { ActivationStore } from '../store/store.ts';
import type { Caller } from './caller.ts';
import type { LiveActivations } from './live.ts';
import { begunOf } from './promise.ts';

export interface RecorderOptions {
  readonly activations: Pick<ActivationStore, 'put'>;
  readonly live: LiveActivations;
  readonly events: Events;
}

/** Knows what has begun, and gives the records of what has ended to the store. Nobody waits for them to be written. */
export class Recorder {
  readonly #options: RecorderOptions;

  constructor(options: RecorderOptions) {
    this.#options = options;
  }

  /** An action was accepted. */
  began(
    { identity: { namespace, subject }, cause }: Caller,
    { id, action }: Resolved,
    activationId: string,
    start: number,
  ): void {
    const { name, version, exec } = action;
    const begun = { activationId, namespace, subject, name, version, path: id, kind: exec.kind, start };
    this.#options.live.began(cause === undefined ? begun : { ...begun, cause });
  }

  /** A fire was accepted. */
  fired(work: FireWork): void {
    this.#options.live.began(begunOf(work));
  }

  /** It was not begun and leaves no record. */
  withdrawn(activationId: string): void {
    this.#options.live.withdrawn(activationId);
  }

  /**
   * It is seen by who looks from now on: first in the store, then no more as pending.
   *
   * @param trace the span that writing it belongs to
   */
  keep({ limits }: Identity, activation: Activation, trace?: Trace): void {
    const { activations, events, live } = this.#options;
    if (limits.storeActivations !== false) {
      const began = performance.now();
      activations.put(activation).then(
        () => {
          const now = performance.now();
          events.stored.publish({ ms: now - began });
          if (trace?.isRecorded) events.spanEnded.publish(partOf(trace, 'store', began, now));
        },
        (error: Error) => {
          events.error('store', `the record of activation ${activation.activationId} was not stored: ${error.message}`);
        },
      );
    }
    live.ended(activation);
  }

  /** Resolves when the record of what was kept is durable, or there is to be none. @throws RecordLost when it was given up */
  async stored({ limits }: Identity, activation: Activation): Promise<void> {
    if (limits.storeActivations === false) return;
    try {
      await this.#options.activations.put(activation);
    } catch (error) {
      throw new RecordLost(`its record was given up: ${(error as Error).message}`, { cause: error });
    }
  }

  /** Of a sequence or composition, which no container tells of. */
  keepComposite(identity: Identity, activation: Activation, path: string, memory: number): void {
    this.keep(identity, activation);
    const { activationId, namespace, response, duration = 0 } = activation;
    this.#options.events.activationEnded.publish({
      ...{ activationId, namespace, memory },
      action: path,
      kind: 'sequence',
      status: response.status,
      start: undefined,
      waitMs: 0,
      initMs: undefined,
      durationMs: duration,
      resultBytes: response.size ?? 0,
    });
  }
}
