import type { Activation, ActivationSummary } from '../../model/activation.ts';
import type { Annotation, Collection, Entity, Stored } from '../../model/entities.ts';
import type { Subject } from '../../model/identity.ts';
import { statusCodes, statuses } from '../../model/outcome.ts';
import type { StoredSubject } from '../store.ts';

/**
 * Rows of the tables (schema.ts), and what they stand for. Results stay JSON text on the way in and out.
 */

export interface DocumentRow {
  readonly rev: string;
  readonly document: string;
}

export interface SummaryRow {
  readonly id: string;
  readonly namespace: string;
  readonly name: string;
  readonly version: string;
  readonly subject: string;
  readonly started: number;
  readonly ended: number;
  readonly duration: number | null;
  readonly cause: string | null;
  readonly status: 0 | 1 | 2 | 3;
  readonly annotations: string;
}

export interface ActivationRow extends SummaryRow {
  readonly size: number | null;
  readonly result: string;
  readonly logs: string;
}

export const summaryColumns =
  'id, namespace, name, version, subject, started, ended, duration, cause, status, annotations';
export const activationColumns = `${summaryColumns}, size, result, logs`;

const collections: Readonly<Record<Entity['entityType'], Collection>> = {
  action: 'actions',
  package: 'packages',
  trigger: 'triggers',
  rule: 'rules',
};

/** What lists of entities compare: the columns beside the document. */
export function entityColumns(entity: Entity) {
  const [root = entity.namespace] = entity.namespace.split('/');
  return {
    id: `${entity.namespace}/${entity.name}`,
    collection: collections[entity.entityType],
    root,
    path: entity.namespace,
    updated: entity.updated,
    isPublic: entity.entityType === 'package' && entity.publish && Object.keys(entity.binding).length === 0,
    /** A sequence has none, so an action that becomes one loses its code. */
    hasCode: entity.entityType === 'action' && entity.exec.kind !== 'sequence',
  };
}

export function toStored({ rev, document }: DocumentRow): Stored {
  return { entity: JSON.parse(document) as Entity, rev };
}

export function toStoredSubject({ rev, document }: DocumentRow): StoredSubject {
  return { subject: JSON.parse(document) as Subject, rev };
}

/** A record without its result, as the serving thread hands it to the writer: one JSON array. */
export type Head = [
  id: string,
  namespace: string,
  name: string,
  version: string,
  subject: string,
  start: number,
  end: number,
  duration: number | null,
  cause: string | null,
  status: number,
  size: number | null,
  annotations: readonly Annotation[],
  logs: readonly string[],
];

export function toHead(activation: Activation): Head {
  const { response } = activation;
  return [
    activation.activationId,
    activation.namespace,
    activation.name,
    activation.version,
    activation.subject,
    activation.start,
    activation.end,
    activation.duration ?? null,
    activation.cause ?? null,
    statusCodes[response.status],
    response.size ?? null,
    activation.annotations,
    activation.logs,
  ];
}

function common(row: SummaryRow) {
  return {
    activationId: row.id,
    namespace: row.namespace,
    name: row.name,
    version: row.version,
    subject: row.subject,
    start: row.started,
    end: row.ended,
    ...(row.duration === null ? {} : { duration: row.duration }),
    ...(row.cause === null ? {} : { cause: row.cause }),
    annotations: JSON.parse(row.annotations) as Annotation[],
  };
}

export function toSummary(row: SummaryRow): ActivationSummary {
  return { ...common(row), statusCode: row.status };
}

export function toActivation(row: ActivationRow): Activation {
  const status = statuses[row.status] ?? 'whisk internal error';
  const { result, size } = row;
  return {
    ...common(row),
    response: size === null ? { status, result } : { status, result, size },
    logs: JSON.parse(row.logs) as string[],
  };
}
