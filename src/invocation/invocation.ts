import type { Entitlement } from '../auth/entitlement.ts';
import type { Throttle } from '../auth/throttle.ts';
import type { Entities } from '../entities/entities.ts';
import type { Resolved } from '../entities/resolved.ts';
import type { Trigger } from '../model/entities.ts';
import type { Identity } from '../model/identity.ts';
import type { JobAction, Run } from '../model/job.ts';
import type { JsonText } from '../model/json.ts';
import { parseName, type QualifiedName } from '../model/names.ts';
import type { Events } from '../observe/events.ts';
import type { ActivationStore } from '../store/store.ts';
import type { Accepted, Caller, Starters } from './caller.ts';
import { Compositions } from './conductor.ts';
import type { Payload } from './event.ts';
import { Fires } from './fire.ts';
import { InFlight } from './in-flight.ts';
import type { LiveActivations } from './live.ts';
import { Primitives } from './primitive.ts';
import { Recorder } from './recorder.ts';
import { Sequences } from './sequence.ts';

export type { Accepted } from './caller.ts';
export type { Payload } from './event.ts';

export interface InvocationOptions {
  readonly entities: Entities;
  readonly entitlement: Entitlement;
  readonly activations: Pick<ActivationStore, 'put'>;
  readonly live: LiveActivations;
  readonly throttle: Throttle;
  readonly run: Run;
  /** How many actions a sequence or composition may have. */
  readonly sequenceLength: number;
  readonly events: Events;
  readonly now: () => number;
}

/**
 * What an invocation means. A plain action becomes one job; a sequence, a composition or a fire becomes many, all in
 * this process. Everything that began ends with one record.
 *
 * The caller was charged for one invocation or fire, and may invoke what is named (`auth`); what that refers to is
 * checked here.
 */
export class Invocation {
  readonly #entitlement: Entitlement;
  readonly #primitives: Primitives;
  readonly #sequences: Sequences;
  readonly #compositions: Compositions;
  readonly #fires: Fires;
  /** What has steps to come. Plain actions are the invoker's to wait for. */
  readonly #inFlight = new InFlight();

  constructor({ activations, run, sequenceLength, ...options }: InvocationOptions) {
    this.#entitlement = options.entitlement;
    const { live, events } = options;
    const recorder = new Recorder({ activations, live, events });
    const starters: Starters = {
      plain: (caller, resolved, args) => this.#primitives.start(caller, resolved, args),
      sequence: (caller, resolved, args, count) => this.#sequences.start(caller, resolved, args, count),
      composition: (caller, resolved, args, count) => this.#compositions.start(caller, resolved, args, count),
    };
    const composites = { ...options, recorder, starters, maxLength: sequenceLength };
    this.#primitives = new Primitives({ ...options, recorder, run });
    this.#sequences = new Sequences(composites);
    this.#compositions = new Compositions(composites);
    this.#fires = new Fires({
      ...options,
      recorder,
      permit: (identity, resolved) => this.permit(identity, resolved),
      start: (caller, resolved, args) => this.#start(caller, resolved, args),
    });
  }

  /**
   * Refuses a sequence that has components which the caller may not invoke. Nothing, at once, for all else.
   *
   * @throws Refusal 403 and its like, by the promise
   */
  permit(identity: Identity, { action: { exec } }: Resolved): undefined | Promise<void> {
    if (!('components' in exec)) return undefined;
    const components = exec.components.map((each) => parseName(each, identity.namespace) as QualifiedName);
    const resources = components.map((name) => ({ ...name, collection: 'actions' as const }));
    return this.#entitlement.checkAll(identity, 'ACTIVATE', resources);
  }

  /**
   * Invokes an action once. Never rejects for what the action does.
   *
   * @param args the merged arguments
   */
  invoke(identity: Identity, resolved: Resolved, args: JsonText, transactionId: string): Accepted {
    return this.#start({ identity, transactionId, depth: 0 }, resolved, args);
  }

  /**
   * Fires a trigger: its id at once, its record when all rules have begun. Undefined when no rule is active.
   *
   * @param payload the request's body
   * @param headers of the request, names in lower case
   */
  fire(
    identity: Identity,
    trigger: Trigger,
    payload: Payload,
    headers: Readonly<Record<string, string>>,
    transactionId: string,
  ): Accepted | undefined {
    const fire = this.#fires.accept({ identity, transactionId, depth: 0 }, trigger, payload, headers);
    if (!fire) return undefined;
    const activation = this.#fires.run(fire);
    this.#inFlight.add(activation);
    return { activationId: fire.activationId, activation };
  }

  /** What a container needs of the action. */
  jobAction(resolved: Resolved): JobAction {
    return this.#primitives.jobAction(resolved);
  }

  /** Resolves when no sequence, composition or fire has steps to come, or after `limitMs`. Nothing new may be accepted meanwhile. */
  drain(limitMs: number): Promise<void> {
    return this.#inFlight.drain(limitMs);
  }

  #start(caller: Caller, resolved: Resolved, args: JsonText): Accepted {
    if (resolved.form === 'plain') return this.#primitives.start(caller, resolved, args);
    const composites = resolved.form === 'sequence' ? this.#sequences : this.#compositions;
    const accepted = composites.start(caller, resolved, args);
    this.#inFlight.add(accepted.activation);
    return accepted;
  }
}
