import type { Json, JsonObject } from './json.ts';
import type { ActionLimits } from './limits.ts';

/** A parameter as stored; `init: true` goes into the environment at init and not into the arguments (Parameter.scala). */
export interface Parameter {
  readonly key: string;
  readonly value: Json;
  readonly init?: boolean;
}

export interface Annotation {
  readonly key: string;
  readonly value: Json;
}

/** What all documents of the `whisks` database have (WhiskEntity.scala). */
interface EntityBase {
  /** `guest`, or `guest/tools` for an action in a package. */
  readonly namespace: string;
  readonly name: string;
  /** Three numbers, `0.0.1` at first. */
  readonly version: string;
  readonly publish: boolean;
  readonly annotations: readonly Annotation[];
  /** Milliseconds since the epoch. */
  readonly updated: number;
}

/** Code run by a runtime of the manifest. The code itself is kept apart: see `EntityStore.code`. */
export interface CodeExec {
  readonly kind: string;
  /** True when the code is base64 of a zip or jar. */
  readonly binary: boolean;
  readonly main?: string;
}

/** Code run by an image of the user's own; without code, the image brings it. */
export interface BlackboxExec {
  readonly kind: 'blackbox';
  readonly image: string;
  readonly binary: boolean;
  readonly main?: string;
}

export interface SequenceExec {
  readonly kind: 'sequence';
  /** `/ns/name` or `/ns/pkg/name`. */
  readonly components: readonly string[];
}

export type Exec = CodeExec | BlackboxExec | SequenceExec;

export interface Action extends EntityBase {
  readonly entityType: 'action';
  readonly exec: Exec;
  readonly parameters: readonly Parameter[];
  readonly limits: ActionLimits;
}

export interface Package extends EntityBase {
  readonly entityType: 'package';
  readonly parameters: readonly Parameter[];
  /** Empty object when it is a package of its own. */
  readonly binding: { readonly namespace: string; readonly name: string } | Record<string, never>;
}

/** What a trigger keeps of each of its rules, by `ns/rule`. */
export interface ReducedRule {
  readonly action: { readonly path: string; readonly name: string };
  readonly status: 'active' | 'inactive';
}

export interface Trigger extends EntityBase {
  readonly entityType: 'trigger';
  readonly parameters: readonly Parameter[];
  readonly limits: Record<string, never>;
  readonly rules?: Readonly<Record<string, ReducedRule>>;
}

export interface Rule extends EntityBase {
  readonly entityType: 'rule';
  readonly trigger: { readonly path: string; readonly name: string };
  readonly action: { readonly path: string; readonly name: string };
}

export type Entity = Action | Package | Trigger | Rule;
export type EntityType = Entity['entityType'];
export type Collection = 'actions' | 'packages' | 'triggers' | 'rules';

/** An entity with the revision that it was read at: `N-` and 32 hex digits, as CouchDB has them. */
export interface Stored<E extends Entity = Entity> {
  readonly entity: E;
  readonly rev: string;
}

/** An annotation's value, or undefined when there is none of that key. */
export function annotation(annotations: readonly Annotation[], key: string): Json | undefined {
  return annotations.find((each) => each.key === key)?.value;
}

/** OpenWhisk's "truthy": not absent, not false, not 0, not null, not "" (Parameters.isTruthy). */
export function isTruthy(annotations: readonly Annotation[], key: string, whenAbsent = false): boolean {
  const value = annotation(annotations, key);
  if (value === undefined) return whenAbsent;
  return value !== false && value !== 0 && value !== null && value !== '';
}

/** True when the annotation is boolean true and nothing else. */
export function isTrue(annotations: readonly Annotation[], key: string): boolean {
  return annotation(annotations, key) === true;
}

/** The limits as clients see them, in OpenWhisk's order. */
export function limitsJson({ concurrency, logs, memory, timeout }: ActionLimits): JsonObject {
  return { concurrency, logs, memory, timeout };
}
