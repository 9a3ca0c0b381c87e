import type { Resolved } from '../entities/resolved.ts';
import type { Activation } from '../model/activation.ts';
import { type Response, whiskError } from '../model/outcome.ts';
import { childOf } from '../observe/trace.ts';
import { newActivationId } from './activation-id.ts';
import { type Accepted, type Caller, type CompositesOptions, inside, type Known } from './caller.ts';
import { logFault, notNow } from './fault.ts';
import { compositeActivation } from './record.ts';
import type { Tally } from './tally.ts';
import { tellSpans } from './traced.ts';

/** A sequence or composition that is to be run. */
export interface Composite {
  readonly caller: Caller;
  readonly resolved: Resolved;
  /** What it adds up over its parts. */
  readonly tally: Tally;
  readonly known: Known | undefined;
  /** Runs its parts to the last. @param part who invokes them */
  readonly follow: (part: Caller) => Promise<Response>;
  /** What its caller hears when we break. */
  readonly failed: string;
}

type Options = Pick<CompositesOptions, 'recorder' | 'events' | 'now'>;

/** What sequences and compositions have in common: they begin, follow their parts, and are recorded. */
export function startComposite(options: Options, composite: Composite): Accepted {
  const activationId = composite.known?.activationId ?? newActivationId();
  return { activationId, activation: run(options, activationId, composite) };
}

async function run(options: Options, activationId: string, composite: Composite): Promise<Activation> {
  const { recorder, events, now } = options;
  const { caller, resolved, tally, follow } = composite;
  const trace = caller.trace && childOf(caller.trace);
  const start = now();
  recorder.began(caller, resolved, activationId, start);
  let response: Response;
  try {
    response = await follow(inside({ ...caller, trace }, activationId));
  } catch (thrown) {
    const refusal = notNow(thrown);
    // Its first part was not begun, so neither was it.
    if (refusal && tally.parts.length === 0) {
      recorder.withdrawn(activationId);
      throw refusal;
    }
    response = refusal ? whiskError(refusal.message) : broken(options, composite, thrown);
  }
  const activation = compositeActivation({ activationId, caller, resolved, tally, response, start, end: now() });
  recorder.keepComposite(caller.identity, activation, resolved.id, tally.memory ?? 0);
  tellSpans(events, trace, activation, resolved.id);
  return activation;
}

function broken({ events }: Options, { caller, failed }: Composite, thrown: unknown): Response {
  logFault(events, caller.transactionId, thrown);
  return whiskError(failed);
}
