import type { Authenticator } from '../auth/auth.ts';
import type { Actions } from '../entities/actions.ts';
import type { Events } from '../observe/events.ts';
import type { CachedEntities } from '../store/cache.ts';
import type { SharedStore } from '../store/store.ts';

export interface Followers {
  readonly cached: CachedEntities;
  readonly authenticator: Pick<Authenticator, 'forget'>;
  readonly actions: Pick<Actions, 'changedElsewhere'>;
  readonly events: Events;
}

/** Ids that are remembered as used. */
const MAX_USED = 1000;

/**
 * What any node changes is forgotten on this one, and containers of actions that were changed go. Only what this node uses is
 * read again: thousands of changes that do not concern it cost it nothing.
 */
export function followOthers(
  shared: Pick<SharedStore, 'follow'>,
  { cached, authenticator, actions, events }: Followers,
): void {
  /** What was in memory when it was changed the first time: the second change may come before it is there again. */
  const used = new Set<string>();
  shared.follow({
    onEntity(id, rev) {
      if (cached.peek(id)?.rev === rev) return;
      const isUsed = cached.knows(id) || used.has(id);
      cached.invalidate(id, rev);
      if (!isUsed) return;
      if (used.size >= MAX_USED) used.clear();
      used.add(id);
      actions
        .changedElsewhere(id)
        .catch((error: Error) =>
          events.warn('store', `'${id}' was changed elsewhere, to what is not known: ${error.message}`),
        );
    },
    onSubjects: () => authenticator.forget(),
    onLost() {
      cached.invalidate();
      authenticator.forget();
    },
    onTrust: (trust) => cached.trust(trust),
  });
}
