import type { Annotation, Rule } from '../model/entities.ts';
import type { Identity } from '../model/identity.ts';
import { isObject, type Json } from '../model/json.ts';
import { effectiveLimits, type SystemLimits } from '../model/limits.ts';
import { messages } from '../model/messages.ts';
import { displayName, entityId, parseName, pathOf, type QualifiedName } from '../model/names.ts';
import { Refusal, refuse } from '../model/refusal.ts';
import type { EntityAccess } from './access.ts';
import {
  checkSizes,
  defined,
  malformedBody,
  readBoolean,
  readName,
  readParameters,
  readVersion,
} from './put-fields.ts';
import type { Resolver } from './resolved.ts';
import type { Triggers } from './triggers.ts';
import { FIRST_VERSION, nextVersion } from './version.ts';

export interface RulesOptions {
  readonly access: EntityAccess;
  readonly triggers: Triggers;
  readonly resolver: Resolver;
  readonly limits: SystemLimits;
  readonly now: () => number;
}

/** The body of a PUT on a rule; a `status` in it means nothing (WhiskRulePut). */
export interface RulePut {
  readonly trigger?: QualifiedName;
  readonly action?: QualifiedName;
  readonly version?: string;
  readonly publish?: boolean;
  readonly annotations?: readonly Annotation[];
}

export type RuleStatus = 'active' | 'inactive';

/** A rule with its status, which is kept by the trigger; without trigger it is inactive. */
export interface RuleView {
  readonly rule: Rule;
  readonly status: RuleStatus;
}

/**
 * Rules bind a trigger to an action. The trigger's document has a copy of each of its rules, so that a fire reads one document;
 * it is written first, as OpenWhisk does, so that a rule that exists is one that fires.
 */
export class Rules {
  readonly #options: RulesOptions;

  constructor(options: RulesOptions) {
    this.#options = options;
  }

  async get(name: QualifiedName): Promise<RuleView> {
    const { entity } = await this.#options.access.load('rule', name);
    return { rule: entity, status: await this.#statusOf(entity) };
  }

  /** Reads the body of a PUT. Whether the caller may read what it names is checked by the caller. */
  read({ namespace, limits }: Identity, body: Json): RulePut {
    if (!isObject(body)) throw malformedBody("Object expected in field 'trigger'");
    const annotations = readParameters(body.annotations);
    checkSizes({ parameters: undefined, annotations }, effectiveLimits(this.#options.limits, limits));
    return defined({
      trigger: readName(body.trigger, namespace),
      action: readName(body.action, namespace),
      version: readVersion(body.version),
      publish: readBoolean(body.publish, 'publish'),
      annotations,
    });
  }

  /** A new rule is active; a changed one keeps its status (TRG-04). */
  async put(name: QualifiedName, put: RulePut, overwrite: boolean): Promise<RuleView> {
    const { access, triggers } = this.#options;
    const old = await access.findForPut('rule', name, overwrite);
    const changed = old ? this.#updated(old.entity, put) : this.#created(name, put);
    await this.#checkEnds(changed);
    const status = old ? await this.#statusOf(old.entity) : 'active';
    const [before, after] = [old && triggerOf(old.entity), triggerOf(changed)];
    if (before && entityId(before) !== entityId(after)) await this.#unlink(before, entityId(name));
    await triggers.link(after, entityId(name), { action: changed.action, status });
    await access.put(changed, old?.rev);
    return { rule: changed, status };
  }

  async delete(name: QualifiedName): Promise<RuleView> {
    const { access } = this.#options;
    const { entity, rev } = await access.load('rule', name);
    await this.#unlink(triggerOf(entity), entityId(name));
    await access.delete(entityId(name), rev);
    return { rule: entity, status: 'inactive' };
  }

  /** Idempotent. @throws Refusal 404 when its trigger is gone */
  async setStatus(name: QualifiedName, status: RuleStatus): Promise<void> {
    const { access, triggers } = this.#options;
    const { entity } = await access.load('rule', name);
    if ((await this.#statusOf(entity)) === status) return;
    try {
      await triggers.link(triggerOf(entity), entityId(name), { action: entity.action, status });
    } catch (error) {
      if (error instanceof Refusal && error.status === 404) throw refuse(404, messages.ruleWithoutTrigger);
      throw error;
    }
  }

  list(namespace: string, page: { readonly skip: number; readonly limit: number }): Promise<Rule[]> {
    return this.#options.access.list('rule', { collection: 'rules', path: namespace, ...page });
  }

  count(namespace: string, skip: number): Promise<number> {
    return this.#options.access.count({ collection: 'rules', path: namespace, skip });
  }

  async #statusOf(rule: Rule): Promise<RuleStatus> {
    const trigger = await this.#options.access.find('trigger', entityId(triggerOf(rule))).catch(() => undefined);
    return trigger?.entity.rules?.[`${rule.namespace}/${rule.name}`]?.status ?? 'inactive';
  }

  /** A trigger that is gone has no link to be taken off. */
  async #unlink(trigger: QualifiedName, rule: string): Promise<void> {
    try {
      await this.#options.triggers.link(trigger, rule, undefined);
    } catch (error) {
      if (!(error instanceof Refusal && error.status === 404)) throw error;
    }
  }

  async #checkEnds({ trigger, action }: Rule): Promise<void> {
    const { access, resolver } = this.#options;
    const actionName = parseName(`/${action.path}/${action.name}`, '') as QualifiedName;
    const triggerName = { namespace: trigger.path, name: trigger.name };
    await existing(access.load('trigger', triggerName), `trigger ${displayName(triggerName)} does not exist`);
    await existing(Promise.resolve(resolver.resolve(actionName)), `action ${displayName(actionName)} does not exist`);
  }

  #created(name: QualifiedName, put: RulePut): Rule {
    if (!put.trigger || !put.action) throw refuse(400, messages.ruleNeedsEnds);
    return {
      entityType: 'rule',
      namespace: name.namespace,
      name: name.name,
      trigger: endOf(put.trigger),
      action: endOf(put.action),
      version: put.version ?? FIRST_VERSION,
      publish: put.publish ?? false,
      annotations: put.annotations ?? [],
      updated: this.#options.now(),
    };
  }

  #updated(old: Rule, put: RulePut): Rule {
    return {
      ...old,
      trigger: put.trigger ? endOf(put.trigger) : old.trigger,
      action: put.action ? endOf(put.action) : old.action,
      version: put.version ?? nextVersion(old.version),
      publish: put.publish ?? old.publish,
      annotations: put.annotations ?? old.annotations,
      updated: this.#options.now(),
    };
  }
}

/** `{"name": "hello", "path": "guest/tools"}`. */
function endOf(name: QualifiedName): Rule['action'] {
  return { name: name.name, path: pathOf(name) };
}

function triggerOf({ trigger }: Rule): QualifiedName {
  return { namespace: trigger.path, name: trigger.name };
}

/** What a rule names must be there: else 400, not 404. */
async function existing(found: Promise<unknown>, sentence: string): Promise<void> {
  try {
    await found;
  } catch (error) {
    if (error instanceof Refusal && error.status === 404) throw refuse(400, sentence);
    if (error instanceof Refusal && error.status === 409) throw refuse(400, error.message);
    throw error;
  }
}
