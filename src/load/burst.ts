import type { Call, Clock } from './drive.ts';

export interface Burst {
  readonly rounds: number;
  /** Milliseconds from the first call to the last answer of a round: of each. */
  readonly allMs: readonly number[];
}

export interface BurstsOptions {
  readonly ms: number;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** Makes what a round needs; the time for it is not measured. @param round counted from 1 */
  readonly prepare: (
    round: number,
  ) => Promise<{ readonly calls: readonly Call[]; readonly clear: () => Promise<unknown> }>;
  /** So many milliseconds after all were sent. */
  readonly onAnswered: (call: Call, ms: number) => void;
}

/** Sends all calls of a round at once, and begins the next round when all are answered, until the time is over; one round at least. */
export async function bursts(options: BurstsOptions): Promise<{ readonly ms: number; readonly burst: Burst }> {
  const { ms, clock, signal, prepare, onAnswered } = options;
  const end = clock.now() + ms;
  const allMs: number[] = [];
  do {
    const { calls, clear } = await prepare(allMs.length + 1);
    const sent = clock.now();
    const answer = async (call: Call) => {
      await call.send();
      onAnswered(call, clock.now() - sent);
    };
    await Promise.all(calls.map(answer));
    allMs.push(clock.now() - sent);
    await clear();
  } while (clock.now() < end && !signal.aborted);
  return { ms: allMs.reduce((sum, each) => sum + each, 0), burst: { rounds: allMs.length, allMs } };
}
