import type { SystemLimits } from '../model/limits.ts';
import type { Manifest } from '../model/manifest.ts';
import type { QualifiedName } from '../model/names.ts';
import { type CachedEntityStore, EntityAccess } from './access.ts';
import { Actions, type ActionsOptions } from './actions.ts';
import { Packages } from './packages.ts';
import { type Resolved, Resolver } from './resolved.ts';
import { Rules } from './rules.ts';
import { Triggers } from './triggers.ts';

export interface EntitiesOptions {
  readonly store: CachedEntityStore;
  readonly manifest: Manifest;
  readonly limits: SystemLimits;
  readonly onActionChanged: ActionsOptions['onActionChanged'];
  readonly now: () => number;
}

/**
 * Actions, packages, triggers and rules: create, read, change, delete, list, and from a name to an action that can be
 * invoked. Who may do so is asked before (auth); refusals are OpenWhisk's.
 */
export class Entities {
  readonly actions: Actions;
  readonly packages: Packages;
  readonly triggers: Triggers;
  readonly rules: Rules;
  readonly #resolver: Resolver;

  constructor({ store, manifest, limits, onActionChanged, now }: EntitiesOptions) {
    const access = new EntityAccess(store);
    this.#resolver = new Resolver(access);
    this.actions = new Actions({ access, manifest, limits, onActionChanged, now });
    this.packages = new Packages({ access, actions: this.actions, limits, now });
    this.triggers = new Triggers({ access, limits, now });
    this.rules = new Rules({ access, triggers: this.triggers, resolver: this.#resolver, limits, now });
  }

  /** The action, ready to be invoked, at once when all of it is in memory. */
  resolve(name: QualifiedName): Resolved | Promise<Resolved> {
    return this.#resolver.resolve(name);
  }
}
