import type { Activation } from '../model/activation.ts';
import type { Identity } from '../model/identity.ts';
import type { Events } from '../observe/events.ts';
import type { ActivationStore } from '../store/store.ts';

export interface RecorderOptions {
  readonly activations: Pick<ActivationStore, 'put'>;
  readonly events: Events;
}

/** Gives records to the store. Nobody waits for them to be written. */
export class Recorder {
  readonly #options: RecorderOptions;

  constructor(options: RecorderOptions) {
    this.#options = options;
  }

  keep({ limits }: Identity, activation: Activation): void {
    if (limits.storeActivations === false) return;
    const { activations, events } = this.#options;
    activations.put(activation).catch((error: Error) => {
      events.error('store', `the record of activation ${activation.activationId} was not stored: ${error.message}`);
    });
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
