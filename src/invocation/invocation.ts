import type { Throttle } from '../auth/throttle.ts';
import type { Entities } from '../entities/entities.ts';
import type { Resolved } from '../entities/resolved.ts';
import type { Activation } from '../model/activation.ts';
import { isTruthy } from '../model/entities.ts';
import type { Identity } from '../model/identity.ts';
import type { Job, JobAction, Run } from '../model/job.ts';
import type { JsonText } from '../model/json.ts';
import type { Outcome } from '../model/outcome.ts';
import type { Events } from '../observe/events.ts';
import type { ActivationStore } from '../store/store.ts';
import { newActivationId } from './activation-id.ts';
import { activationOf } from './record.ts';

export interface InvocationOptions {
  readonly entities: Entities;
  readonly activations: ActivationStore;
  readonly throttle: Throttle;
  readonly run: Run;
  readonly events: Events;
  readonly now: () => number;
}

/** Something that was accepted: its id at once, its record when it has ended. */
export interface Accepted {
  readonly activationId: string;
  readonly activation: Promise<Activation>;
}

/** What an invocation means: it becomes a job, the job an outcome, the outcome a record. */
export class Invocation {
  readonly #options: InvocationOptions;

  constructor(options: InvocationOptions) {
    this.#options = options;
  }

  /**
   * Invokes an action once. Never rejects for what the action does.
   *
   * @param args the merged arguments
   */
  invoke(identity: Identity, resolved: Resolved, args: JsonText, transactionId: string): Accepted {
    const activationId = newActivationId();
    const { throttle, run, now } = this.#options;
    throttle.began(identity.uuid);
    const providesKey = isTruthy(resolved.action.annotations, 'provide-api-key', true);
    const job: Job = {
      activationId,
      transactionId,
      namespace: identity.namespace,
      action: this.jobAction(resolved),
      args,
      acceptedAt: now(),
      ...(providesKey ? { apiKey: `${identity.uuid}:${identity.key}` } : {}),
    };
    return {
      activationId,
      activation: run(job).then((outcome) => this.#ended(identity, resolved, activationId, outcome)),
    };
  }

  /** What a container needs of the action. */
  jobAction({ id, action, rev, parameters }: Resolved): JobAction {
    return {
      id,
      rev,
      name: action.name,
      version: action.version,
      exec: action.exec,
      limits: action.limits,
      initEnv: parameters.initEnv,
      code: () => this.#options.entities.actions.code({ entity: action, rev }),
    };
  }

  /** The answer goes out with the record's data; writing it is not waited for. */
  #ended(identity: Identity, resolved: Resolved, activationId: string, outcome: Outcome): Activation {
    const { throttle, activations, events } = this.#options;
    throttle.ended(identity.uuid);
    const { namespace, subject } = identity;
    const activation = activationOf(resolved, outcome, { activationId, namespace, subject });
    activations.put(activation).catch((error: Error) => {
      events.error('store', `the record of activation ${activationId} was not stored: ${error.message}`);
    });
    return activation;
  }
}
