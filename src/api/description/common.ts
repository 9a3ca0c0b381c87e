import { LIST_LIMIT } from '../query.ts';
import type { Content, Operation, Parameter, Schema, Schemas } from './openapi.ts';
import { inQuery, json, namespace, operation, refusals, version } from './operation.ts';
import { answered, anyJson, anyOf, flag, instant, list, ref, text, whole } from './schema.ts';

/** What several collections share: lists, the fields of every entity, keys with values. */

const page: readonly Parameter[] = [
  inQuery('limit', {
    ...whole('How many at most; 0 means as many as allowed', { minimum: 0, maximum: LIST_LIMIT.max }),
    default: LIST_LIMIT.std,
  }),
  inQuery('skip', {
    ...whole('How many to leave out at the beginning', { minimum: 0, maximum: 2 ** 31 - 1 }),
    default: 0,
  }),
  inQuery('count', flag('Answer only how many there are')),
];

export interface ListOptions {
  readonly tag: string;
  readonly id: string;
  readonly summary: string;
  /** The key of the count. */
  readonly collection: string;
  readonly row: Schema;
  /** Besides the namespace and the page. */
  readonly parameters?: readonly Parameter[];
  readonly statuses?: readonly Parameters<typeof refusals>[number][];
  /** What it is besides JSON, by media type. */
  readonly content?: Content;
}

/** `GET` of a collection: rows, newest first, or with `count=true` their number. */
export function listOperation(options: ListOptions): Operation {
  const { tag, id, summary, collection, row, parameters = [], statuses = [], content = {} } = options;
  const counted = answered('Instead of rows, with `count=true`', { [collection]: whole('How many', { minimum: 0 }) });
  const rows = json('The newest first', anyOf('Rows, or how many there are', list(row), counted));
  return operation({
    ...{ tag, id, summary },
    parameters: [namespace, ...parameters, ...page],
    answers: {
      200: { ...rows, content: { ...rows.content, ...content } },
      ...refusals(400, 403, ...statuses),
    },
  });
}

/** Fields that all entities have, also in lists. */
export const entityFields: Schemas = {
  namespace: text('The namespace, with the package where there is one', { examples: ['guest/tools'] }),
  name: text('The name'),
  version,
  publish: flag('Whether all may see it: of packages'),
  annotations: list(ref('KeyValue')),
  updated: instant('When it was last changed'),
};

export const parameters = list(ref('Parameter'), 'Given to every call, under what the call itself brings');

/** Fields that every PUT understands; `namespace` and `name` are in the path, and not looked at here. */
export const putFields: Schemas = {
  annotations: list(ref('KeyValue')),
  version: text('Sets the version; two parts are enough', { pattern: '^\\d+(?:\\.\\d+){0,2}$' }),
  publish: flag('Whether all may see it: of packages'),
};
export const putParameters = list(ref('Parameter'), 'Replaces all parameters');

const keyValue: Schemas = { key: text('Not blank'), value: anyJson('Any JSON') };

export const commonSchemas: Schemas = {
  Error: answered('Why there is no other answer', {
    error: text('A sentence for people'),
    code: text('The transaction id, to be found in the log'),
  }),
  KeyValue: answered('An annotation', keyValue),
  Parameter: answered('A parameter', keyValue, {
    init: flag('It goes into the environment when a container is made ready, and not into the arguments'),
  }),
  PathName: answered('The other end of a rule', {
    path: text('The namespace, with the package where there is one'),
    name: text('The name'),
  }),
};
