/**
 * When calls are sent: closed loop, where each connection sends its next call when it has the answer to the one before, and
 * open loop, where calls come at a fixed rate whatever the answers do.
 *
 * In an open loop a call's latency counts from when it was to be sent, not from when a connection was free for it: a host that
 * stands still for a second is then seen in all the calls that came in that second, and not only in one (Gil Tene's
 * "coordinated omission").
 */

export interface Clock {
  /** Milliseconds. */
  now(): number;
  /** Resolves not before so many milliseconds have gone, or when `signal` is aborted. */
  sleep(ms: number, signal: AbortSignal): Promise<void>;
}

/** One call, ready to be sent. */
export interface Call {
  /** Sends it and reads its answer. Never rejects. */
  send(): Promise<void>;
}

export interface DriveOptions {
  /** Connections. */
  readonly workers: number;
  readonly ms: number;
  readonly clock: Clock;
  /** Ends everything early: what is under way is finished. */
  readonly signal: AbortSignal;
  /** The next call of this connection; the time that it takes to make it is not measured. Undefined when there are no more. */
  readonly next: (worker: number) => Call | undefined | Promise<Call | undefined>;
  /** A call has its answer, or will have none: so many milliseconds after it was, or was to be, sent. */
  readonly onAnswered: (call: Call, ms: number) => void;
}

/** @returns the milliseconds that it took */
export async function closedLoop(options: DriveOptions): Promise<number> {
  const { workers, ms, clock, signal, next, onAnswered } = options;
  const began = clock.now();
  const end = began + ms;
  await together(workers, async (worker, goesOn) => {
    while (goesOn() && clock.now() < end && !signal.aborted) {
      const call = await next(worker);
      if (!call || signal.aborted) return;
      const sent = clock.now();
      await call.send();
      onAnswered(call, clock.now() - sent);
    }
  });
  return clock.now() - began;
}

/** When one fails the others go on no more; rejects when all have ended, since others want their connections then. */
async function together(
  workers: number,
  work: (worker: number, goesOn: () => boolean) => Promise<void>,
): Promise<void> {
  const failures: unknown[] = [];
  const goesOn = () => failures.length === 0;
  const begin = (worker: number) => work(worker, goesOn).catch((error: unknown) => void failures.push(error));
  await Promise.all(Array.from({ length: workers }, (_, worker) => begin(worker)));
  if (failures.length > 0) throw failures[0];
}

export interface OpenLoopOptions extends DriveOptions {
  /** Calls a second, evenly spaced. */
  readonly rate: number;
}

export interface OpenLoopEnd {
  /** The milliseconds that it took. */
  readonly ms: number;
  /** Calls that were to be sent. */
  readonly planned: number;
  /** Calls of these that were not, because the host was as far behind as the whole load was long. */
  readonly unsent: number;
}

/** Sends all calls of its schedule, also after its end, but not for longer than twice the time. */
export async function openLoop(options: OpenLoopOptions): Promise<OpenLoopEnd> {
  const { workers, ms, clock, signal, next, onAnswered, rate } = options;
  const planned = Math.floor((ms / 1000) * rate);
  const began = clock.now();
  const giveUp = began + 2 * ms;
  let taken = 0;
  await together(workers, async (worker, goesOn) => {
    while (goesOn() && taken < planned && !signal.aborted) {
      const intended = began + (taken * 1000) / rate;
      taken++;
      const call = await next(worker);
      if (!call) return;
      const early = intended - clock.now();
      if (early > 0) await clock.sleep(early, signal);
      if (signal.aborted || clock.now() > giveUp) {
        taken--;
        return;
      }
      await call.send();
      onAnswered(call, clock.now() - intended);
    }
  });
  // The last call is sent before the time is over: it belongs to the load, whenever its answer came.
  return { ms: Math.max(ms, clock.now() - began), planned, unsent: planned - taken };
}

/** The machine's own. A timer is late by up to a millisecond: it is set early, and the rest is waited for in turns of the event loop. */
export const systemClock: Clock = {
  now: () => performance.now(),
  async sleep(ms, signal) {
    const end = performance.now() + ms;
    if (ms > 2) {
      const { promise, resolve } = Promise.withResolvers<void>();
      const stop = () => resolve();
      const timer = setTimeout(resolve, ms - 2);
      signal.addEventListener('abort', stop, { once: true });
      await promise;
      clearTimeout(timer);
      signal.removeEventListener('abort', stop);
    }
    while (performance.now() < end && !signal.aborted) await new Promise<void>((resolve) => setImmediate(resolve));
  },
};
