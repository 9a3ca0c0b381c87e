import type { Authenticator } from '../auth/auth.ts';
import { resolvedOf } from '../entities/resolved.ts';
import type { Invocation } from '../invocation/invocation.ts';
import type { Invoker } from '../invoker/invoker.ts';
import type { CachedEntities } from '../store/cache.ts';
import type { NodeParts } from './join.ts';

export interface PeerParts {
  readonly invoker: Invoker;
  /** It runs what the cluster gives it, so it is made after the cluster. */
  readonly invocation: () => Invocation;
  readonly authenticator: Authenticator;
  readonly cached: CachedEntities;
}

type Services = Pick<NodeParts, 'offer' | 'run' | 'load' | 'perform' | 'keyOf' | 'resolveAction'>;

/** What this node does for the others of its cluster. */
export function servicesForPeers({ invoker, invocation, authenticator, cached }: PeerParts): Services {
  return {
    offer: (job) => invoker.offer(job),
    run: (job) => invoker.run(job),
    load: () => invoker.load,
    perform: (work, tries, isAgain) => invocation().perform(work, tries, isAgain),
    async keyOf(uuid) {
      const holder = await authenticator.holderOf(uuid);
      return holder && `${holder.uuid}:${holder.key}`;
    },
    async resolveAction({ id, rev, initEnv }) {
      // What was changed elsewhere a moment ago may not have been heard of here.
      if (cached.peek(id)?.rev !== rev) cached.invalidate(id);
      const stored = await cached.get(id);
      if (stored?.entity.entityType !== 'action') return undefined;
      const action = { rev: stored.rev, entity: stored.entity };
      return { ...invocation().jobAction(resolvedOf(action, action.entity.parameters)), initEnv };
    },
  };
}
