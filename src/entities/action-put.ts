import { isPaddedBase64 } from '../model/base64.ts';
import type { Annotation, Exec, Parameter } from '../model/entities.ts';
import { isObject, type Json, type JsonObject } from '../model/json.ts';
import type { ActionLimits, SystemLimits } from '../model/limits.ts';
import type { Manifest } from '../model/manifest.ts';
import { messages } from '../model/messages.ts';
import { displayName, type QualifiedName } from '../model/names.ts';
import {
  checkSize,
  checkSizes,
  defined,
  malformedBody,
  readBoolean,
  readName,
  readParameters,
  readStrings,
  readVersion,
} from './put-fields.ts';

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

/**
 * @throws Refusal 400 with OpenWhisk's words for what cannot be read, 413 for what is too large
 */
export function readActionPut(body: Json, context: PutContext): ActionPut {
  if (!isObject(body)) throw malformedBody("Object expected in field 'exec'");
  const { limits } = context;
  const parameters = readParameters(body.parameters);
  const annotations = readParameters(body.annotations);
  const { exec, code } = body.exec === undefined || body.exec === null ? {} : readExec(body.exec, context);
  checkSize('exec', code === undefined ? 0 : Buffer.byteLength(code), limits.codeBytes);
  checkSizes({ parameters, annotations }, limits);
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

function readExec(value: Json, context: PutContext): { exec: Exec; code?: string } {
  if (!isObject(value)) throw malformedBody('JSON object expected');
  if (typeof value.kind !== 'string') throw malformedBody(messages.execKind);
  const kind = value.kind.trim().toLowerCase();
  const main = value.main;
  if (main !== undefined && typeof main !== 'string') {
    throw malformedBody(`if defined, 'main' be a string in 'exec' for '${kind}' actions`);
  }
  const named = main === undefined ? {} : { main };
  if (kind === 'sequence') return { exec: { kind: 'sequence', components: readComponents(value, context.namespace) } };
  if (kind === 'blackbox') {
    if (typeof value.image !== 'string') throw malformedBody(messages.execImage);
    if (!IMAGE.test(value.image)) throw malformedBody(messages.execImageName);
    const code = readCode(value);
    const exec: Exec = { kind: 'blackbox', image: value.image, binary: code !== undefined && isBinary(code), ...named };
    return code === undefined || code.trim() === '' ? { exec: { ...exec, binary: false } } : { exec, code };
  }
  const known = context.manifest.resolve(kind);
  if (!known) throw malformedBody(messages.runtimeUnknown(kind, context.manifest.names));
  const code = readCode(value);
  if (code === undefined) throw malformedBody(messages.execCode(kind));
  if (known.requireMain && main === undefined) throw malformedBody(messages.execMain(kind));
  return { exec: { kind: known.kind, binary: isBinary(code), ...named }, code };
}

/** Java actions once called it "jar". */
function readCode(exec: JsonObject): string | undefined {
  const code = exec.code ?? exec.jar ?? undefined;
  if (code !== undefined && typeof code !== 'string') throw malformedBody(messages.execCodeUnreadable(code));
  return code;
}

/** How Docker writes the name of an image: `[DOMAIN/]PATH[:TAG][@DIGEST]` (ExecManifest.scala, `ImageName`). */
const IMAGE = (() => {
  const domain = '(?:[a-zA-Z\\d-]+(?:\\.[a-zA-Z\\d-]+)+(?::\\d+)?|[a-zA-Z\\d-]+:\\d+)';
  const part = '[a-z\\d]+(?:(?:[._]|__|-+)[a-z\\d]+)*';
  const algorithm = '[a-zA-Z][a-zA-Z\\d]*(?:[+._-][a-zA-Z][a-zA-Z\\d]*)*';
  return new RegExp(`^(?:${domain}/)?${part}(?:/${part})*(?::\\w[\\w.-]{0,127})?(?:@${algorithm}:[a-fA-F\\d]{32,})?$`);
})();

/** Binary is what has the shape of base64, whatever the client says (Exec.isBinaryCode). */
export function isBinary(code: string): boolean {
  return isPaddedBase64(code.trim());
}

function readComponents(exec: JsonObject, own: string): string[] {
  if (exec.components === undefined) throw malformedBody("'components' must be defined for sequence kind");
  if (!Array.isArray(exec.components)) throw malformedBody("'components' must be an array");
  return exec.components.map((component) => {
    const name = readName(component ?? '', own);
    return displayName(name as QualifiedName);
  });
}

function readLimits(value: Json | undefined): Partial<ActionLimits> | undefined {
  if (value === undefined || value === null) return undefined;
  if (!isObject(value)) throw malformedBody("Object expected in field 'timeout'");
  return defined({
    timeout: readLimit(value.timeout, 'time'),
    memory: sizeLimit(readLimit(value.memory, 'memory')),
    logs: sizeLimit(readLimit(value.logs, 'log')),
    concurrency: readLimit(value.concurrency, 'concurrency', 'intra concurrency'),
  });
}

/** @param whole what it is called when it is no whole number */
function readLimit(limit: Json | undefined, what: string, whole = what): number | undefined {
  if (limit === undefined || limit === null) return undefined;
  if (typeof limit !== 'number') throw malformedBody(`${what} limit malformed`);
  if (!Number.isInteger(limit)) throw malformedBody(messages.requirement(`${whole} limit must be whole number`));
  return limit;
}

function sizeLimit(size: number | undefined): number | undefined {
  if (size !== undefined && size < 0) throw malformedBody(messages.requirement(messages.sizeNegative));
  return size;
}
