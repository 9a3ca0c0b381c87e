import type { PackagedAction, PackageView } from '../entities/packages.ts';
import type { RuleView } from '../entities/rules.ts';
import {
  type Action,
  type Entity,
  type Exec,
  limitsJson,
  type Package,
  type Parameter,
  type Rule,
  type Trigger,
} from '../model/entities.ts';
import type { Json, JsonObject } from '../model/json.ts';

/** An action as clients see it; `code` undefined leaves the code out (WhiskAction, WhiskActionMetaData). */
export function actionJson(action: Action, code: string | undefined): JsonObject {
  return {
    annotations: annotationsJson(action),
    exec: execJson(action.exec, code),
    limits: limitsJson(action.limits),
    name: action.name,
    namespace: action.namespace,
    parameters: parametersJson(action.parameters),
    publish: action.publish,
    updated: action.updated,
    version: action.version,
  };
}

function execJson(exec: Exec, code: string | undefined): JsonObject {
  if ('components' in exec) return { components: [...exec.components], kind: exec.kind };
  const { kind, binary, main } = exec;
  return {
    kind,
    ...('image' in exec ? { image: exec.image } : {}),
    ...(code === undefined ? {} : { code }),
    binary,
    ...(main === undefined ? {} : { main }),
  };
}

/** A row of the list of actions: what the `actions` view has. */
export function actionRow(action: Action): Json {
  return {
    name: action.name,
    updated: action.updated,
    exec: { binary: 'binary' in action.exec && action.exec.binary },
    limits: limitsJson(action.limits),
    namespace: action.namespace,
    publish: action.publish,
    annotations: annotationsJson(action),
    version: action.version,
  };
}

export function packageJson(each: Package): JsonObject {
  const { name, namespace, publish, updated, version } = each;
  return {
    annotations: annotationsJson(each),
    binding: bindingJson(each),
    ...{ name, namespace },
    parameters: parametersJson(each.parameters),
    ...{ publish, updated, version },
  };
}

/** A package with what is in it. */
export function packageViewJson({ package: each, actions, feeds }: PackageView): JsonObject {
  const inside = (list: readonly PackagedAction[]) =>
    list.map((action) => ({ annotations: annotationsJson(action), name: action.name, version: action.version }));
  return sorted({ actions: inside(actions), feeds: inside(feeds), ...packageJson(each) });
}

/** A row of the list of packages: `binding` is false or an object (the `packages` view). */
export function packageRow(each: Package): JsonObject {
  const { name, updated, namespace, publish, version } = each;
  const binding = bindingJson(each);
  const shown = Object.keys(binding).length > 0 ? binding : false;
  return { name, binding: shown, updated, namespace, publish, annotations: annotationsJson(each), version };
}

/** `rules` only once it has had some. */
export function triggerJson(trigger: Trigger): JsonObject {
  const { name, namespace, publish, rules, updated, version } = trigger;
  const links = Object.entries(rules ?? {}).map(([rule, { action, status }]) => [
    rule,
    { action: endJson(action), status },
  ]);
  return {
    annotations: annotationsJson(trigger),
    limits: {},
    ...{ name, namespace },
    parameters: parametersJson(trigger.parameters),
    publish,
    ...(rules === undefined ? {} : { rules: Object.fromEntries(links) as JsonObject }),
    ...{ updated, version },
  };
}

/** A row of the list of triggers (the `triggers` view). */
export function triggerRow(trigger: Trigger): JsonObject {
  const { name, updated, namespace, publish, version } = trigger;
  return { name, updated, namespace, publish, annotations: annotationsJson(trigger), version };
}

export function ruleJson({ rule, status }: RuleView): JsonObject {
  return sorted({ ...ruleRow(rule), status });
}

/** A row of the list of rules: the rule without its status. */
export function ruleRow(rule: Rule): JsonObject {
  const { name, namespace, publish, updated, version } = rule;
  const annotations = annotationsJson(rule);
  return {
    action: endJson(rule.action),
    annotations,
    name,
    namespace,
    publish,
    trigger: endJson(rule.trigger),
    updated,
    version,
  };
}

function annotationsJson({ annotations }: Pick<Entity, 'annotations'>): JsonObject[] {
  return annotations.map(({ key, value }) => ({ key, value }));
}

function parametersJson(parameters: readonly Parameter[]): JsonObject[] {
  return parameters.map((parameter) => ({ ...parameter }));
}

function bindingJson({ binding }: Package): JsonObject {
  const { name, namespace } = binding as { name?: string; namespace?: string };
  return name === undefined || namespace === undefined ? {} : { name, namespace };
}

function endJson({ name, path }: Rule['action']): JsonObject {
  return { name, path };
}

/** With the keys in their order, as OpenWhisk prints them. */
function sorted(fields: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(fields).sort(([a], [b]) => (a < b ? -1 : 1)));
}
