import type { Authenticator } from '../auth/auth.ts';
import type { Entitlement } from '../auth/entitlement.ts';
import type { Throttle } from '../auth/throttle.ts';
import type { Entities } from '../entities/entities.ts';
import type { Resolved } from '../entities/resolved.ts';
import type { Activation } from '../model/activation.ts';
import type { Trigger } from '../model/entities.ts';
import type { Identity } from '../model/identity.ts';
import type { JobAction, Run } from '../model/job.ts';
import type { JsonText, Payload } from '../model/json.ts';
import { messages } from '../model/messages.ts';
import { parseName, type QualifiedName } from '../model/names.ts';
import { Refusal } from '../model/refusal.ts';
import type { Accept, InvocationWork, Perform, Work } from '../model/work.ts';
import type { Events } from '../observe/events.ts';
import type { Trace } from '../observe/trace.ts';
import type { Journal } from '../store/journal.ts';
import type { ActivationStore } from '../store/store.ts';
import { notWritten, sayAway } from './accept.ts';
import { newActivationId } from './activation-id.ts';
import { Backlog } from './backlog.ts';
import type { Accepted, Caller, Known, Starters } from './caller.ts';
import { Compositions } from './conductor.ts';
import { eventOf } from './event.ts';
import { Fires, hasActiveRule } from './fire.ts';
import { InFlight } from './in-flight.ts';
import type { LiveActivations } from './live.ts';
import { Performer } from './perform.ts';
import { Primitives } from './primitive.ts';
import { type Asked, anew, begunOf, fireWork, invocationWork } from './promise.ts';
import { Recorder } from './recorder.ts';
import { Sequences } from './sequence.ts';
import { traceOf } from './traced.ts';

export type { Accepted } from './caller.ts';
export type { Asked } from './promise.ts';

export interface InvocationOptions {
  readonly entities: Entities;
  readonly entitlement: Entitlement;
  readonly authenticator: Pick<Authenticator, 'holderOf'>;
  readonly activations: Pick<ActivationStore, 'put' | 'get'>;
  readonly live: LiveActivations;
  readonly throttle: Throttle;
  readonly run: Run;
  readonly journal: Journal;
  /** Takes work on that is to be answered with 202: `acceptHere`, or first in Kafka. */
  readonly accept: Accept;
  /** How often accepted work is begun, while the node ends each time, before it is given up. */
  readonly maxTries: number;
  /** How many actions a sequence or composition may have. */
  readonly sequenceLength: number;
  readonly events: Events;
  readonly now: () => number;
}

/**
 * What an invocation means. A plain action becomes one job; a sequence, a composition or a fire becomes many, all in
 * this process. Everything that began ends with one record.
 *
 * Callers that wait are answered from memory. What is answered with 202 is a promise that outlives the node: it stands in the
 * journal (or in Kafka) before the answer, until its record is durable.
 *
 * The caller was charged for one invocation or fire, and may invoke what is named (`auth`); what that refers to is
 * checked here.
 */
export class Invocation {
  readonly #options: InvocationOptions;
  readonly #primitives: Primitives;
  readonly #sequences: Sequences;
  readonly #compositions: Compositions;
  readonly #fires: Fires;
  readonly #performer: Performer;
  readonly #backlog: Backlog;
  /** What has steps to come. Plain actions are the invoker's to wait for. */
  readonly #inFlight = new InFlight();

  constructor(options: InvocationOptions) {
    this.#options = options;
    const { sequenceLength, authenticator, accept } = options;
    const recorder = new Recorder(options);
    const starters: Starters = {
      plain: (caller, resolved, args) => this.#primitives.start(caller, resolved, args),
      sequence: (caller, resolved, args, count) => this.#sequences.start(caller, resolved, args, count),
      composition: (caller, resolved, args, count) => this.#compositions.start(caller, resolved, args, count),
    };
    const composites = { ...options, recorder, starters, maxLength: sequenceLength };
    this.#primitives = new Primitives({ ...options, recorder });
    this.#sequences = new Sequences(composites);
    this.#compositions = new Compositions(composites);
    this.#fires = new Fires({
      ...{ ...options, recorder, accept },
      permit: (identity, resolved) => this.permit(identity, resolved),
      isKnown: (work) => this.#performer.isKnown(work),
      begin: (identity, resolved, work) => this.#begin(identity, resolved, work),
    });
    this.#performer = new Performer({
      ...{ ...options, recorder },
      identityOf: (uuid) => authenticator.holderOf(uuid),
      start: (identity, resolved, work) => this.#start(callerOf(identity, work), resolved, work.args, work).activation,
      fire: (fire) => this.#counted(this.#fires.run(fire)),
    });
    this.#backlog = new Backlog({ ...options, perform: this.perform });
  }

  /**
   * Refuses a sequence that has components which the caller may not invoke, and an action of a deprecated kind. Nothing, at once, for all else.
   *
   * @throws Refusal 400; 403 and its like, by the promise
   */
  permit(identity: Identity, { action: { exec } }: Resolved): undefined | Promise<void> {
    const { entities, entitlement } = this.#options;
    if (!('components' in exec)) {
      entities.actions.checkSupported(exec);
      return undefined;
    }
    const components = exec.components.map((each) => parseName(each, identity.namespace) as QualifiedName);
    const resources = components.map((name) => ({ ...name, collection: 'actions' as const }));
    return entitlement.checkAll(identity, 'ACTIVATE', resources);
  }

  /**
   * Invokes an action for a caller who waits.
   *
   * @param args the merged arguments
   * @param trace the span that it is inside of
   */
  invoke(identity: Identity, resolved: Resolved, args: JsonText, transactionId: string, trace?: Trace): Accepted {
    return this.#start({ identity, transactionId, depth: 0, trace }, resolved, args);
  }

  /**
   * Promises a record to a caller who does not wait any longer for what was invoked.
   *
   * @throws Refusal 503 when nothing can be promised now; the activation goes on
   */
  async promise({ activationId, activation }: Accepted, asked: Asked): Promise<void> {
    const { journal, live, events, now } = this.#options;
    const { identity } = asked;
    const begun = live.pending(identity.namespace, activationId);
    const work = invocationWork(asked, activationId, begun?.start ?? now());
    try {
      await journal.add([work], 1);
    } catch (error) {
      sayAway(events, error);
      throw notWritten(error, messages.promiseAway(activationId));
    }
    this.#keep(work, identity, activation);
  }

  /**
   * Takes on an invocation that nobody waits for, and answers its id.
   *
   * @throws Refusal 503 when it cannot be taken on now; nothing was begun
   */
  async later(asked: Asked): Promise<string> {
    const { identity, resolved } = asked;
    const work = invocationWork(asked, newActivationId(), this.#options.now());
    await this.#take(work, () => this.#begin(identity, resolved, work));
    return work.activationId;
  }

  /**
   * Takes on the fire of a trigger, and answers its id. Undefined when no rule is active: then nothing is done or recorded.
   *
   * @param payload the request's body
   * @param headers of the request, names in lower case
   * @throws Refusal 503 when it cannot be taken on now; nothing was begun
   */
  async fire(
    identity: Identity,
    trigger: Trigger,
    payload: Payload,
    headers: Readonly<Record<string, string>>,
    transactionId: string,
    trace?: Trace,
  ): Promise<string | undefined> {
    if (!hasActiveRule(trigger)) return undefined;
    const event = eventOf(trigger.parameters, headers, payload);
    const work = fireWork({ identity, transactionId, trace }, trigger, payload.text, event, this.#options.now());
    await this.#take(work, () =>
      this.#keep(work, identity, this.#counted(this.#fires.run({ identity, work, event, isFirst: true }))),
    );
    return work.activationId;
  }

  /** See `Perform`. */
  readonly perform: Perform = (work, tries, isAgain) => this.#performer.perform(work, tries, isAgain);

  /** Does what was accepted before this start. Resolves when it is done, or the node stops; new work does not wait for it. */
  catchUp(): Promise<void> {
    return this.#backlog.run();
  }

  /**
   * Takes work on once more, as a new activation, and answers its id.
   *
   * @throws Refusal 503
   */
  async replay(dead: Work): Promise<string> {
    const work = anew(dead, this.#options.now());
    await this.#take(work, () => this.#backlog.again(work.activationId));
    return work.activationId;
  }

  /** What a container needs of the action. */
  jobAction(resolved: Resolved): JobAction {
    return this.#primitives.jobAction(resolved);
  }

  /** Resolves when no sequence, composition or fire has steps to come, or after `limitMs`. Nothing new may be accepted meanwhile. */
  drain(limitMs: number): Promise<void> {
    this.#backlog.stop();
    return this.#inFlight.drain(limitMs);
  }

  /** Takes the work on, and begins it when it is to be done here. */
  async #take(work: Work, begin: () => void): Promise<void> {
    let isHere = false;
    await this.#options.accept([work], () => {
      isHere = true;
      begin();
    });
    if (!isHere) this.#options.live.sentAway(begunOf(work));
  }

  /** Begins what stands in the journal. */
  #begin(identity: Identity, resolved: Resolved, work: InvocationWork): void {
    this.#keep(work, identity, this.#start(callerOf(identity, work), resolved, work.args, work).activation);
  }

  /** Follows what was begun and stands in the journal, until its record is durable and its entry is gone. */
  #keep(work: Work, identity: Identity, activation: Promise<Activation>): void {
    const { journal, events } = this.#options;
    const { activationId } = work;
    const isRecorded = journal.endsWithRecord && identity.limits.storeActivations !== false;
    this.#performer.ended(work, identity, activation).then(
      () => (isRecorded ? undefined : this.#backlog.end(activationId)),
      (thrown: unknown) => {
        if (thrown instanceof Refusal) return this.#backlog.again(activationId);
        return events.warn('journal', `activation ${activationId} is left to the next start: ${String(thrown)}`);
      },
    );
  }

  /** The node waits for it when it stops. */
  #counted<T>(work: Promise<T>): Promise<T> {
    this.#inFlight.add(work);
    return work;
  }

  #start(caller: Caller, resolved: Resolved, args: JsonText, known?: Known): Accepted {
    if (resolved.form === 'plain') return this.#primitives.start(caller, resolved, args, known);
    const composites = resolved.form === 'sequence' ? this.#sequences : this.#compositions;
    const accepted = composites.start(caller, resolved, args, undefined, known);
    this.#inFlight.add(accepted.activation);
    return accepted;
  }
}

function callerOf(identity: Identity, work: Work): Caller {
  return { identity, transactionId: work.transactionId, depth: 0, trace: traceOf(work) };
}
