import type { Job, JobAction } from '../model/job.ts';
import { messages } from '../model/messages.ts';
import { isRefusedOrAway } from '../model/refusal.ts';
import type { Events } from '../observe/events.ts';
import type { RunMessage } from './wire.ts';

/** The action as it is now, or undefined when it is gone. @param asked at which revision, and with which init parameters */
export type ResolveAction = (asked: RunMessage['action']) => Promise<JobAction | undefined>;

export interface LookUp {
  readonly resolveAction: ResolveAction;
  /** `uuid:key`, or undefined when there is no such key any more. */
  readonly keyOf: (uuid: string) => Promise<string | undefined>;
  readonly events: Events;
}

/**
 * The job that another node asks for; or, in words for its caller, why it cannot be run. Undefined when it cannot be looked up here now,
 * because something is away. Never rejects.
 */
export async function jobFor(
  run: RunMessage,
  { resolveAction, keyOf, events }: LookUp,
): Promise<Job | string | undefined> {
  try {
    const [action, apiKey] = await Promise.all([
      resolveAction(run.action),
      run.keyOf === undefined ? undefined : keyOf(run.keyOf),
    ]);
    return action ? jobOf(run, action, apiKey) : messages.actionRemoved;
  } catch (error) {
    events.warn('cluster', `${run.action.id} cannot be looked up: ${(error as Error).message}`);
    return isRefusedOrAway(error) ? undefined : messages.internalError;
  }
}

function jobOf(run: RunMessage, action: JobAction, apiKey: string | undefined): Job {
  const { activationId, transactionId, namespace, args, resultSizes, trace, waitedMs } = run;
  return {
    ...{ activationId, transactionId, namespace, action, args, acceptedAt: Date.now() - waitedMs },
    ...(apiKey === undefined ? undefined : { apiKey }),
    ...(resultSizes ? { resultSizes } : undefined),
    ...(trace ? { trace } : undefined),
  };
}
