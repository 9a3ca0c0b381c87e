import type { Answer, Answers, Headers, Operation, Parameter, Paths, Schema, Schemas } from './openapi.ts';
import { flag, text } from './schema.ts';

/** The words that operations are described with: parameters, bodies, answers. */

/** What one collection adds to the description. */
export interface Part {
  /** The heading of its operations, with a sentence about it. */
  readonly tag: { readonly name: string; readonly description: string };
  readonly paths: Paths;
  readonly schemas: Schemas;
}

export interface OperationOptions {
  readonly tag: string;
  /** Unique; OpenWhisk's where it has one. */
  readonly id: string;
  readonly summary: string;
  readonly description?: string;
  readonly parameters?: readonly Parameter[];
  readonly body?: Schema;
  /** No body stands for an empty object. */
  readonly mayBeEmpty?: boolean;
  readonly answers: Answers;
  /** Needs no key. */
  readonly open?: boolean;
}

/** Whatever needs a key can be refused with 401, or with 503 while the store cannot be asked for it; anything can fail with 500. */
export function operation(options: OperationOptions): Operation {
  const { tag, id, summary, description, parameters = [], body, answers, open = false } = options;
  const required = options.mayBeEmpty !== true;
  return {
    tags: [tag],
    operationId: id,
    summary,
    ...(description === undefined ? {} : { description }),
    ...(parameters.length > 0 ? { parameters: [...parameters] } : {}),
    ...(body === undefined ? {} : { requestBody: { required, content: { 'application/json': { schema: body } } } }),
    responses: { ...(open ? {} : refusals(401, 503)), ...refusals(500), ...answers },
    ...(open ? { security: [] } : {}),
  };
}

/** An answer of JSON, with the headers that all operations have. */
export function json(description: string, schema: Schema, headers: Headers = {}): Answer {
  const content = { 'application/json': { schema } };
  return { description, content, headers: { ...transaction, ...headers } };
}

/** An answer that is no JSON. */
export function other(description: string, type: string, schema: Schema = { type: 'string' }): Answer {
  return { description, content: { [type]: { schema } }, headers: { ...transaction } };
}

export const transaction: Headers = {
  'X-Request-ID': {
    description: 'The transaction id: the one that the request carried, or a new one',
    required: true,
    schema: { type: 'string' },
  },
};

export const ACTIVATION_ID = '^[0-9a-f]{32}$';
export const activationIdHeader: Headers = {
  'x-openwhisk-activation-id': { required: true, schema: { type: 'string', pattern: ACTIVATION_ID } },
};

/** Of what runs actions: what its steps took, for who asks, and the trace that it is part of (docs/tracing.md). */
export const callHeaders: readonly Parameter[] = [
  {
    ...{ name: 'X-Whisklet-Timing', in: 'header', schema: { type: 'string' } },
    description: 'Whatever it says: tell in `Server-Timing` what each step took',
  },
  {
    ...{ name: 'traceparent', in: 'header', schema: { type: 'string' } },
    description: "W3C's Trace Context: the actions are told of it in `__OW_TRACEPARENT`",
  },
];
export const timingHeader: Headers = {
  'Server-Timing': {
    description: 'For a request with `X-Whisklet-Timing`: milliseconds of each step',
    required: false,
    schema: { type: 'string', examples: ['auth;dur=0.012, resolve;dur=0.031, run;dur=0.071, total;dur=0.130'] },
  },
};

/** What each status says when the body is `{error, code}`. */
const refusalKinds = {
  400: ['BadRequest', 'The request cannot be read, or asks for what is not allowed'],
  401: ['Unauthorized', 'No key, or one that is not known'],
  403: ['Forbidden', 'The key may not do this'],
  404: ['NotFound', 'There is no such thing'],
  405: ['MethodNotAllowed', 'There is nothing to be done here'],
  409: ['Conflict', 'It exists already, is something else, is not empty, or was changed at the same time'],
  413: ['TooLarge', 'The body is larger than allowed'],
  415: ['WrongType', 'The body is not `application/json`'],
  422: ['Circular', 'The package binding leads back to itself'],
  429: ['TooMany', 'Too many calls in this minute, or at once'],
  500: ['Fault', 'The node failed; its log tells the story under the transaction id'],
  503: ['Unavailable', 'The node is stopping, or its store cannot be asked now, or take writes'],
} as const;
type RefusalStatus = keyof typeof refusalKinds;

const seconds = {
  description: 'Seconds',
  schema: { type: 'string', pattern: '^\\d+$' },
} as const;
const extraHeaders: { readonly [status: number]: Headers } = {
  401: { 'WWW-Authenticate': { required: true, schema: { type: 'string' } } },
  429: { 'Retry-After': { ...seconds, required: true } },
  503: { 'Retry-After': { ...seconds, required: false } },
};

export function refusals(...statuses: RefusalStatus[]): Answers {
  return Object.fromEntries(
    statuses.map((status) => [status, { $ref: `#/components/responses/${refusalKinds[status][0]}` }]),
  );
}

/** `components.responses`. */
export function refusalResponses(): Record<string, Answer> {
  return Object.fromEntries(
    Object.entries(refusalKinds).map(([status, [name, description]]) => [
      name,
      json(description, { $ref: '#/components/schemas/Error' }, extraHeaders[Number(status)]),
    ]),
  );
}

/** As entities may be called; in a pattern that browsers, ajv and Python read alike, so it lets some odd letters through. */
const NAME = '^[\\w\\u0080-\\uffff](?:[\\w\\u0080-\\uffff @.&-]{0,254}[\\w\\u0080-\\uffff@.&-])?$';

/** @param examples what a reader may try */
export function inPath(name: string, description: string, examples: readonly string[] = []): Parameter {
  const schema: Schema = {
    ...{ type: 'string', minLength: 1, maxLength: 256, pattern: NAME },
    ...(examples.length > 0 ? { examples: [...examples] } : {}),
  };
  return { name, in: 'path', required: true, description, schema };
}

export function inQuery(name: string, schema: Schema): Parameter {
  const { description, ...rest } = schema;
  return { name, in: 'query', ...(description === undefined ? {} : { description }), schema: rest };
}

export const namespace = inPath('namespace', "A namespace; `_` is the key's own", ['_']);
export const overwrite = inQuery('overwrite', flag('Change what exists, instead of refusing with 409'));
export const version = text('Three numbers; each change counts up the last', { pattern: '^\\d+\\.\\d+\\.\\d+$' });
