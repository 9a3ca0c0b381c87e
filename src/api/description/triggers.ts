import { entityFields, listOperation, parameters, putFields, putParameters } from './common.ts';
import {
  activationIdHeader,
  callHeaders,
  inPath,
  json,
  namespace,
  operation,
  overwrite,
  type Part,
  refusals,
  timingHeader,
} from './operation.ts';
import { answered, anyObject, map, oneOfTexts, ref, sent } from './schema.ts';

const TAG = 'Triggers';
const BASE = '/api/v1/namespaces/{namespace}/triggers';
const path = [namespace, inPath('triggerName', 'The trigger', ['tick'])];
const trigger = json('The trigger', ref('Trigger'));

export const triggersPart: Part = {
  tag: { name: TAG, description: 'Named events; rules say what they set off.' },
  paths: {
    [BASE]: {
      get: listOperation({
        ...{ tag: TAG, id: 'getAllTriggers', collection: 'triggers', row: ref('TriggerRow') },
        summary: 'List the triggers of a namespace',
      }),
    },
    [`${BASE}/{triggerName}`]: {
      get: operation({
        ...{ tag: TAG, id: 'getTriggerByName', summary: 'Get a trigger with its rules', parameters: path },
        answers: { 200: trigger, ...refusals(400, 403, 404, 409) },
      }),
      put: operation({
        ...{ tag: TAG, id: 'updateTrigger', summary: 'Create or change a trigger' },
        description: 'What the body does not say stays as it is.',
        parameters: [...path, overwrite],
        body: ref('TriggerPut'),
        answers: { 200: trigger, ...refusals(400, 403, 409, 413, 415) },
      }),
      delete: operation({
        ...{ tag: TAG, id: 'deleteTrigger', summary: 'Delete a trigger; its rules stay', parameters: path },
        answers: { 200: json('The trigger as it was', ref('Trigger')), ...refusals(400, 403, 404, 409) },
      }),
      post: operation({
        ...{ tag: TAG, id: 'fireTrigger', summary: 'Fire a trigger', parameters: [...path, ...callHeaders] },
        body: anyObject('The event, over the parameters of the trigger'),
        mayBeEmpty: true,
        answers: {
          202: json('The actions of its active rules are set off', ref('ActivationId'), {
            ...activationIdHeader,
            ...timingHeader,
          }),
          204: { description: 'It has no active rule, so nothing was done' },
          ...refusals(400, 403, 404, 409, 413, 415, 429),
        },
      }),
    },
  },
  schemas: {
    Trigger: answered(
      'A trigger',
      { ...entityFields, parameters, limits: answered('Has none', {}) },
      { rules: map('By full name; absent while it has had none', ref('TriggerRule')) },
    ),
    TriggerRow: answered('A trigger in a list', entityFields),
    TriggerRule: answered('A rule as its trigger knows it', {
      action: ref('PathName'),
      status: oneOfTexts('Whether a fire sets it off', ['active', 'inactive']),
    }),
    TriggerPut: sent('What is to change of a trigger', { ...putFields, parameters: putParameters }),
  },
};
