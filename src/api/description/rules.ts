import { entityFields, listOperation, putFields } from './common.ts';
import type { Schema } from './openapi.ts';
import { inPath, json, namespace, operation, other, overwrite, type Part, refusals } from './operation.ts';
import { answered, anyOf, oneOfTexts, ref, sent, text } from './schema.ts';

const TAG = 'Rules';
const BASE = '/api/v1/namespaces/{namespace}/rules';
const path = [namespace, inPath('ruleName', 'The rule', ['each-tick'])];
const rule = json('The rule', ref('Rule'));
const status = oneOfTexts('Whether a fire of its trigger sets it off', ['active', 'inactive']);

const ends = { trigger: ref('PathName'), action: ref('PathName') };
const end = (what: string, example: string): Schema =>
  anyOf(`The full name of ${what}`, text('`_` is the own namespace', { examples: [example] }), ref('PathName'));

export const rulesPart: Part = {
  tag: { name: TAG, description: 'Each sets off one action when one trigger fires.' },
  paths: {
    [BASE]: {
      get: listOperation({
        ...{ tag: TAG, id: 'getAllRules', collection: 'rules', row: ref('RuleRow') },
        summary: 'List the rules of a namespace, without their status',
      }),
    },
    [`${BASE}/{ruleName}`]: {
      get: operation({
        ...{ tag: TAG, id: 'getRuleByName', summary: 'Get a rule with its status', parameters: path },
        answers: { 200: rule, ...refusals(400, 403, 404, 409) },
      }),
      put: operation({
        ...{ tag: TAG, id: 'updateRule', summary: 'Create or change a rule' },
        description: 'A new rule is active; a changed one keeps its status.',
        parameters: [...path, overwrite],
        body: ref('RulePut'),
        answers: { 200: rule, ...refusals(400, 403, 404, 409, 413, 415, 422) },
      }),
      delete: operation({
        ...{ tag: TAG, id: 'deleteRule', summary: 'Delete a rule', parameters: path },
        answers: { 200: json('The rule, inactive', ref('Rule')), ...refusals(400, 403, 404, 409) },
      }),
      post: operation({
        ...{ tag: TAG, id: 'setState', summary: 'Enable or disable a rule', parameters: path },
        body: sent('What it is to be', { status }, ['status']),
        answers: {
          200: other('It is as it was to be', 'text/plain'),
          ...refusals(400, 403, 404, 409, 413, 415),
        },
      }),
    },
  },
  schemas: {
    Rule: answered('A rule', { ...entityFields, ...ends, status }),
    RuleRow: answered('A rule in a list', { ...entityFields, ...ends }),
    RulePut: sent('What is to change of a rule', {
      ...putFields,
      trigger: end('the trigger', '/_/tick'),
      action: end('the action', '/_/tools/hello'),
    }),
  },
};
