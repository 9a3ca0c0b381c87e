import type { Authenticator } from './auth/auth.ts';
import type { Entities } from './entities/entities.ts';
import type { Events } from './observe/events.ts';
import type { CachedEntities } from './store/cache.ts';
import type { SharedStore } from './store/store.ts';

export interface Followers {
  readonly cached: CachedEntities;
  readonly authenticator: Authenticator;
  readonly entities: Entities;
  readonly events: Events;
}

/** What any node changes is forgotten on this one, and containers of actions that were changed go. */
export function followOthers(shared: SharedStore, { cached, authenticator, entities, events }: Followers): void {
  shared.follow({
    onEntity(id, rev) {
      if (cached.peek(id)?.rev === rev) return;
      cached.invalidate(id, rev);
      entities.actions
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
