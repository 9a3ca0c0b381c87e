import type { SystemLimits } from '../../model/limits.ts';
import { entityFields, listOperation, parameters, putFields, putParameters } from './common.ts';
import type { Parameter, Path, Schema, Schemas } from './openapi.ts';
import {
  activationIdHeader,
  callHeaders,
  inPath,
  inQuery,
  json,
  namespace,
  operation,
  overwrite,
  type Part,
  refusals,
  timingHeader,
} from './operation.ts';
import { answered, anyObject, anyOf, flag, list, oneOfTexts, ref, sent, text, whole } from './schema.ts';

const TAG = 'Actions';
const BASE = '/api/v1/namespaces/{namespace}/actions';

const packageName = inPath('packageName', 'The package, or a binding to one');
const actionName = inPath('actionName', 'The action', ['hello']);

/** @param kinds that this node runs */
export function actionsPart(limits: SystemLimits, kinds: readonly string[]): Part {
  const row = ref('ActionRow');
  return {
    tag: { name: TAG, description: 'Code that is run when it is called, or a sequence of actions.' },
    paths: {
      [BASE]: {
        get: listOperation({
          ...{ tag: TAG, id: 'getAllActions', collection: 'actions', row },
          summary: 'List the actions of a namespace, those in packages too',
        }),
      },
      [`${BASE}/{packageName}/`]: {
        get: listOperation({
          ...{ tag: TAG, id: 'getAllActionsInPackage', collection: 'actions', row, parameters: [packageName] },
          summary: 'List the actions of a package, or of the one behind a binding',
          statuses: [404, 409],
        }),
      },
      [`${BASE}/{actionName}`]: oneAction('', [namespace, actionName]),
      [`${BASE}/{packageName}/{actionName}`]: oneAction('InPackage', [namespace, packageName, actionName]),
    },
    schemas: { ...actionSchemas(), ...putSchemas(limits, kinds) },
  };
}

/** @param where ends the ids of the operations */
function oneAction(where: string, path: readonly Parameter[]): Path {
  const inPackage = where === '' ? [] : ([404, 409, 422] as const);
  const action = json('The action', ref('Action'));
  return {
    get: operation({
      ...{ tag: TAG, id: where === '' ? 'getActionByName' : 'getActionInPackageByName' },
      summary: 'Get an action',
      parameters: [...path, inQuery('code', { ...flag('With its code'), default: true })],
      answers: { 200: action, ...refusals(400, 403, 404, 409, ...inPackage) },
    }),
    put: operation({
      ...{ tag: TAG, id: `updateAction${where}`, summary: 'Create or change an action' },
      description: 'What the body does not say stays as it is; a new action needs `exec`.',
      parameters: [...path, overwrite],
      body: ref('ActionPut'),
      answers: { 200: action, ...refusals(400, 403, 404, 409, 413, 415, 422) },
    }),
    delete: operation({
      ...{ tag: TAG, id: `deleteAction${where}`, summary: 'Delete an action', parameters: path },
      answers: { 200: json('The action as it was', ref('Action')), ...refusals(400, 403, 404, 409, ...inPackage) },
    }),
    post: operation({
      ...{ tag: TAG, id: `invokeAction${where}`, summary: 'Invoke an action' },
      parameters: [...path, ...invokeParameters, ...callHeaders],
      body: anyObject('The arguments, over the parameters of the action'),
      mayBeEmpty: true,
      answers: { ...invokeAnswers, ...refusals(400, 403, 404, 409, 413, 415, 422, 429) },
    }),
  };
}

const invokeParameters: readonly Parameter[] = [
  inQuery('blocking', { ...flag('Wait for its end'), default: false }),
  inQuery('result', { ...flag('With `blocking`: answer only the result'), default: false }),
  inQuery(
    'timeout',
    whole('With `blocking`: milliseconds to wait before the answer is 202; no more than the node allows', {
      minimum: 1,
    }),
  ),
];

const result = anyObject('Its result, with `result=true`');
const results = list({}, 'Its result, when that is an array');

const invokedHeaders = { ...activationIdHeader, ...timingHeader };
const invokeAnswers = {
  200: json('It succeeded', anyOf('The record or the result', ref('Activation'), result, results), invokedHeaders),
  202: json('It was accepted, and nobody waits for it, or not any longer', ref('ActivationId'), invokedHeaders),
  500: json(
    'It could not be run, or the node failed',
    anyOf('The record, the result or why', ref('Activation'), ref('Error'), result),
  ),
  502: json('It failed', anyOf('The record or the result', ref('Activation'), result), invokedHeaders),
};

function actionSchemas(): Schemas {
  const exec = ref('ActionExec');
  return {
    Action: answered('An action', { ...entityFields, exec, limits: ref('ActionLimits'), parameters }),
    ActionRow: answered('An action in a list', {
      ...entityFields,
      exec: answered('How it is run', { binary: flag('Its code is an archive') }),
      limits: ref('ActionLimits'),
    }),
    // No ranges: they may have been others when it was made.
    ActionLimits: answered('What it may take', { timeout, memory, logs, concurrency }),
    ActionExec: {
      description: 'How it is run',
      oneOf: [
        answered('Code', { kind: text('A kind of runtime', { examples: ['nodejs:20'] }), binary }, { code, main }),
        answered('An image', { kind: blackbox, image, binary }, { code, main }),
        answered('A sequence', { kind: sequence, components }),
      ],
    },
  };
}

function putSchemas(limits: SystemLimits, kinds: readonly string[]): Schemas {
  const kind = oneOfTexts('A kind of runtime; `:default` is the default one of its family', kinds);
  return {
    ActionPut: sent('What is to change of an action', {
      ...putFields,
      exec: ref('ActionExecPut'),
      parameters: putParameters,
      limits: sent('What it may take; what is not said stays, or is the default', limitsPut(limits)),
      delAnnotations: list({ type: 'string' }, 'Annotations to be taken away'),
    }),
    ActionExecPut: {
      description: 'How it is to be run',
      anyOf: [
        sent('Code', { kind, code, main }, ['kind', 'code']),
        sent('An image', { kind: blackbox, image, code, main }, ['kind', 'image']),
        sent('A sequence', { kind: sequence, components }, ['kind', 'components']),
      ],
    },
  };
}

const blackbox: Schema = { type: 'string', const: 'blackbox' };
const sequence: Schema = { type: 'string', const: 'sequence' };
const image = text('The name of a Docker image');
const binary = flag('The code is an archive, in base64');
const code = text('Source, or an archive in base64');
const main = text('The function that is called');
const components = list({ type: 'string', examples: ['/guest/tools/hello'] }, 'Full names of actions, in their order');

const timeout = whole('Milliseconds for one run');
const memory = whole('Megabytes of its container');
const logs = whole('Megabytes of log that are kept of one run');
const concurrency = whole('Runs at once in one container');

function limitsPut(limits: SystemLimits): Schemas {
  const within = (schema: Schema, { min, max, std }: SystemLimits['timeout']): Schema => ({
    ...schema,
    ...{ minimum: min, maximum: max, default: std },
  });
  return {
    timeout: within(timeout, limits.timeout),
    memory: within(memory, limits.memory),
    logs: within(logs, limits.logs),
    concurrency: within(concurrency, limits.concurrency),
  };
}
