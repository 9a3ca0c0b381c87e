import type { Entitlement } from '../auth/entitlement.ts';
import type { Throttle } from '../auth/throttle.ts';
import type { Entities } from '../entities/entities.ts';
import type { Resolved } from '../entities/resolved.ts';
import type { Activation } from '../model/activation.ts';
import type { ReducedRule, Trigger } from '../model/entities.ts';
import type { Identity } from '../model/identity.ts';
import type { JsonText, Payload } from '../model/json.ts';
import { messages } from '../model/messages.ts';
import { parseName, type QualifiedName } from '../model/names.ts';
import { Refusal } from '../model/refusal.ts';
import type { Accept, FireWork, InvocationWork, Work } from '../model/work.ts';
import type { Events } from '../observe/events.ts';
import { childOf, type Trace } from '../observe/trace.ts';
import { logFault, notNow } from './fault.ts';
import { findPermitted } from './find.ts';
import { invocationWork, ruleActivationId } from './promise.ts';
import { fireActivation, ruleResult } from './record.ts';
import type { Recorder } from './recorder.ts';
import { tellSpans, traceOf } from './traced.ts';

export interface FiresOptions {
  readonly entities: Entities;
  readonly entitlement: Entitlement;
  readonly throttle: Throttle;
  readonly recorder: Recorder;
  readonly events: Events;
  readonly now: () => number;
  /** Refuses what the caller may not invoke all of. */
  readonly permit: (identity: Identity, resolved: Resolved) => undefined | Promise<void>;
  readonly accept: Accept;
  /** Whether the work was taken on before, and waits, is under way or has ended. */
  readonly isKnown: (work: Work) => Promise<boolean>;
  /** Begins what a rule asks for, on this node. */
  readonly begin: (identity: Identity, resolved: Resolved, work: InvocationWork) => void;
}

/** A fire that is under way. */
export interface Fire {
  readonly identity: Identity;
  readonly work: FireWork;
  /** What the actions get. */
  readonly event: Payload;
  /** False for one that was begun before: its rules were charged then. */
  readonly isFirst: boolean;
}

/** What becomes of one rule: a line of the fire's logs, and perhaps work. */
type RuleOutcome = { readonly line: JsonText } | RuleWork;

interface RuleWork {
  readonly line: JsonText;
  readonly work: InvocationWork;
  readonly resolved: Resolved;
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

  /**
   * Takes on what the active rules ask for, begins it, and records what became of each; does not wait for the ends. Done again, it
   * begins only what it had not taken on. Rejects with a `Refusal` when it is to be done again, because something is away now: then
   * there is no record.
   */
  async run(fire: Fire): Promise<Activation> {
    const { recorder, events } = this.#options;
    const { identity, work } = fire;
    const around = traceOf(work);
    const trace = around && childOf(around);
    recorder.fired(work);
    try {
      const activation = fireActivation(work, await this.#begin(fire, trace));
      recorder.keep(identity, activation, trace);
      tellSpans(events, trace, activation, `${work.namespace}/${work.trigger.name}`);
      return activation;
    } catch (thrown) {
      recorder.withdrawn(work.activationId);
      throw notNow(thrown) ?? thrown;
    }
  }

  /** A line for each rule. */
  async #begin(fire: Fire, trace: Trace | undefined): Promise<JsonText[]> {
    const { accept, begin } = this.#options;
    const rules = Object.entries(fire.work.trigger.rules);
    const outcomes = await Promise.all(rules.map(([name, rule]) => this.#prepare(fire, name, rule, trace)));
    const asked = await this.#unknown(fire, outcomes);
    const resolvedOf = new Map<Work, Resolved>(asked.map(({ work, resolved }) => [work, resolved]));
    const beginOne = (work: Work) => begin(fire.identity, resolvedOf.get(work) as Resolved, work as InvocationWork);
    if (asked.length > 0) await accept([...resolvedOf.keys()], beginOne, true);
    return outcomes.map(({ line }) => line);
  }

  async #unknown({ isFirst }: Fire, outcomes: readonly RuleOutcome[]): Promise<RuleWork[]> {
    const asked = outcomes.filter((each) => 'work' in each);
    if (isFirst) return asked;
    const known = await Promise.all(asked.map(({ work }) => this.#options.isKnown(work)));
    return asked.filter((_, index) => !known[index]);
  }

  async #prepare(
    { identity, work, event, isFirst }: Fire,
    rule: string,
    reduced: ReducedRule,
    trace: Trace | undefined,
  ): Promise<RuleOutcome> {
    const { throttle, permit, events, now } = this.#options;
    const { transactionId } = work;
    const action = `${reduced.action.path}/${reduced.action.name}`;
    const failed = (statusCode: 1 | 3, error: string) => ({ line: ruleResult(rule, action, { statusCode, error }) });
    if (!isActive(reduced)) return failed(1, messages.ruleInactive(rule, action));
    try {
      if (isFirst) throttle.invocation(identity);
      const name = parseName(`/${action}`, '') as QualifiedName;
      const resolved = await findPermitted(this.#options, identity, name);
      await permit(identity, resolved);
      const args = resolved.parameters.merge(event);
      const activationId = ruleActivationId(work.activationId, rule);
      const asked = { identity, transactionId, name, resolved, args, trace };
      const begun = invocationWork(asked, activationId, now());
      return { line: ruleResult(rule, action, { activationId }), work: begun, resolved };
    } catch (thrown) {
      if (notNow(thrown)) throw thrown;
      if (thrown instanceof Refusal) return failed(1, thrown.message);
      logFault(events, transactionId, thrown);
      return failed(3, messages.internalError);
    }
  }
}

/** Whether a fire of the trigger does anything. */
export function hasActiveRule({ rules = {} }: Trigger): boolean {
  return Object.values(rules).some(isActive);
}

function isActive({ status }: ReducedRule): boolean {
  return status === 'active';
}
