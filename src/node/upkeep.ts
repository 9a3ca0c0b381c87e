import type { Settings } from '../config.ts';
import type { Events } from '../observe/events.ts';
import type { Store } from '../store/store.ts';

const PRUNE_EVERY_MS = 60_000;

/** Deletes old records, and has the store give back their room, from time to time. The answer ends that. */
export function keepUp(store: Store, settings: Settings, events: Events): () => void {
  const timers = [setInterval(() => void prune(store, settings, events), PRUNE_EVERY_MS)];
  const { couchdbCompact } = settings;
  if (couchdbCompact !== undefined) timers.push(setInterval(() => void compact(store, events), couchdbCompact));
  for (const timer of timers) timer.unref();
  return () => {
    for (const timer of timers) clearInterval(timer);
  };
}

async function prune(store: Store, settings: Settings, events: Events): Promise<void> {
  try {
    const gone = await store.activations.prune({
      olderThan: Date.now() - settings.activationsMaxAge,
      maxBytes: settings.activationsMaxSize,
    });
    if (gone > 0) events.info('store', `${gone} old activation records were deleted`);
  } catch (error) {
    events.warn('store', `old activation records could not be deleted: ${(error as Error).message}`);
  }
}

async function compact({ shared }: Store, events: Events): Promise<void> {
  try {
    await shared?.compact();
  } catch (error) {
    events.warn('store', `the store could not be compacted: ${(error as Error).message}`);
  }
}
