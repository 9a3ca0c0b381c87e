import type { Throttle } from '../auth/throttle.ts';
import type { Entities } from '../entities/entities.ts';
import type { Resolved } from '../entities/resolved.ts';
import type { Activation } from '../model/activation.ts';
import { isTruthy } from '../model/entities.ts';
import type { Job, JobAction, Run } from '../model/job.ts';
import type { JsonText } from '../model/json.ts';
import { resultSizes } from '../model/limits.ts';
import { messages } from '../model/messages.ts';
import { applicationError, type Outcome, unserved, whiskError } from '../model/outcome.ts';
import { Refusal } from '../model/refusal.ts';
import { RunSteps } from '../model/steps.ts';
import type { Events } from '../observe/events.ts';
import { childOf, type Trace } from '../observe/trace.ts';
import { newActivationId } from './activation-id.ts';
import type { Accepted, Caller, Known } from './caller.ts';
import { logFault } from './fault.ts';
import type { LiveActivations } from './live.ts';
import { activationOf } from './record.ts';
import type { Recorder } from './recorder.ts';
import { jobTrace, tellSpans } from './traced.ts';

export interface PrimitivesOptions {
  readonly entities: Entities;
  readonly throttle: Throttle;
  readonly recorder: Recorder;
  readonly live: LiveActivations;
  readonly run: Run;
  readonly events: Events;
  readonly now: () => number;
}

/** Runs of one action's code: it becomes a job, the job an outcome, the outcome a record. */
export class Primitives {
  readonly #options: PrimitivesOptions;

  constructor(options: PrimitivesOptions) {
    this.#options = options;
  }

  /**
   * @param args merged
   * @param known what was accepted before
   */
  start(caller: Caller, resolved: Resolved, args: JsonText, known?: Known): Accepted {
    const activationId = known?.activationId ?? newActivationId();
    const { entities, throttle, recorder, live, now } = this.#options;
    const { identity, transactionId } = caller;
    // The clock of the node that accepted it may be ahead: nothing has waited for less than no time.
    const acceptedAt = Math.min(known?.acceptedAt ?? Number.POSITIVE_INFINITY, now());
    recorder.began(caller, resolved, activationId, acceptedAt);
    throttle.began(identity.uuid);
    const steps = new RunSteps(performance.now());
    const trace = caller.trace && childOf(caller.trace);
    const providesKey = isTruthy(resolved.action.annotations, 'provide-api-key', true);
    const sizes = resultSizes(identity.limits);
    const job: Job = {
      activationId,
      transactionId,
      namespace: identity.namespace,
      action: this.jobAction(resolved),
      args,
      acceptedAt,
      watcher: live,
      steps,
      ...(trace ? { trace: jobTrace(trace) } : {}),
      ...(providesKey ? { apiKey: `${identity.uuid}:${identity.key}` } : {}),
      ...(sizes ? { resultSizes: sizes } : {}),
    };
    const problem = entities.actions.limitsProblem(identity, resolved.action);
    const refused = problem === undefined ? undefined : unserved(applicationError(problem), acceptedAt, 0);
    const ended = refused ? Promise.resolve(refused) : this.#run(job);
    return {
      activationId,
      steps,
      activation: ended.then(
        (outcome) => this.#ended(caller, resolved, job, outcome, trace),
        (thrown: unknown) => {
          if (thrown instanceof Refusal) return this.#withdraw(caller, activationId, thrown);
          return this.#ended(caller, resolved, job, this.#broken(job, thrown), trace);
        },
      ),
    };
  }

  /** Whatever happens, the activation has been counted and is to end: a fault comes with the promise, too. */
  #run(job: Job): Promise<Outcome> {
    try {
      return this.#options.run(job);
    } catch (fault) {
      return Promise.reject(fault);
    }
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
  #ended(caller: Caller, resolved: Resolved, job: Job, outcome: Outcome, trace: Trace | undefined): Activation {
    const { throttle, recorder, events } = this.#options;
    const { identity } = caller;
    throttle.ended(identity.uuid);
    const activation = activationOf(resolved, outcome, job.activationId, caller);
    recorder.keep(identity, activation, trace);
    tellSpans(events, trace, activation, resolved.id, job.steps);
    return activation;
  }

  /** It was not begun and leaves no record. */
  #withdraw({ identity }: Caller, activationId: string, refusal: Refusal): never {
    const { throttle, live } = this.#options;
    throttle.ended(identity.uuid);
    live.withdrawn(activationId);
    throw refusal;
  }

  /** `run` does not throw for what an action does: this is a fault of ours. */
  #broken(job: Job, fault: unknown): Outcome {
    const { events, now } = this.#options;
    logFault(events, job.transactionId, fault);
    const end = now();
    return unserved(whiskError(messages.internalError), end, end - job.acceptedAt);
  }
}
