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
  readonly start: () => Promise<RunningNode>;
  /** Milliseconds. */
  readonly drainTimeout: number;
  readonly io: Io;
  /** Where signals come from; the process, but in tests. */
  readonly signals: Pick<NodeJS.EventEmitter, 'on' | 'off'>;
}

/**
 * Runs a node in the foreground until SIGTERM or SIGINT, then drains it. A second signal ends it at once.
 *
 * @returns the exit code
 * @throws what `start` throws
 */
export async function serve({ start, drainTimeout, io, signals }: ServeOptions): Promise<number> {
  const asked = Promise.withResolvers<void>();
  const askedAgain = Promise.withResolvers<void>();
  let count = 0;
  const onSignal = () => {
    count++;
    (count === 1 ? asked : askedAgain).resolve();
  };
  signals.on('SIGTERM', onSignal);
  signals.on('SIGINT', onSignal);
  try {
    const node = await start();
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
