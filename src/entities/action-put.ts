import type { Annotation, Exec, Parameter } from '../model/entities.ts';
import { isObject, type Json, type JsonObject } from '../model/json.ts';
import type { ActionLimits, SystemLimits } from '../model/limits.ts';
import type { Manifest } from '../model/manifest.ts';
import { messages } from '../model/messages.ts';
import { parseName } from '../model/names.ts';
import { malformed, refuse } from '../model/refusal.ts';
import { parseVersion } from './version.ts';

/** The body of a PUT on an action, read and checked; what it does not say stays undefined (WhiskActionPut). */
export interface ActionPut {
  readonly exec?: Exec;
  /** The code of `exec`; undefined where there is none (sequences, images that bring their own). */
  readonly code?: string;
  readonly parameters?: readonly Parameter[];
  readonly limits?: Partial<ActionLimits>;
  readonly version?: string;
  readonly publish?: boolean;
  readonly annotations?: readonly Annotation[];
  readonly delAnnotations?: readonly string[];
}

/** What reading needs to know: the caller's namespace stands in for `_` in a sequence's components. */
export interface PutContext {
  readonly namespace: string;
  readonly manifest: Manifest;
  readonly limits: SystemLimits;
}

const bad = (why: string) => malformed(messages.contentMalformed(why));

/**
 * @throws Refusal 400 with OpenWhisk's words for what cannot be read, 413 for what is too large
 */
export function readActionPut(body: Json, context: PutContext): ActionPut {
  if (!isObject(body)) throw bad("Object expected in field 'exec'");
  const { limits } = context;
  const parameters = readParameters(body.parameters);
  const annotations = readParameters(body.annotations);
  const { exec, code } = body.exec === undefined || body.exec === null ? {} : readExec(body.exec, context);
  checkSize('exec', code === undefined ? 0 : Buffer.byteLength(code), limits.codeBytes);
  checkSize('parameters', sizeOf(parameters), limits.parameterBytes);
  checkSize('annotations', sizeOf(annotations), limits.parameterBytes);
  return defined({
    exec,
    code,
    parameters,
    annotations,
    limits: readLimits(body.limits),
    version: readVersion(body.version),
    publish: readBoolean(body.publish, 'publish'),
    delAnnotations: readStrings(body.delAnnotations, 'delAnnotations'),
  });
}

/** Leaves out what is undefined, so that a present field is a field that the body had. */
function defined<T extends object>(fields: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]?: Exclude<T[K], undefined>;
  };
}

/** Parameters and annotations have one shape: `[{"key": …, "value": …}]`; of two with one key the later holds. */
export function readParameters(value: Json | undefined): Parameter[] | undefined {
  if (value === undefined || value === null) return undefined;
  if (!Array.isArray(value)) throw bad('parameters malformed!');
  const byKey = new Map<string, Parameter>();
  for (const each of value) {
    if (!isObject(each) || typeof each.key !== 'string' || each.key.trim() === '') throw bad('parameters malformed!');
    const key = each.key.trim();
    byKey.set(key, { key, value: each.value ?? null, ...(each.init === true ? { init: true } : {}) });
  }
  return [...byKey.values()];
}

function sizeOf(parameters: readonly Parameter[] | undefined): number {
  if (!parameters) return 0;
  return parameters.reduce(
    (sum, { key, value }) => sum + Buffer.byteLength(key) + Buffer.byteLength(JSON.stringify(value)),
    0,
  );
}

function checkSize(field: string, is: number, allowed: number): void {
  if (is > allowed) throw refuse(413, messages.entityTooBig(field, is, allowed));
}

function readExec(value: Json, context: PutContext): { exec: Exec; code?: string } {
  if (!isObject(value)) throw bad('JSON object expected');
  if (typeof value.kind !== 'string') throw bad(messages.execKind);
  const kind = value.kind.trim().toLowerCase();
  const main = value.main;
  if (main !== undefined && typeof main !== 'string') {
    throw bad(`if defined, 'main' be a string in 'exec' for '${kind}' actions`);
  }
  const named = main === undefined ? {} : { main };
  if (kind === 'sequence') return { exec: { kind: 'sequence', components: readComponents(value, context.namespace) } };
  if (kind === 'blackbox') {
    if (typeof value.image !== 'string') throw bad(messages.execImage);
    const code = readCode(value);
    const exec: Exec = { kind: 'blackbox', image: value.image, binary: code !== undefined && isBinary(code), ...named };
    return code === undefined || code.trim() === '' ? { exec: { ...exec, binary: false } } : { exec, code };
  }
  const known = context.manifest.resolve(kind);
  if (!known) throw bad(messages.runtimeUnknown(kind, context.manifest.names));
  if (known.deprecated) throw malformed(messages.runtimeDeprecated(known.kind));
  const code = readCode(value);
  if (code === undefined) throw bad(messages.execCode(known.kind));
  if (known.requireMain && main === undefined) throw bad(messages.execMain(known.kind));
  return { exec: { kind: known.kind, binary: isBinary(code), ...named }, code };
}

/** Java actions once called it "jar". */
function readCode(exec: JsonObject): string | undefined {
  const code = exec.code ?? exec.jar;
  return typeof code === 'string' ? code : undefined;
}

const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{4}|[A-Za-z0-9+/]{3}=|[A-Za-z0-9+/]{2}==)$/;

/** Binary is what has the shape of base64, whatever the client says (Exec.isBinaryCode). */
export function isBinary(code: string): boolean {
  const trimmed = code.trim();
  return trimmed.length > 0 && trimmed.length % 4 === 0 && BASE64.test(trimmed);
}

function readComponents(exec: JsonObject, own: string): string[] {
  if (exec.components === undefined) throw bad("'components' must be defined for sequence kind");
  if (!Array.isArray(exec.components)) throw bad("'components' must be an array");
  return exec.components.map((component) => {
    const name = typeof component === 'string' ? parseName(component, own) : undefined;
    if (!name) throw bad('fully qualified name malformed');
    return `/${name.namespace}/${name.package === undefined ? '' : `${name.package}/`}${name.name}`;
  });
}

function readLimits(value: Json | undefined): Partial<ActionLimits> | undefined {
  if (value === undefined || value === null) return undefined;
  if (!isObject(value)) throw bad("Object expected in field 'timeout'");
  const whole = (field: string, what: string): number | undefined => {
    const limit = value[field];
    if (limit === undefined || limit === null) return undefined;
    if (typeof limit !== 'number' || !Number.isInteger(limit)) throw bad(`${what} limit malformed`);
    return limit;
  };
  return defined({
    timeout: whole('timeout', 'time'),
    memory: whole('memory', 'memory'),
    logs: whole('logs', 'log'),
    concurrency: whole('concurrency', 'concurrency'),
  });
}

function readVersion(value: Json | undefined): string | undefined {
  if (value === undefined || value === null) return undefined;
  const version = typeof value === 'string' ? parseVersion(value) : undefined;
  if (version === undefined) throw bad('semantic version malformed');
  return version;
}

function readBoolean(value: Json | undefined, field: string): boolean | undefined {
  if (value === undefined || value === null) return undefined;
  if (typeof value !== 'boolean')
    throw bad(`Expected JsTrue or JsFalse, but got ${JSON.stringify(value)} in field '${field}'`);
  return value;
}

function readStrings(value: Json | undefined, field: string): string[] | undefined {
  if (value === undefined || value === null) return undefined;
  if (!Array.isArray(value) || !value.every((each) => typeof each === 'string')) {
    throw bad(`Expected Array as JsArray, but got ${JSON.stringify(value)} in field '${field}'`);
  }
  return value as string[];
}
