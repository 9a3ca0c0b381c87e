import { extensions } from '../web/path.ts';
import type { Operation, Parameter } from './openapi.ts';
import { inPath, operation, type Part } from './operation.ts';
import { anyJson } from './schema.ts';

const TAG = 'Web actions';
const methods = ['get', 'post', 'put', 'patch', 'delete', 'options'] as const;

const path: readonly Parameter[] = [
  inPath('namespace', 'The namespace of the action, in full', ['guest']),
  inPath('packageName', 'Its package, or `default`', ['default']),
  inPath('actionName', `The action, and perhaps ${extensions.map((each) => `\`.${each}\``).join(', ')}`, [
    'hello.json',
  ]),
];

export const webActionsPart: Part = {
  tag: { name: TAG, description: 'Actions with the annotation `web-export` answer HTTP themselves.' },
  paths: {
    '/api/v1/web/{namespace}/{packageName}/{actionName}': Object.fromEntries(methods.map((each) => [each, call(each)])),
  },
  schemas: {},
};

function call(method: (typeof methods)[number]): Operation {
  const hasBody = method !== 'get' && method !== 'options';
  return {
    ...operation({
      ...{ tag: TAG, id: `${method}WebAction`, summary: 'Call a web action', parameters: path, open: true },
      description: 'Whatever follows the name of the action, after a slash, is given to it as `__ow_path`.',
      answers: {
        default: {
          description: 'What the action answers, with its own status; or `{error, code}`, when there is none',
          content: { '*/*': { schema: anyJson('Anything') } },
        },
      },
    }),
    ...(hasBody ? { requestBody: { content: { '*/*': { schema: anyJson('Anything') } } } } : {}),
  };
}
