import { showDuration } from '../model/units.ts';
import { banner, type NodeFacts } from './banner.ts';
import type { Io } from './io.ts';

/** A node as `serve` sees it. */
export interface RunningNode {
  readonly facts: NodeFacts;
  /** Takes no new work, lets running work finish within the drain timeout, stores the records, lets go of everything. */
  stop(): Promise<void>;
  /** The same without waiting for running work. May be called while `stop` is under way. */
  stopNow(): Promise<void>;
}

export interface ServeOptions {
  /** Rejects soon after it was told to stop, whatever it waits for; what it had opened by then it lets go of. */
  readonly start: (stop: AbortSignal) => Promise<RunningNode>;
  /** Milliseconds. */
  readonly drainTimeout: number;
  readonly io: Io;
  /** Where signals come from; the process, but in tests. */
  readonly signals: Pick<NodeJS.EventEmitter, 'on' | 'off'>;
}

/**
 * Runs a node in the foreground until SIGTERM or SIGINT, then drains it. A second signal ends it at once; while it is starting
 * already the first does.
 *
 * @returns the exit code
 * @throws what `start` throws
 */
export async function serve({ start, drainTimeout, io, signals }: ServeOptions): Promise<number> {
  const asked = Promise.withResolvers<void>();
  const askedAgain = Promise.withResolvers<void>();
  const starting = new AbortController();
  let count = 0;
  const onSignal = () => {
    count++;
    (count === 1 ? asked : askedAgain).resolve();
    starting.abort();
  };
  signals.on('SIGTERM', onSignal);
  signals.on('SIGINT', onSignal);
  try {
    const node = await unlessStopped(start(starting.signal), starting.signal);
    if (node === undefined) {
      io.out('Stopped before it was ready.');
      return 0;
    }
    for (const line of banner(node.facts)) io.out(line);
    await asked.promise;
    io.out(`Stopping: running work has up to ${showDuration(drainTimeout)} to finish. A second signal stops at once.`);
    const stopped = node.stop();
    const isHasty = await Promise.race([stopped.then(() => false), askedAgain.promise.then(() => true)]);
    if (isHasty) await Promise.all([node.stopNow(), stopped]);
    io.out('Stopped.');
    return 0;
  } finally {
    signals.off('SIGTERM', onSignal);
    signals.off('SIGINT', onSignal);
  }
}

/** Undefined when it failed because it was told to stop. */
async function unlessStopped(starting: Promise<RunningNode>, stop: AbortSignal): Promise<RunningNode | undefined> {
  try {
    return await starting;
  } catch (error) {
    if (stop.aborted) return undefined;
    throw error;
  }
}
