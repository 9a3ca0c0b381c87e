import type { Entitlement } from '../auth/entitlement.ts';
import type { Throttle } from '../auth/throttle.ts';
import type { Entities } from '../entities/entities.ts';
import type { Resolved } from '../entities/resolved.ts';
import type { Activation } from '../model/activation.ts';
import type { ReducedRule, Trigger } from '../model/entities.ts';
import type { Identity } from '../model/identity.ts';
import type { JsonText } from '../model/json.ts';
import { messages } from '../model/messages.ts';
import { parseName, type QualifiedName } from '../model/names.ts';
import { Refusal } from '../model/refusal.ts';
import type { Events } from '../observe/events.ts';
import { newActivationId } from './activation-id.ts';
import type { Accepted, Caller } from './caller.ts';
import { eventOf, type Payload } from './event.ts';
import { logFault } from './fault.ts';
import { findPermitted } from './find.ts';
import { fireActivation, ruleResult } from './record.ts';
import type { Recorder } from './recorder.ts';

export interface FiresOptions {
  readonly entities: Entities;
  readonly entitlement: Entitlement;
  readonly throttle: Throttle;
  readonly recorder: Recorder;
  readonly events: Events;
  readonly now: () => number;
  /** Refuses what the caller may not invoke all of. */
  readonly permit: (identity: Identity, resolved: Resolved) => undefined | Promise<void>;
  readonly start: (caller: Caller, resolved: Resolved, args: JsonText) => Accepted;
}

/** A fire that was accepted. It is all that running it needs, and nothing in it is alive: it could wait on a disk. */
export interface Fire {
  readonly activationId: string;
  readonly identity: Identity;
  readonly transactionId: string;
  /** As it was when it was fired, with its rules. */
  readonly trigger: Trigger;
  /** What the client sent. */
  readonly payload: JsonText;
  /** What the actions get. */
  readonly event: Payload;
  /** Milliseconds since the epoch. */
  readonly start: number;
}

/**
 * Fires of triggers (Triggers.scala). Each active rule is one call in this process: charged, permitted and refused as the
 * same call over HTTP would be, so that what a rule cannot do stands in the trigger's record in the same words.
 */
export class Fires {
  readonly #options: FiresOptions;

  constructor(options: FiresOptions) {
    this.#options = options;
  }

  /** Undefined when no rule is active: then nothing happens, and nothing is recorded. */
  accept(
    { identity, transactionId }: Caller,
    trigger: Trigger,
    payload: Payload,
    headers: Readonly<Record<string, string>>,
  ): Fire | undefined {
    if (!Object.values(trigger.rules ?? {}).some(isActive)) return undefined;
    const event = eventOf(trigger.parameters, headers, payload);
    const { now, recorder } = this.#options;
    const [activationId, start] = [newActivationId(), now()];
    recorder.fired(identity, trigger, activationId, start);
    return { activationId, identity, transactionId, trigger, payload: payload.text, event, start };
  }

  /** Begins the action of each active rule, and records what became of it; does not wait for their ends. Never rejects. */
  async run(fire: Fire): Promise<Activation> {
    const { identity, transactionId, trigger, event } = fire;
    const caller = { identity, transactionId, depth: 0 };
    const rules = Object.entries(trigger.rules ?? {});
    const results = await Promise.all(rules.map(([name, rule]) => this.#activate(caller, name, rule, event)));
    const activation = fireActivation(fire, caller, results);
    this.#options.recorder.keep(identity, activation);
    return activation;
  }

  async #activate(caller: Caller, rule: string, reduced: ReducedRule, event: Payload): Promise<JsonText> {
    const { throttle, permit, start, events } = this.#options;
    const { identity } = caller;
    const action = `${reduced.action.path}/${reduced.action.name}`;
    if (!isActive(reduced)) return ruleResult(rule, action, failure(1, messages.ruleInactive(rule, action)));
    try {
      throttle.invocation(identity);
      const found = await findPermitted(this.#options, identity, parseName(`/${action}`, '') as QualifiedName);
      await permit(identity, found);
      const { activationId } = start(caller, found, found.parameters.merge(event.value, event.text));
      return ruleResult(rule, action, { activationId });
    } catch (thrown) {
      if (thrown instanceof Refusal) {
        return ruleResult(rule, action, failure(thrown.status >= 500 ? 3 : 1, thrown.message));
      }
      logFault(events, caller.transactionId, thrown);
      return ruleResult(rule, action, failure(3, messages.internalError));
    }
  }
}

function isActive({ status }: ReducedRule): boolean {
  return status === 'active';
}

function failure(statusCode: 1 | 3, error: string) {
  return { statusCode, error };
}
