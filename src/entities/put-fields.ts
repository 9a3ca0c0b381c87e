import type { Annotation, Parameter } from '../model/entities.ts';
import { isObject, type Json, type JsonObject } from '../model/json.ts';
import type { SystemLimits } from '../model/limits.ts';
import { messages } from '../model/messages.ts';
import { isName, parseFullName, type QualifiedName } from '../model/names.ts';
import { malformed, type Refusal, refuse } from '../model/refusal.ts';
import { parseVersion } from './version.ts';

/** Reading of the fields of PUT bodies, refused in the words of OpenWhisk's deserializers. */

/** The body is JSON, but not what it should be. */
export function malformedBody(why: string): Refusal {
  return malformed(messages.contentMalformed(why));
}

/** Fields that may be there; what is absent or null stays undefined, so that a present field is one that the body had. */
export type Optional<T> = { [K in keyof T]?: Exclude<T[K], undefined> };

/** Leaves out what is undefined. */
export function defined<T extends object>(fields: T): Optional<T> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as Optional<T>;
}

/** Parameters and annotations have one shape: `[{"key": …, "value": …}]`, perhaps with `init`; of two with one key the later holds. */
export function readParameters(value: Json | undefined): Parameter[] | undefined {
  if (value === undefined || value === null) return undefined;
  if (!Array.isArray(value)) throw malformedBody('parameters malformed!');
  const parameters = value.map(readParameter);
  return [...new Map(parameters.map((each) => [each.key, each])).values()];
}

function readParameter(given: Json): Parameter {
  const { key, value, init = false } = isObject(given) ? given : {};
  if (typeof key !== 'string' || key.trim() === '' || value === undefined || typeof init !== 'boolean') {
    throw malformedBody('parameters malformed!');
  }
  return { key, value, ...(init ? { init } : {}) };
}

/** @throws Refusal 413 when they are larger than allowed (LimitedWhiskEntityPut) */
export function checkSizes(
  {
    parameters,
    annotations,
  }: { parameters: readonly Parameter[] | undefined; annotations: readonly Annotation[] | undefined },
  { parameterBytes }: SystemLimits,
): void {
  checkSize('parameters', sizeOf(parameters), parameterBytes);
  checkSize('annotations', sizeOf(annotations), parameterBytes);
}

export function checkSize(field: string, is: number, allowed: number): void {
  if (is > allowed) throw refuse(413, messages.entityTooBig(field, is, allowed));
}

function sizeOf(parameters: readonly Parameter[] | undefined): number {
  const bytes = ({ key, value }: Parameter) => Buffer.byteLength(key) + Buffer.byteLength(JSON.stringify(value));
  return parameters?.reduce((sum, parameter) => sum + bytes(parameter), 0) ?? 0;
}

export function readVersion(value: Json | undefined): string | undefined {
  if (value === undefined || value === null) return undefined;
  const version = typeof value === 'string' ? parseVersion(value) : undefined;
  if (version === undefined) throw malformedBody('semantic version malformed');
  return version;
}

export function readBoolean(value: Json | undefined, field: string): boolean | undefined {
  if (value === undefined || value === null) return undefined;
  if (typeof value !== 'boolean') {
    throw malformedBody(`Expected JsTrue or JsFalse, but got ${JSON.stringify(value)} in field '${field}'`);
  }
  return value;
}

export function readStrings(value: Json | undefined, field: string): string[] | undefined {
  if (value === undefined || value === null) return undefined;
  if (!Array.isArray(value) || !value.every((each) => typeof each === 'string')) {
    throw malformedBody(`Expected Array as JsArray, but got ${JSON.stringify(value)} in field '${field}'`);
  }
  return value as string[];
}

function pathAndName({ path, name }: JsonObject): string | undefined {
  return typeof path === 'string' && typeof name === 'string' ? `/${path}/${name}` : undefined;
}

/** `/ns/pkg/name` or `{"path": "ns/pkg", "name": …}` (FullyQualifiedEntityName.serdes). */
export function readName(value: Json | undefined, own: string): QualifiedName | undefined {
  if (value === undefined || value === null) return undefined;
  const text = isObject(value) ? pathAndName(value) : value;
  const name = typeof text === 'string' ? parseFullName(text, own) : undefined;
  if (name) return name;
  const [first = '', second] = typeof text === 'string' ? text.split('/').filter((part) => part !== '') : [];
  const isSimple = second === undefined && isName(first);
  throw malformedBody(isSimple ? messages.requirement(messages.nameNotFull) : 'fully qualified name malformed');
}
