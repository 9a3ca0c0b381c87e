import { messages } from '../../src/model/messages.ts';

/**
 * What a real OpenWhisk (apache/openwhisk 1fae641, standalone) answered to odd questions, one after the other. Ids are
 * folded to `ID`, transaction ids to `TID`, times and durations to 0.
 */
export interface Question {
  /** Method and path; without a slash in front, below `/api/v1/namespaces/_/`. */
  readonly ask: string;
  /** Sent as it is, as JSON unless `type` says otherwise. */
  readonly body?: string;
  readonly type?: string;
  /** `uuid:key`; null for none. The guest's without it. */
  readonly key?: string | null;
  readonly headers?: Readonly<Record<string, string>>;
  readonly status: number;
  /** Operations answer with CORS headers; what is refused before them, without. */
  readonly isOperation?: boolean;
  /** An error with this sentence… */
  readonly error?: string;
  /** …or this JSON, key by key in this order, or, of another type, this text. */
  readonly answer?: unknown;
  readonly text?: string;
  /** Further headers. */
  readonly also?: Readonly<Record<string, string>>;
}

const realm = { 'www-authenticate': 'Basic realm="OpenWhisk secure realm",charset=UTF-8' };
const notFound = { status: 404, error: 'The requested resource could not be found.' } as const;
const apiInfo = {
  api_version: '1.0.0',
  api_version_path: 'v1',
  build: 'B',
  buildno: 'B',
  description: 'OpenWhisk API',
  swagger_paths: { 'api-docs': '/api-docs', ui: '/docs' },
};
const guest = '23bc46b1-71f6-4ed5-8c54-816aa4f8c502';
const missing = 'The resource requires authentication, which was not supplied with the request';
const invalid = 'The supplied authentication is invalid';

export const serverQuestions: readonly Question[] = [
  { ask: 'GET /ping', status: 200, text: 'pong' },
  { ask: 'GET /api/v1', status: 200, isOperation: true, answer: apiInfo },
  { ask: 'GET /api/v1/', status: 200, isOperation: true, answer: apiInfo },
  { ask: 'GET /api/v1/namespaces', key: null, status: 401, error: missing, also: realm },
  { ask: 'GET /api/v1/namespaces', key: 'x:y', status: 401, error: invalid, also: realm },
  { ask: 'GET /api/v1/namespaces', key: `${guest}:wrong`, status: 401, error: invalid, also: realm },
  {
    ask: 'GET /api/v1/namespaces',
    key: null,
    headers: { authorization: 'Bearer x' },
    status: 401,
    error: missing,
    also: realm,
  },
  { ask: 'GET /api/v1/namespaces', status: 200, isOperation: true, answer: ['guest'] },
  { ask: 'GET /api/v1/namespaces/_', ...notFound },
  { ask: 'GET /api/v1/namespaces/guest', ...notFound },
  { ask: 'GET /api/v1/namespaces/other', ...notFound },
  {
    ask: 'GET limits',
    status: 200,
    isOperation: true,
    answer: {
      concurrentInvocations: 1000,
      firesPerMinute: 1_000_000,
      invocationsPerMinute: 1_000_000,
      // Deliberate: 1 there.
      maxActionConcurrency: 500,
      maxActionInstances: 1000,
      maxActionLogs: 10,
      maxActionMemory: 512,
      maxActionTimeout: 300_000,
      maxParameterSize: '1048576 B',
      minActionConcurrency: 1,
      minActionLogs: 0,
      minActionMemory: 128,
      minActionTimeout: 100,
    },
  },
  {
    ask: 'GET /api/v1/namespaces/other/actions',
    status: 403,
    isOperation: true,
    error: "The supplied authentication is not authorized to access 'other'.",
  },
  {
    ask: 'GET /api/v1/namespaces/whisk.system/actions',
    status: 403,
    isOperation: true,
    error: "The supplied authentication is not authorized to access 'whisk.system'.",
  },
  { ask: 'GET nosuch', ...notFound },
  {
    ask: 'GET /nosuch',
    status: 405,
    error: 'HTTP method not allowed, supported methods: OPTIONS',
    also: { allow: 'OPTIONS' },
  },
  { ask: 'GET /api/v1/nosuch', ...notFound },
  { ask: 'OPTIONS actions', status: 200, isOperation: true, text: 'OK' },
  { ask: 'PATCH actions', ...notFound },
];

const malformed = (parameter: string, why: string) => `The query parameter '${parameter}' was malformed:\n${why}`;
const outOfRange = (value: string) => `The value '${value}' is not in the range of 0 to 200 for actions.`;

export const listQuestions: readonly Question[] = [
  { ask: 'GET actions?limit=0', status: 200, isOperation: true, answer: [] },
  { ask: 'GET actions?limit=201', status: 400, error: malformed('limit', outOfRange('201')) },
  { ask: 'GET actions?limit=-1', status: 400, error: malformed('limit', outOfRange('-1')) },
  {
    ask: 'GET actions?skip=x',
    status: 400,
    error: malformed('skip', "The value 'x' is not an integer for actions."),
  },
  { ask: 'GET actions?count=true', status: 200, isOperation: true, answer: { actions: 0 } },
  { ask: 'GET activations?count=true', status: 200, isOperation: true, answer: { activations: 0 } },
  {
    ask: 'GET activations?since=x',
    status: 400,
    error: malformed('since', 'Parameter is not a valid value for epoch seconds: x'),
  },
  { ask: 'GET actions/', status: 200, isOperation: true, answer: [] },
  {
    ask: `GET activations/${'0'.repeat(32)}`,
    status: 404,
    isOperation: true,
    error: 'The requested resource does not exist.',
  },
  { ask: 'GET activations/xyz', status: 400, error: 'Activation id length is 3 but must be 32.' },
  { ask: `DELETE activations/${'0'.repeat(32)}`, ...notFound },
  { ask: 'POST activations', ...notFound },
];

const limits = { concurrency: 1, logs: 10, memory: 256, timeout: 60_000 };
const put = (exec: object, more: object = {}) => JSON.stringify({ exec, ...more });
const content = (why: string) => `The request content was malformed:\n${why}`;
const x = { kind: 'nodejs:default', code: 'x' };
const echo = 'function main(p){return p}';
const added = [
  { key: 'provide-api-key', value: false },
  { key: 'exec', value: 'nodejs:20' },
];
const bad = 'PUT actions/pbad';

function refused(body: string, error: string, isOperation = false): Question {
  return { ask: bad, body, status: 400, isOperation, error };
}

const pbad = {
  annotations: added,
  exec: { kind: 'nodejs:20', code: 'x', binary: false },
  limits,
  name: 'pbad',
  namespace: 'guest',
  parameters: [],
  publish: false,
  updated: 0,
  version: '1.2.3',
};

const webExport = { key: 'web-export', value: true };
const pa = {
  annotations: [webExport, ...added, { key: 'k', value: 'v' }],
  exec: { kind: 'nodejs:20', code: echo, binary: false },
  limits,
  name: 'pa',
  namespace: 'guest',
  parameters: [{ key: 'x', value: 1 }],
  publish: false,
  updated: 0,
};

export const actionQuestions: readonly Question[] = [
  refused('{}', 'exec undefined', true),
  refused(
    '{bad',
    content("Unexpected character 'b' at input index 1 (line 1, position 2), expected '\"':\n{bad\n ^\n"),
  ),
  refused('[]', content("Object expected in field 'exec'")),
  refused(
    put({ kind: 'nodejs:99', code: 'x' }),
    content("The specified runtime 'nodejs:99' is not supported by this platform. Valid values are: …"),
  ),
  refused(
    put({ kind: 'nodejs:20' }),
    content("'code' must be a string or attachment object defined in 'exec' for 'nodejs:20' actions"),
  ),
  refused(put({ kind: 'blackbox' }), content("'image' must be a string defined in 'exec' for 'blackbox' actions")),
  refused(
    put(x, { limits: { timeout: 50 } }),
    'requirement failed: duration 50 milliseconds below allowed threshold of 100 milliseconds',
    true,
  ),
  refused(
    put(x, { limits: { memory: 1 } }),
    'requirement failed: memory size 1 MB below allowed threshold of 128 MB',
    true,
  ),
  refused(
    put(x, { limits: { logs: 11 } }),
    'requirement failed: log size 11 MB exceeds allowed threshold of 10 MB',
    true,
  ),
  refused(
    // Deliberate: more than 1 is too much there.
    put(x, { limits: { concurrency: 501 } }),
    'requirement failed: concurrency 501 exceeds allowed threshold of 500',
    true,
  ),
  { ask: bad, body: put(x, { version: '1.2.3' }), status: 200, isOperation: true, answer: pbad },
  { ask: 'DELETE actions/pbad', status: 200, isOperation: true, answer: pbad },
  {
    ask: 'PUT actions/bad%20%20name%3F',
    body: put({ kind: 'nodejs:default', code: echo }),
    status: 400,
    error: 'The name of the entity contains illegal characters.',
  },
  {
    ask: 'PUT actions/pa',
    body: put(
      { kind: 'nodejs:default', code: echo },
      { parameters: [{ key: 'x', value: 1 }], annotations: [webExport] },
    ),
    status: 200,
    isOperation: true,
    answer: { ...pa, annotations: [webExport, ...added], version: '0.0.1' },
  },
  {
    ask: 'PUT actions/pa',
    body: put({ kind: 'nodejs:default', code: echo }),
    status: 409,
    isOperation: true,
    error: 'resource already exists',
  },
  {
    ask: 'PUT actions/pa?overwrite=true',
    body: '{"annotations":[{"key":"k","value":"v"}]}',
    status: 200,
    isOperation: true,
    answer: { ...pa, version: '0.0.2' },
  },
  { ask: 'GET actions/pa', status: 200, isOperation: true, answer: { ...pa, version: '0.0.2' } },
  {
    ask: 'GET actions/pa?code=false',
    status: 200,
    isOperation: true,
    answer: { ...pa, exec: { kind: 'nodejs:20', binary: false }, version: '0.0.2' },
  },
  {
    ask: 'GET actions',
    status: 200,
    isOperation: true,
    answer: [
      {
        name: 'pa',
        updated: 0,
        exec: { binary: false },
        limits,
        namespace: 'guest',
        publish: false,
        annotations: pa.annotations,
        version: '0.0.2',
      },
    ],
  },
  {
    ask: 'PUT actions/pa?overwrite=true',
    body: '{"annotations":[{"key":"web-export","value":true}]}',
    status: 200,
    isOperation: true,
    answer: { ...pa, version: '0.0.3' },
  },
];

interface Recorded {
  readonly name: string;
  readonly version: string;
  readonly response: object;
  readonly limits: object;
  readonly isCold: boolean;
  readonly timedOut?: boolean;
}

function record({ name, version, response, limits, isCold, timedOut = false }: Recorded) {
  return {
    activationId: 'ID',
    annotations: [
      { key: 'path', value: `guest/${name}` },
      { key: 'waitTime', value: 0 },
      { key: 'kind', value: 'nodejs:20' },
      { key: 'timeout', value: timedOut },
      { key: 'limits', value: limits },
      ...(isCold ? [{ key: 'initTime', value: 0 }] : []),
    ],
    duration: 0,
    end: 0,
    // Deliberate: always empty there.
    logs: 'L',
    name,
    namespace: 'guest',
    publish: false,
    response,
    start: 0,
    subject: 'guest',
    version,
  };
}

const id = { 'x-openwhisk-activation-id': 'ID' };
const paRan = (isCold: boolean) =>
  record({
    name: 'pa',
    version: '0.0.3',
    limits,
    isCold,
    response: { result: { x: 1 }, size: 7, status: 'success', success: true },
  });

export const invokeQuestions: readonly Question[] = [
  { ask: 'POST actions/pa?blocking=true', status: 200, isOperation: true, answer: paRan(true), also: id },
  {
    ask: 'POST actions/pa?blocking=true&result=true',
    body: '{"a":1}',
    status: 200,
    isOperation: true,
    // Here the order is not ours to keep: it is that of a Scala map there.
    answer: { x: 1, a: 1 },
    also: id,
  },
  { ask: 'POST actions/pa', body: '{"a":1}', status: 202, isOperation: true, answer: { activationId: 'ID' }, also: id },
  { ask: 'POST actions/pa?blocking=true', body: '[1]', status: 400, error: content('JSON object expected') },
  {
    ask: 'POST actions/pa?blocking=true',
    body: '{bad',
    status: 400,
    error: content("Unexpected character 'b' at input index 1 (line 1, position 2), expected '\"':\n{bad\n ^\n"),
  },
  {
    ask: 'POST actions/pa?blocking=true',
    body: 'a=1',
    type: 'application/x-www-form-urlencoded',
    status: 415,
    error:
      "The request's Content-Type [application/x-www-form-urlencoded] is not supported. Expected:\napplication/json",
  },
  {
    ask: 'POST actions/pa?blocking=x',
    body: '{}',
    status: 400,
    error: malformed('blocking', "'x' is not a valid Boolean value"),
  },
];

/** Code that breaks, and what becomes of it in a blocking call with a time limit of 1500 ms. */
export interface Broken {
  readonly code: string;
  readonly result: unknown;
  /** Absent where the runtime gave no answer. */
  readonly size?: number;
  readonly status: string;
  readonly timedOut?: true;
}

const developer = 'action developer error';

export const brokenActions: readonly Broken[] = [
  {
    code: 'function main(){throw new Error("boom")}',
    result: { error: 'An error has occurred: Error: boom' },
    size: 46,
    status: developer,
  },
  { code: 'function main(){return {error:"app"}}', result: { error: 'app' }, size: 15, status: 'application error' },
  {
    code: 'function main(){return 5}',
    result: { error: 'The action did not return a dictionary.' },
    size: 51,
    status: developer,
  },
  {
    code: 'function main(){return null}',
    result: { error: 'The action did not produce a valid JSON or JSON Array response: null' },
    size: 4,
    status: developer,
  },
  { code: 'function main(){process.exit(1)}', result: { error: messages.abnormalRun }, status: developer },
  {
    code: 'function main(){return new Promise((a,b)=>b({e:1}))}',
    result: { error: { e: 1 } },
    size: 17,
    status: 'application error',
  },
  {
    code: 'function nomain(){}',
    result: { error: "Initialization has failed due to: Action entrypoint 'main' is not a function." },
    size: 89,
    status: developer,
  },
  {
    code: 'function main(){return new Promise(r=>setTimeout(r,3000))}',
    result: { error: 'The action exceeded its time limits of 1500 milliseconds.' },
    status: developer,
    timedOut: true,
  },
];

/** The whole record of such a call. */
export function brokenRecord(broken: Broken, version: string) {
  const { result, size, status, timedOut } = broken;
  return record({
    name: 'pe',
    version,
    limits: { ...limits, timeout: 1500 },
    isCold: true,
    response: { result, ...(size === undefined ? {} : { size }), status, success: false },
    ...(timedOut === undefined ? {} : { timedOut }),
  });
}
