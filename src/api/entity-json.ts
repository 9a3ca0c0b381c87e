import { type Action, type Exec, limitsJson } from '../model/entities.ts';
import type { Json, JsonObject } from '../model/json.ts';

/** An action as clients see it; `code` undefined leaves the code out (WhiskAction, WhiskActionMetaData). */
export function actionJson(action: Action, code: string | undefined): JsonObject {
  return {
    annotations: action.annotations.map(({ key, value }) => ({ key, value })),
    exec: execJson(action.exec, code),
    limits: limitsJson(action.limits),
    name: action.name,
    namespace: action.namespace,
    parameters: action.parameters.map((parameter) => ({ ...parameter })),
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
    annotations: action.annotations.map(({ key, value }) => ({ key, value })),
    version: action.version,
  };
}
