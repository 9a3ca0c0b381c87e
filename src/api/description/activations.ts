import { statuses } from '../../model/outcome.ts';
import { listOperation } from './common.ts';
import type { Parameter, Schema, Schemas } from './openapi.ts';
import { ACTIVATION_ID as ID, inQuery, json, namespace, operation, type Part, refusals, version } from './operation.ts';
import { answered, anyJson, anyOf, flag, instant, list, oneOfTexts, ref, text, whole } from './schema.ts';

const TAG = 'Activations';
const BASE = '/api/v1/namespaces/{namespace}/activations';

const id: Parameter = {
  ...{ name: 'activationId', in: 'path', required: true, description: 'The id of the activation' },
  schema: { type: 'string', pattern: ID, minLength: 32, maxLength: 32 },
};
const path = [namespace, id];

const filters: readonly Parameter[] = [
  inQuery('name', text('Only those of this `action` or `package/action`')),
  inQuery('since', instant('Only those that began then or later')),
  inQuery('upto', instant('Only those that began then or earlier')),
  inQuery('docs', flag('Whole records instead of rows; not with `count`')),
  inQuery('stream', flag('Records and lines of log as they come, until the client hangs up')),
];

const fields: Schemas = {
  activationId: text('The id', { pattern: ID }),
  namespace: text('The namespace that invoked'),
  name: text('What was invoked'),
  version,
  publish: { type: 'boolean', const: false },
  subject: text('Whose key it was'),
  annotations: list(ref('KeyValue')),
  start: instant('When it began'),
};
const { subject: _subject, ...shown } = fields;
const ended: Schemas = {
  cause: text('The activation that caused this one', { pattern: ID }),
  end: instant('When it ended'),
  duration: whole('Milliseconds', { minimum: 0 }),
};

const STREAM =
  'With `stream=true`: events `log`, with `{activationId, name, line}`, and `activation`, with the record. `since` sends what began since then first.';

/** OpenWhisk has 404 for these. */
const pending = (schema: string) => json('It waits or runs: what there is of it so far', ref(schema));

export const activationsPart: Part = {
  tag: { name: TAG, description: 'Records of what was run.' },
  paths: {
    [BASE]: {
      get: listOperation({
        ...{ tag: TAG, id: 'getActivations', collection: 'activations', parameters: filters },
        summary: 'List the activations of a namespace',
        row: anyOf('A row, or with `docs=true` the record', ref('ActivationRow'), ref('Activation')),
        content: { 'text/event-stream': { schema: text(STREAM) } },
      }),
    },
    [`${BASE}/{activationId}`]: {
      get: operation({
        ...{ tag: TAG, id: 'getActivationById', summary: 'Get the record of an activation', parameters: path },
        answers: {
          200: json('The record', ref('Activation')),
          202: pending('PendingActivation'),
          ...refusals(400, 403, 404),
        },
      }),
    },
    [`${BASE}/{activationId}/logs`]: {
      get: operation({
        ...{ tag: TAG, id: 'getActivationLogs', summary: 'Get its logs', parameters: path },
        answers: {
          200: json('The logs', ref('ActivationLogs')),
          202: pending('ActivationLogs'),
          ...refusals(400, 403, 404),
        },
      }),
    },
    [`${BASE}/{activationId}/result`]: {
      get: operation({
        ...{ tag: TAG, id: 'getActivationResult', summary: 'Get its result', parameters: path },
        answers: {
          200: json('How it ended', ref('ActivationResult')),
          202: pending('PendingResult'),
          ...refusals(400, 403, 404),
        },
      }),
    },
  },
  schemas: {
    ActivationId: answered('What was accepted', { activationId: text('The id of its record', { pattern: ID }) }),
    Activation: answered(
      'The record of an activation',
      { ...fields, response: ref('ActivationResult'), logs: list({ type: 'string' }) },
      ended,
    ),
    ActivationRow: answered('An activation in a list', shown, {
      ...ended,
      subject: text("Whose key it was; CouchDB's lists do not have it"),
      statusCode: whole(`${statuses.join(', ')}; absent while it has not ended`, {
        minimum: 0,
        maximum: statuses.length - 1,
      }),
    }),
    PendingActivation: answered(
      'An activation that has not ended; its annotation `pending` says whether it waits or runs',
      { ...fields, response: ref('PendingResult'), logs: list({ type: 'string' }) },
      { cause: ended.cause as Schema },
    ),
    PendingResult: answered('It has not ended', {
      status: { type: 'string', const: 'pending' },
      success: { type: 'boolean', const: false },
    }),
    ActivationLogs: answered('Its logs', {
      logs: list({ type: 'string', examples: ['2026-01-01T00:00:00.000000000Z stdout: hello'] }),
    }),
    ActivationResult: answered(
      'How it ended',
      {
        status: oneOfTexts('Whose fault', statuses),
        success: flag('True when the status is `success`'),
        result: anyJson('What the action answered'),
      },
      { size: whole('Bytes of the result', { minimum: 0 }) },
    ),
  },
};
