import type { RunSteps } from '../model/steps.ts';
import { ended, partOf, type Span, type Trace } from '../observe/trace.ts';

/** Asked with this header, a call is answered with what its steps took, in `Server-Timing`. */
export const TIMING_REQUEST_HEADER = 'x-whisklet-timing';
export const TIMING_HEADER = 'Server-Timing';

/** What has become of a request so far, in milliseconds of `performance.now()`; 0 where it did not come to that. */
export class Progress {
  readonly began = performance.now();
  /** Its caller is known. */
  known = 0;
  /** What it calls was found, its arguments were merged, and it has an activation id. */
  accepted = 0;
  isWaitedFor = false;
  /** Of the run, when it is one of a plain action. */
  steps: RunSteps | undefined;
  trace: Trace | undefined;

  /** @param waitedFor what the answer waits for; undefined for what goes on without it */
  accept(waitedFor: { readonly steps?: RunSteps } | undefined, trace: Trace | undefined): void {
    this.accepted = waitedFor?.steps?.accepted ?? performance.now();
    this.isWaitedFor = waitedFor !== undefined;
    this.steps = waitedFor?.steps;
    this.trace = trace;
  }

  /** Until the caller was known; of calls only. */
  get authMs(): number | undefined {
    return this.accepted === 0 ? undefined : this.known - this.began;
  }

  get resolveMs(): number | undefined {
    return this.accepted === 0 ? undefined : this.accepted - this.known;
  }
}

/**
 * `auth;dur=0.012, resolve;dur=0.02, wait;dur=0.001, run;dur=0.05, store;dur=0.01, total;dur=0.1`: the steps that the call has
 * taken, in milliseconds. `store` is what came behind the run: its record is made and given to the store, which writes it
 * when the answer has left. Pure.
 */
export function serverTiming({ began, known, accepted, isWaitedFor, steps }: Progress, now: number): string {
  const times: [string, number][] = [
    ['auth', known - began],
    ['resolve', accepted - known],
  ];
  if (steps && steps.given > 0) {
    times.push(['wait', steps.given - steps.accepted]);
    if (steps.initialized > 0) times.push(['init', steps.initialized - steps.given]);
    if (steps.ended > 0) {
      times.push(['run', steps.ended - (steps.initialized || steps.given)], ['store', now - steps.ended]);
    }
  } else if (isWaitedFor && !steps) {
    // A sequence or composition: all that its parts took.
    times.push(['run', now - accepted]);
  }
  times.push(['total', now - began]);
  return times.map(([name, ms]) => `${name};dur=${ms.toFixed(3)}`).join(', ');
}

/** The request's own span, and those of what was done before it was accepted. Pure but for ids and time. */
export function requestSpans(
  progress: Progress,
  trace: Trace,
  request: { method: string; route: string; status: number },
): Span[] {
  const { began, known, accepted } = progress;
  const { method, route, status } = request;
  return [
    partOf(trace, 'auth', began, known),
    partOf(trace, 'resolve', known, accepted),
    ended(trace, {
      name: `${method} ${route}`,
      kind: 'server',
      attributes: { 'http.request.method': method, 'http.route': route, 'http.response.status_code': status },
      ...(status >= 500 && { failed: `answered ${status}` }),
    }),
  ];
}
