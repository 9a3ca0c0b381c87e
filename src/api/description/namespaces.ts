import { inPath, json, namespace, operation, type Part, refusals } from './operation.ts';
import { answered, flag, list, ref, text, whole } from './schema.ts';

const TAG = 'Namespaces';
const BASE = '/api/v1/namespaces';

const most = (what: string) => whole(`Most ${what}`, { minimum: 0 });
const least = (what: string) => whole(`Least ${what}`, { minimum: 0 });

export const namespacesPart: Part = {
  tag: { name: TAG, description: 'Whose key it is, and what it may.' },
  paths: {
    [BASE]: {
      get: operation({
        ...{ tag: TAG, id: 'getAllNamespaces', summary: 'List the namespaces of the key: one' },
        answers: { 200: json('Its names', { type: 'array', items: { type: 'string' }, minItems: 1 }) },
      }),
    },
    [`${BASE}/{namespace}/limits`]: {
      get: operation({
        ...{ tag: TAG, id: 'getLimits', summary: 'Get what the namespace may', parameters: [namespace] },
        answers: { 200: json('What holds', ref('UserLimits')), ...refusals(400, 403) },
      }),
    },
    [`${BASE}/{namespace}/limits/{name}`]: {
      get: operation({
        ...{ tag: TAG, id: 'getOneLimit', summary: 'Always refused: there is nothing below the limits' },
        parameters: [namespace, inPath('name', 'Anything')],
        answers: refusals(400),
      }),
    },
  },
  schemas: {
    UserLimits: answered(
      'What holds for a namespace',
      {
        invocationsPerMinute: most('calls in a minute'),
        concurrentInvocations: most('calls at once'),
        firesPerMinute: most('fires of triggers in a minute'),
        minActionMemory: least('megabytes of an action'),
        maxActionMemory: most('megabytes of an action'),
        minActionTimeout: least('milliseconds of an action'),
        maxActionTimeout: most('milliseconds of an action'),
        minActionLogs: least('megabytes of log of an action'),
        maxActionLogs: most('megabytes of log of an action'),
        minActionConcurrency: least('runs at once in one container'),
        maxActionConcurrency: most('runs at once in one container'),
        maxActionInstances: most('containers of one action'),
        maxParameterSize: text('Most bytes of parameters', { examples: ['1048576 B'] }),
      },
      {
        allowedKinds: list({ type: 'string' }, 'Kinds of actions that may be created; absent when all may'),
        storeActivations: flag('Whether successful activations are recorded; absent when it was never said'),
      },
    ),
  },
};
