import type { Answer, Parameter, Path, Paths, Schema } from './openapi.ts';
import { json, operation, other, type Part, refusals, transaction } from './operation.ts';
import { type PageFile, pageFiles } from './page-files.ts';
import { answered, anyObject, flag, list, map, ref, text, whole } from './schema.ts';

const TAG = 'Server';

const elsewhere = (description: string): Answer => ({
  description,
  headers: { ...transaction, Location: { required: true, schema: { type: 'string' as const } } },
});

/** What is served without a key. */
export const serverPart: Part = {
  tag: { name: TAG, description: 'The node itself; open to all who reach it.' },
  paths: {
    '/': open('getServer', 'Tell limits and runtimes', json('What wskdeploy reads', ref('ServerInfo'))),
    '/api/v1': open('getApi', 'Tell the version of the API', json('What wsk reads', ref('ApiInfo'))),
    '/ping': open('ping', 'Answer', other('pong', 'text/plain', { type: 'string', const: 'pong' })),
    '/ready': {
      get: operation({
        ...{ tag: TAG, id: 'getReady', summary: 'Tell whether calls can be sent here', open: true },
        answers: {
          200: json('They can', ref('Readiness')),
          503: json(
            'They had better go to another node: this one stops, or lacks something that it needs',
            ref('Readiness'),
          ),
        },
      }),
    },
    '/invokers': open(
      'listInvokers',
      'List the nodes that do work for each other',
      json(
        'By name, each with its state',
        map('invoker0/edge-1', { type: 'string', enum: ['up', 'unresponsive', 'down'] }),
      ),
    ),
    '/invokers/healthy/count': open(
      'countHealthyInvokers',
      'Count the nodes that take work',
      json('Their number', whole('Nodes', { minimum: 0 })),
    ),
    '/invokers/ready': {
      get: operation({
        ...{ tag: TAG, id: 'getInvokersReady', summary: 'Tell whether all nodes take work', open: true },
        answers: {
          200: json('They do', answered('How many of them', { healthy: text('2/2') })),
          500: json('They do not', answered('How many of them do not', { unhealthy: text('1/2') })),
        },
      }),
    },
    '/status': open('getStatus', 'Show the pool of containers', json('The pool now', ref('Status'))),
    '/metrics': open('getMetrics', 'Give numbers for Prometheus', other('Its text format', 'text/plain')),
    '/blackbox.tar.gz': {
      get: operation({
        ...{ tag: TAG, open: true, id: 'findDockerSkeleton' },
        summary: 'Find the skeleton of a Docker action, as wsk does',
        answers: { 301: elsewhere("To OpenWhisk's release") },
      }),
    },
    ...described('', 'Root'),
    ...described('/api/v1', ''),
  },
  schemas: {
    ServerInfo: answered('A node of OpenWhisk', {
      description: text('OpenWhisk'),
      api_paths: list({ type: 'string' }),
      support: anyObject('Where to ask'),
      limits: map('Milliseconds, bytes, and counts in a minute', whole('A limit', { minimum: 0 })),
      runtimes: map('By family', list(ref('RuntimeInfo'))),
    }),
    RuntimeInfo: answered('A kind of runtime', {
      kind: text('Its name', { examples: ['nodejs:20'] }),
      image: text('Its Docker image'),
      default: flag('What `family:default` means'),
      deprecated: flag('Actions of it cannot be created or changed any more'),
      attached: flag('Code is stored beside the document'),
      requireMain: flag('Actions must name their `main`'),
    }),
    ApiInfo: answered('The API', {
      description: text('OpenWhisk API'),
      api_version: text('1.0.0'),
      api_version_path: text('v1'),
      build: text('When it was built, beginning with the year'),
      buildno: text('From which commit'),
      swagger_paths: answered('This description', { ui: text('The page'), 'api-docs': text('The document') }),
    }),
    Readiness: answered('Whether calls can be sent here', {
      ready: flag('They can'),
      draining: flag('The node stops'),
      parts: map('What the node needs besides itself', { type: 'string', enum: ['up', 'away'] }),
    }),
    Status: answered(
      'The node now',
      {
        sandbox: text('Where actions run'),
        pool: ref('Pool'),
        journal: answered('What was accepted and has no record yet', {
          pending: whole('Activations that are to end in one'),
          dead: whole('Activations that were given up'),
        }),
      },
      { cluster: anyObject('Only with Kafka: what the nodes do for each other, as this one sees it') },
    ),
    Pool: answered('The pool of containers', {
      memoryTotal: whole('Megabytes'),
      memoryUsed: whole('Megabytes'),
      active: whole('Calls that run'),
      waiting: whole('Calls that wait for room'),
      waits: whole('Calls that have ever waited'),
      starts: map('How calls got their containers', whole('How often')),
      ends: map('Why containers were ended', whole('How often')),
      byKind: map('By kind', map('By state', whole('How many containers'))),
    }),
  },
};

function open(id: string, summary: string, answer: Answer): Path {
  return { get: operation({ tag: TAG, id, summary, answers: { 200: answer }, open: true }) };
}

/** This document and its page, which are at the root and below the API. */
function described(base: string, where: string): Paths {
  const file: Parameter = {
    ...{ name: 'file', in: 'path', required: true },
    schema: { type: 'string', enum: Object.keys(pageFiles) },
  };
  const types = Object.fromEntries(
    Object.values(pageFiles).map(({ type }: PageFile) => [type, { schema: {} as Schema }]),
  );
  const page = { tag: TAG, open: true };
  return {
    [`${base}/api-docs`]: open(
      `getDescription${where}`,
      'Get this document',
      json('OpenAPI 3.1', anyObject('This document')),
    ),
    [`${base}/docs`]: {
      get: operation({
        ...page,
        id: `findPage${where}`,
        summary: 'Find the page that shows this document',
        answers: { 308: elsewhere('To the page') },
      }),
    },
    [`${base}/docs/{file}`]: {
      get: operation({
        ...{ ...page, id: `getPage${where}`, summary: 'Get a file of that page', parameters: [file] },
        answers: { 200: { description: 'The file', headers: transaction, content: types }, ...refusals(401, 404, 405) },
      }),
    },
  };
}
