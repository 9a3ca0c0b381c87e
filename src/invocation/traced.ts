import type { Activation } from '../model/activation.ts';
import type { JobTrace } from '../model/job.ts';
import type { RunSteps } from '../model/steps.ts';
import type { WorkTrace } from '../model/work.ts';
import type { Events } from '../observe/events.ts';
import { ended, parseTraceparent, partOf, type Trace, traceparentOf } from '../observe/trace.ts';

/** How activations appear in traces. Nothing here is asked for a call that is not traced. */

/** What an action is told of the trace that its run is a part of. */
export function jobTrace(trace: Trace): JobTrace {
  const { state } = trace;
  return { traceparent: traceparentOf(trace), ...(state !== undefined && { tracestate: state }) };
}

/** The trace as it waits on a disk, with work that is part of it. */
export function workTrace(trace: Trace): WorkTrace {
  return { ...jobTrace(trace), isRecorded: trace.isRecorded };
}

/** The trace that work is part of, if any: whoever begins it goes on with it. */
export function traceOf({ trace }: { readonly trace?: WorkTrace }): Trace | undefined {
  const remote = trace && parseTraceparent(trace.traceparent);
  if (!remote) return undefined;
  const { isRecorded, tracestate: state } = trace;
  return { ...remote, isRecorded, began: performance.now(), ...(state !== undefined && { state }) };
}

/** An activation has ended: its span, and for a run those of its steps. */
export function tellSpans(
  events: Events,
  trace: Trace | undefined,
  activation: Activation,
  path: string,
  steps?: RunSteps,
): void {
  if (!trace?.isRecorded) return;
  const { activationId, response } = activation;
  if (steps && steps.given > 0) {
    const ran = steps.initialized || steps.given;
    events.spanEnded.publish(partOf(trace, 'wait', steps.accepted, steps.given));
    if (steps.initialized > 0) events.spanEnded.publish(partOf(trace, 'init', steps.given, steps.initialized));
    if (steps.ended > 0) events.spanEnded.publish(partOf(trace, 'run', ran, steps.ended));
  }
  const isGood = response.status === 'success';
  events.spanEnded.publish(
    ended(trace, {
      name: `invoke ${path}`,
      kind: 'internal',
      attributes: {
        'faas.invocation_id': activationId,
        'faas.name': path,
        'faas.coldstart': steps !== undefined && steps.initialized > 0,
      },
      ...(isGood ? undefined : { failed: response.status }),
    }),
  );
}
