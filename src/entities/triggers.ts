import { type Annotation, annotation, type Parameter, type ReducedRule, type Trigger } from '../model/entities.ts';
import type { Identity } from '../model/identity.ts';
import { isObject, type Json } from '../model/json.ts';
import { effectiveLimits, type SystemLimits } from '../model/limits.ts';
import { messages } from '../model/messages.ts';
import { entityId, isName, type QualifiedName } from '../model/names.ts';
import { refuse } from '../model/refusal.ts';
import type { EntityAccess } from './access.ts';
import { checkSizes, defined, malformedBody, readBoolean, readParameters, readVersion } from './put-fields.ts';
import { FIRST_VERSION, nextVersion } from './version.ts';

export interface TriggersOptions {
  readonly access: EntityAccess;
  readonly limits: SystemLimits;
  readonly now: () => number;
}

/** The body of a PUT on a trigger (WhiskTriggerPut). */
export interface TriggerPut {
  readonly parameters?: readonly Parameter[];
  readonly version?: string;
  readonly publish?: boolean;
  readonly annotations?: readonly Annotation[];
}

export class Triggers {
  readonly #options: TriggersOptions;

  constructor(options: TriggersOptions) {
    this.#options = options;
  }

  /** The trigger at once when it is in memory. */
  find(name: QualifiedName): Trigger | Promise<Trigger> {
    return this.#options.access.peek('trigger', entityId(name))?.entity ?? this.get(name);
  }

  async get(name: QualifiedName): Promise<Trigger> {
    return (await this.#options.access.load('trigger', name)).entity;
  }

  /** Reads the body of a PUT. */
  read({ limits }: Identity, body: Json): TriggerPut {
    if (!isObject(body)) throw malformedBody("Object expected in field 'parameters'");
    const parameters = readParameters(body.parameters);
    const annotations = readParameters(body.annotations);
    checkSizes({ parameters, annotations }, effectiveLimits(this.#options.limits, limits));
    return defined({
      parameters,
      annotations,
      version: readVersion(body.version),
      publish: readBoolean(body.publish, 'publish'),
    });
  }

  async put(name: QualifiedName, put: TriggerPut, overwrite: boolean): Promise<Trigger> {
    const { access } = this.#options;
    const old = await access.findForPut('trigger', name, overwrite);
    const changed = old ? this.#updated(old.entity, put) : this.#created(name, put);
    await access.put(changed, old?.rev);
    return changed;
  }

  /** Its rules stay, dangling. */
  async delete(name: QualifiedName): Promise<Trigger> {
    const { entity, rev } = await this.#options.access.load('trigger', name);
    await this.#options.access.delete(entityId(name), rev);
    return entity;
  }

  /** Writes what the trigger knows of one of its rules; undefined takes the rule off it. */
  async link(name: QualifiedName, rule: string, reduced: ReducedRule | undefined): Promise<void> {
    const { entity, rev } = await this.#options.access.load('trigger', name);
    const { [rule]: _old, ...others } = entity.rules ?? {};
    await this.#options.access.put({ ...entity, rules: reduced ? { ...others, [rule]: reduced } : others }, rev);
  }

  list(namespace: string, page: { readonly skip: number; readonly limit: number }): Promise<Trigger[]> {
    return this.#options.access.list('trigger', { collection: 'triggers', path: namespace, ...page });
  }

  count(namespace: string, skip: number): Promise<number> {
    return this.#options.access.count({ collection: 'triggers', path: namespace, skip });
  }

  #created(name: QualifiedName, put: TriggerPut): Trigger {
    const annotations = put.annotations ?? [];
    checkFeed(annotations);
    return {
      entityType: 'trigger',
      namespace: name.namespace,
      name: name.name,
      parameters: put.parameters ?? [],
      limits: {},
      version: put.version ?? FIRST_VERSION,
      publish: put.publish ?? false,
      annotations,
      updated: this.#options.now(),
    };
  }

  #updated(old: Trigger, put: TriggerPut): Trigger {
    return {
      ...old,
      parameters: put.parameters ?? old.parameters,
      version: put.version ?? nextVersion(old.version),
      publish: put.publish ?? old.publish,
      annotations: put.annotations ?? old.annotations,
      updated: this.#options.now(),
    };
  }
}

/** The annotation names the feed's action; the client drives it (TRG-07). Slashes count as in EntityPath.scala. */
function checkFeed(annotations: readonly Annotation[]): void {
  const feed = annotation(annotations, 'feed');
  if (feed === undefined) return;
  const parts = typeof feed === 'string' ? feed.split('/').filter((part) => part !== '') : [];
  if (parts.length === 0 || !parts.every(isName)) throw refuse(400, messages.feedNameInvalid);
}
