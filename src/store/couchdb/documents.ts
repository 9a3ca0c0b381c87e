import type { Activation, ActivationSummary } from '../../model/activation.ts';
import type { Annotation, Entity, Exec, Parameter, ReducedRule } from '../../model/entities.ts';
import type { Subject } from '../../model/identity.ts';
import type { Json, JsonObject } from '../../model/json.ts';
import { type ActionLimits, systemLimits, type UserLimits } from '../../model/limits.ts';
import { statusCodes, statuses } from '../../model/outcome.ts';
import { Unreadable } from '../../model/refusal.ts';
import { type Attached, type Attachments, isBinaryCode } from './code.ts';

/**
 * OpenWhisk's documents, and what they stand for (WhiskAction.scala and its siblings). Documents that others wrote, perhaps years
 * ago, may lack what was added later: it is filled in as OpenWhisk does.
 */

/** What every document of CouchDB has when it is read. */
export interface DocumentHead {
  readonly _id: string;
  readonly _rev: string;
}

interface NameDocument {
  readonly path: string;
  readonly name: string;
}

export interface ExecDocument {
  readonly kind: string;
  readonly code?: Attached | string;
  /** Where Java's code once was. */
  readonly jar?: Attached | string;
  readonly binary?: boolean;
  readonly main?: string;
  readonly image?: string;
  readonly components?: readonly (string | NameDocument)[];
}

/** Any document of the database `whisks`. */
export interface EntityDocument extends DocumentHead {
  readonly entityType?: Entity['entityType'];
  readonly namespace: string;
  readonly name: string;
  readonly version: string;
  readonly publish?: boolean;
  readonly annotations?: readonly Annotation[];
  readonly updated?: number;
  readonly parameters?: readonly Parameter[];
  readonly exec?: ExecDocument;
  readonly limits?: Partial<ActionLimits>;
  readonly binding?: { readonly namespace: string; readonly name: string } | Record<string, never>;
  readonly rules?: Readonly<Record<string, ReducedRule>>;
  readonly trigger?: NameDocument | string;
  readonly action?: NameDocument | string;
  readonly _attachments?: Attachments;
}

/** A record's document. */
export interface ActivationDocument extends DocumentHead {
  readonly activationId: string;
  readonly namespace: string;
  readonly name: string;
  readonly version?: string;
  readonly subject: string;
  readonly start: number;
  readonly end?: number;
  readonly duration?: number;
  readonly cause?: string;
  readonly response?: { readonly statusCode: number; readonly result?: Json; readonly size?: number };
  readonly logs?: readonly string[];
  readonly annotations?: readonly Annotation[];
}

/** The value of the views of records. */
export type ActivationRow = Omit<ActivationDocument, 'response' | 'logs' | 'subject' | '_id' | '_rev'> & {
  readonly statusCode?: number;
};

export type SubjectDocument = DocumentHead & Subject;

/** Without its revision, and without code: `code.ts` says where that is. */
export function toEntityDocument(entity: Entity): Record<string, unknown> & { readonly _id: string } {
  return { _id: `${entity.namespace}/${entity.name}`, ...entity };
}

/** @throws when the document is of no known type, or lacks what cannot be filled in */
export function fromEntityDocument(document: EntityDocument): Entity {
  if (!isEntityDocument(document)) throw new Unreadable(`the document '${document._id}' is no entity of OpenWhisk`);
  const { namespace, name, version, publish = false, annotations = [], updated = 0, parameters = [] } = document;
  const base = { namespace, name, version, publish, annotations, updated };
  switch (typeOf(document)) {
    case 'action': {
      const exec = fromExecDocument(document.exec as ExecDocument);
      return { ...base, entityType: 'action', exec, parameters, limits: actionLimits(document.limits) };
    }
    case 'package':
      return { ...base, entityType: 'package', parameters, binding: document.binding ?? {} };
    case 'trigger': {
      const rules = document.rules === undefined ? {} : { rules: document.rules };
      return { ...base, entityType: 'trigger', parameters, limits: {}, ...rules };
    }
    case 'rule': {
      const named = (end: NameDocument | string | undefined) => qualified(end, namespace);
      return { ...base, entityType: 'rule', trigger: named(document.trigger), action: named(document.action) };
    }
    default:
      throw new Unreadable(`the document '${document._id}' is no entity of OpenWhisk`);
  }
}

function isEntityDocument({
  namespace,
  name,
  version,
  annotations = [],
  parameters = [],
  exec,
}: EntityDocument): boolean {
  const texts: unknown[] = [namespace, name, version, ...(exec === undefined ? [] : [exec?.kind])];
  return texts.every((each) => typeof each === 'string') && [annotations, parameters].every(Array.isArray);
}

/** By what it has, where it does not say: the most specific comes first. */
function typeOf(document: EntityDocument): Entity['entityType'] | undefined {
  if (document.entityType !== undefined) return document.entityType;
  if (document.exec !== undefined) return 'action';
  if (document.trigger !== undefined && document.action !== undefined) return 'rule';
  if (document.binding !== undefined) return 'package';
  return document.parameters === undefined ? undefined : 'trigger';
}

function fromExecDocument(exec: ExecDocument): Exec {
  const { kind, image, components } = exec;
  if (kind === 'sequence') return { kind, components: (components ?? []).map(componentName) };
  const main = exec.main === undefined ? {} : { main: exec.main };
  const code = exec.code ?? exec.jar;
  const binary = typeof code === 'string' ? isBinaryCode(code) : (exec.binary ?? false);
  if (kind === 'blackbox') return { kind, image: image ?? '', binary, ...main };
  return { kind, binary, ...main };
}

function componentName(component: string | NameDocument): string {
  const name = typeof component === 'string' ? component : `${component.path}/${component.name}`;
  return name.startsWith('/') ? name : `/${name}`;
}

function actionLimits(given: Partial<ActionLimits> = {}): ActionLimits {
  const { timeout, memory, logs, concurrency } = systemLimits;
  return {
    timeout: given.timeout ?? timeout.std,
    memory: given.memory ?? memory.std,
    logs: given.logs ?? logs.std,
    concurrency: given.concurrency ?? concurrency.std,
  };
}

/** Long ago rules had mere names, of their own namespace. */
function qualified(end: NameDocument | string | undefined, namespace: string): NameDocument {
  if (typeof end === 'object') return { path: end.path, name: end.name };
  return { path: namespace, name: end ?? '' };
}

/** The document as JSON: put together as text around the result, which is JSON already and may be large. */
export function toActivationText(activation: Activation): string {
  const { response, ...rest } = activation;
  const size = response.size === undefined ? '' : `,"size":${response.size}`;
  const head = {
    _id: `${activation.namespace}/${activation.activationId}`,
    entityType: 'activation',
    publish: false,
    updated: activation.end === 0 ? activation.start : activation.end,
    ...rest,
  };
  const text = JSON.stringify(head);
  return `${text.slice(0, -1)},"response":{"statusCode":${statusCodes[response.status]},"result":${response.result}${size}}}`;
}

/** @param document read with all digits (`exact`) */
export function fromActivationDocument(document: ActivationDocument): Activation {
  const { response = { statusCode: 0 }, logs = [], subject } = document;
  const { size } = response;
  return {
    ...common(document),
    subject,
    response: {
      status: statuses[response.statusCode] ?? 'whisk internal error',
      result: JSON.stringify(response.result ?? null),
      ...(size === undefined ? {} : { size }),
    },
    logs,
  };
}

export function fromActivationRow(row: ActivationRow): ActivationSummary {
  return { ...common(row), statusCode: (row.statusCode ?? 0) as ActivationSummary['statusCode'] };
}

function common(document: Omit<ActivationRow, 'statusCode'>) {
  const {
    activationId,
    namespace,
    name,
    version = '0.0.1',
    start,
    end = 0,
    duration,
    cause,
    annotations = [],
  } = document;
  return {
    ...{ activationId, namespace, name, version, start, end },
    ...(duration === undefined ? {} : { duration }),
    ...(cause === undefined ? {} : { cause }),
    annotations,
  };
}

export function fromSubjectDocument({ subject, namespaces, blocked }: SubjectDocument): Subject {
  const spaces = namespaces.map(({ name, uuid, key }) => ({ name, uuid, key }));
  return { subject, namespaces: spaces, ...(blocked === undefined ? {} : { blocked }) };
}

/** Whether a document of the database `subjects` is a subject: limits and design documents are there too. */
export function isSubjectDocument(document: object): document is SubjectDocument {
  return 'subject' in document && 'namespaces' in document && Array.isArray(document.namespaces);
}

/** The id of the document with a namespace's limits. */
export function limitsId(namespace: string): string {
  return `${namespace}/limits`;
}

export function fromLimitsDocument({ _id, _rev, ...limits }: DocumentHead & UserLimits & JsonObject): UserLimits {
  return limits;
}
