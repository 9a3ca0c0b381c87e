import { beforeEach, describe, expect, test } from 'bun:test';
import { whiskError } from '../../../src/model/outcome.ts';
import { TestApi } from '../../util/api.ts';

const NS = '/api/v1/namespaces/_';
const CODE = 'function main(p) { return p }';
const exec = { kind: 'nodejs:default', code: CODE };

let api: TestApi;
let guest: string;

beforeEach(async () => {
  api = new TestApi();
  guest = await api.addSubject('guest');
});

const put = (name: string, body: unknown, query = '') => api.call('PUT', `${NS}/actions/${name}${query}`, guest, body);

describe('PUT (EP-15)', () => {
  test('creates an action with the defaults of OpenWhisk (ACT-11, ACT-12, ENT-05)', async () => {
    const { status, json } = await put('hello', { exec, parameters: [{ key: 'x', value: 1 }] });
    expect(status).toBe(200);
    expect(json).toEqual({
      annotations: [
        { key: 'provide-api-key', value: false },
        { key: 'exec', value: 'nodejs:20' },
      ],
      exec: { kind: 'nodejs:20', code: CODE, binary: false },
      limits: { concurrency: 1, logs: 10, memory: 256, timeout: 60_000 },
      name: 'hello',
      namespace: 'guest',
      parameters: [{ key: 'x', value: 1 }],
      publish: false,
      updated: expect.any(Number),
      version: '0.0.1',
    });
  });

  test('refuses what exists, unless it may overwrite', async () => {
    await put('hello', { exec });
    const again = await put('hello', { exec });
    expect([again.status, again.json.error]).toEqual([409, 'resource already exists']);
    expect((await put('hello', {}, '?overwrite=true')).json.version).toBe('0.0.2');
  });

  test('keeps what an update does not name, merges annotations, replaces parameters (ACT-08…10)', async () => {
    await put('hello', {
      exec,
      parameters: [{ key: 'x', value: 1 }],
      annotations: [
        { key: 'web-export', value: true },
        { key: 'gone', value: 1 },
      ],
    });
    const { json } = await put(
      'hello',
      {
        parameters: [{ key: 'y', value: 2 }],
        annotations: [{ key: 'k', value: 'v' }],
        delAnnotations: ['gone'],
        limits: { memory: 128 },
      },
      '?overwrite=true',
    );
    expect(json.exec.code).toBe(CODE);
    expect(json.parameters).toEqual([{ key: 'y', value: 2 }]);
    expect(json.limits).toEqual({ concurrency: 1, logs: 10, memory: 128, timeout: 60_000 });
    expect(json.annotations).toEqual([
      { key: 'web-export', value: true },
      { key: 'provide-api-key', value: false },
      { key: 'exec', value: 'nodejs:20' },
      { key: 'k', value: 'v' },
    ]);
  });

  test('tells the containers of the old code to go, before it answers', async () => {
    await put('hello', { exec });
    await put('hello', { exec: { ...exec, code: 'new' } }, '?overwrite=true');
    expect(api.retired).toEqual(['guest/hello', 'guest/hello']);
  });

  test('knows an archive by its shape, whatever the client says (ACT-02)', async () => {
    const { json } = await put('zip', { exec: { kind: 'nodejs:20', code: 'UEsDBAoA', binary: false } });
    expect(json.exec.binary).toBe(true);
  });

  test('takes a version of two parts, as wskdeploy sends it, and counts on from it', async () => {
    expect((await put('v', { exec, version: '1.0' })).json.version).toBe('1.0.0');
    expect((await put('v', {}, '?overwrite=true')).json.version).toBe('1.0.1');
  });

  const refusals: [string, unknown, string][] = [
    ['no exec', {}, 'exec undefined'],
    ['no object', [], "The request content was malformed:\nObject expected in field 'exec'"],
    [
      'an unknown kind',
      { exec: { kind: 'nodejs:99', code: 'x' } },
      "The request content was malformed:\nThe specified runtime 'nodejs:99' is not supported by this platform. Valid values are: 'nodejs:18', 'nodejs:20', 'java:8', 'blackbox', 'sequence'.",
    ],
    [
      'no code',
      { exec: { kind: 'nodejs:20' } },
      "The request content was malformed:\n'code' must be a string or attachment object defined in 'exec' for 'nodejs:20' actions",
    ],
    [
      'no image',
      { exec: { kind: 'blackbox' } },
      "The request content was malformed:\n'image' must be a string defined in 'exec' for 'blackbox' actions",
    ],
    [
      'no code for the default of its family',
      { exec: { kind: 'nodejs:default' } },
      "The request content was malformed:\n'code' must be a string or attachment object defined in 'exec' for 'nodejs:default' actions",
    ],
    ...[
      { kind: 'nodejs:20', code: 42 },
      { kind: 'blackbox', image: 'i', code: 42 },
    ].map((bad): [string, unknown, string] => [
      `code for ${bad.kind} that is no text`,
      { exec: bad },
      'The request content was malformed:\nCould not deserialize as attachment record: 42',
    ]),
    ...[
      '',
      'bad image',
      'UPPER/case',
      'a//b',
      'a/',
      '/a',
      'a:',
      'a:-b',
      'a@sha256:abc',
      'a_',
      'a._b',
      '-a',
      '--privileged',
    ].map((image): [string, unknown, string] => [
      `the image '${image}'`,
      { exec: { kind: 'blackbox', image } },
      'The request content was malformed:\ncould not parse image name',
    ]),
    [
      'no main where it is needed',
      { exec: { kind: 'java:8', code: 'UEsD' } },
      "The request content was malformed:\n'main' must be a string defined in 'exec' for 'java:8' actions",
    ],
    [
      'a deprecated kind (ACT-13)',
      { exec: { kind: 'nodejs:18', code: 'x' } },
      "The 'nodejs:18' runtime is no longer supported. You may read and delete but not update or invoke this action.",
    ],
    [
      'too little time',
      { exec, limits: { timeout: 50 } },
      'requirement failed: duration 50 milliseconds below allowed threshold of 100 milliseconds',
    ],
    [
      'too much time',
      { exec, limits: { timeout: 300_001 } },
      'requirement failed: duration 300001 milliseconds exceeds allowed threshold of 300000 milliseconds',
    ],
    [
      'too little memory',
      { exec, limits: { memory: 1 } },
      'requirement failed: memory size 1 MB below allowed threshold of 128 MB',
    ],
    [
      'too much memory',
      { exec, limits: { memory: 513 } },
      'requirement failed: memory size 513 MB exceeds allowed threshold of 512 MB',
    ],
    [
      'too much log',
      { exec, limits: { logs: 11 } },
      'requirement failed: log size 11 MB exceeds allowed threshold of 10 MB',
    ],
    [
      'too many calls at once',
      { exec, limits: { concurrency: 501 } },
      'requirement failed: concurrency 501 exceeds allowed threshold of 500',
    ],
    ...(
      [
        [{ timeout: 100.5 }, 'requirement failed: time limit must be whole number'],
        [{ memory: 1.5 }, 'requirement failed: memory limit must be whole number'],
        [{ logs: 1.5 }, 'requirement failed: log limit must be whole number'],
        [{ concurrency: 1.5 }, 'requirement failed: intra concurrency limit must be whole number'],
        [{ memory: '256' }, 'memory limit malformed'],
        [{ concurrency: '1' }, 'concurrency limit malformed'],
        [{ memory: -1 }, 'requirement failed: a negative size of an object is not allowed.'],
        [{ logs: -1 }, 'requirement failed: a negative size of an object is not allowed.'],
      ] as const
    ).map(([limits, why]): [string, unknown, string] => [
      `the limits ${JSON.stringify(limits)}`,
      { exec, limits },
      `The request content was malformed:\n${why}`,
    ]),
    [
      'parameters of the wrong shape',
      { exec, parameters: { a: 1 } },
      'The request content was malformed:\nparameters malformed!',
    ],
    ...[{ key: 'k' }, { value: 1 }, { key: 'k', init: true }, { key: 'k', value: 1, init: 'true' }, 'k'].map(
      (parameter): [string, unknown, string] => [
        `the parameter ${JSON.stringify(parameter)}`,
        { exec, parameters: [parameter] },
        'The request content was malformed:\nparameters malformed!',
      ],
    ),
    [
      'a version that is none',
      { exec, version: 'x' },
      'The request content was malformed:\nsemantic version malformed',
    ],
  ];
  test.each(refusals)('refuses %s (ERR-17, LIM-20)', async (_what, body, sentence) => {
    const { status, json } = await put('bad', body);
    expect([status, json.error]).toEqual([400, sentence]);
    expect((await api.call('GET', `${NS}/actions/bad`, guest)).status).toBe(404);
  });

  test.each([
    'i',
    'openwhisk/skeleton',
    'localhost:5000/a/b:c',
    'registry.example.com/a/b/c:0.0.1',
    'a__b/c-d.e--f:T_1.2-x',
    `a/b@sha256:${'0'.repeat(64)}`,
    `a/b:c@sha256:${'0'.repeat(64)}`,
  ])('takes the image %s (ACT-04)', async (image) => {
    const { status, json } = await put('image', { exec: { kind: 'blackbox', image } });
    expect([status, json.exec]).toEqual([200, { kind: 'blackbox', image, binary: false }]);
  });

  test('keeps parameters and annotations as they are named, and of two of one name the later', async () => {
    const [first, second] = [
      { key: ' k ', value: 1 },
      { key: 'k', value: null },
    ];
    const given = [{ key: 'k', value: 0 }, first, second];
    const { json } = await put('named', { exec, parameters: given, annotations: given });
    expect(json.parameters).toEqual([second, first]);
    expect(json.annotations.slice(0, 2)).toEqual([second, first]);
  });

  test('refuses names that OpenWhisk refuses (ENT-01)', async () => {
    for (const name of ['bad%20%20name%3F', '%20a', 'a%20', 'a%2Fb%3F', '..%2F', 'a%00b', '%F0%9F%98%80']) {
      expect([name, (await put(name, { exec })).status]).toEqual([name, 400]);
    }
    const long = 'x'.repeat(257);
    for (const path of [`_/actions/${long}`, `_/actions/p/${long}`, `_/actions/${long}/a`, `_/triggers/${long}`]) {
      const { status, json } = await api.call('GET', `/api/v1/namespaces/${path}`, guest);
      expect([status, json.error]).toEqual([400, 'Name segement longer than allowed: 257 > 256.']);
    }
    const { status, json } = await api.call('GET', `/api/v1/namespaces/${long}/actions/${long}`, guest);
    expect([status, json.error]).toEqual([400, 'Namespace longer than allowed: 257 > 256.']);
    for (const name of [
      'a',
      'a%20b',
      'a@b&c.d-e_f',
      'x'.repeat(256),
      '%C3%BCber',
      '%E2%82%AC'.replace('%E2%82%AC', 'e'),
    ]) {
      expect([name, (await put(name, { exec })).status]).toEqual([name, 200]);
    }
  });

  test('refuses parameters and code over their limits with 413 (PAR-04, ACT-16)', async () => {
    api = new TestApi({ parameterBytes: 100, codeBytes: 200 });
    guest = await api.addSubject('guest');
    const parameters = await put('big', { exec, parameters: [{ key: 'x', value: 'y'.repeat(100) }] });
    expect([parameters.status, parameters.json.error]).toEqual([
      413,
      'parameters larger than allowed: 103 > 100 bytes.',
    ]);
    for (const path of ['triggers/t', 'packages/p']) {
      const body = { parameters: [{ key: 'x', value: 'y'.repeat(100) }] };
      const { status, json } = await api.call('PUT', `${NS}/${path}`, guest, body);
      expect([path, status, json.error]).toEqual([path, 413, 'parameters larger than allowed: 103 > 100 bytes.']);
      expect((await api.call('GET', `${NS}/${path}`, guest)).status).toBe(404);
    }
    const code = await put('big', { exec: { ...exec, code: 'z'.repeat(201) } });
    expect([code.status, code.json.error]).toEqual([413, 'exec larger than allowed: 201 > 200 bytes.']);
  });

  test('refuses kinds that the namespace may not use (ACT-14)', async () => {
    const narrow = await api.addSubject('narrow', { allowedKinds: ['java:8'] });
    const { status, json } = await api.call('PUT', `${NS}/actions/a`, narrow, { exec });
    expect([status, json.error]).toEqual([
      403,
      "The supplied authentication is not authorized to access actions of kind 'nodejs:20'.",
    ]);
  });

  test('an empty list of kinds forbids none (ACT-14)', async () => {
    const wide = await api.addSubject('wide', { allowedKinds: [] });
    expect((await api.call('PUT', `${NS}/actions/a`, wide, { exec })).status).toBe(200);
  });

  test('of two writers who race on one action exactly one wins', async () => {
    await put('raced', { exec });
    const answers = await Promise.all(
      ['a', 'b'].map((code) => put('raced', { exec: { ...exec, code } }, '?overwrite=true')),
    );
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 409]);
    expect(answers.find(({ status }) => status === 409)?.json.error).toBe(
      'Concurrent modification to resource detected.',
    );
  });

  test('a store that cannot write changes nothing and says so with 503', async () => {
    api.store.entities.isAway = true;
    const { status, json } = await put('hello', { exec });
    expect(status).toBe(503);
    expect(json.error).toContain('nothing was changed');
  });
});

describe('GET and DELETE', () => {
  test('the code comes with the action unless it is not wanted (EP-14)', async () => {
    await put('hello', { exec });
    expect((await api.call('GET', `${NS}/actions/hello`, guest)).json.exec.code).toBe(CODE);
    const { json } = await api.call('GET', `${NS}/actions/hello?code=false`, guest);
    expect(json.exec).toEqual({ kind: 'nodejs:20', binary: false });
  });

  test('deleting answers the action that was (EP-16)', async () => {
    await put('hello', { exec });
    const { status, json } = await api.call('DELETE', `${NS}/actions/hello`, guest);
    expect([status, json.name, json.exec.code]).toEqual([200, 'hello', CODE]);
    expect((await api.call('GET', `${NS}/actions/hello`, guest)).json.error).toBe(
      'The requested resource does not exist.',
    );
    expect((await api.call('DELETE', `${NS}/actions/hello`, guest)).status).toBe(404);
  });

  test('a list has what wsk reads of it, newest first, in pages (EP-12, LIST-01…04)', async () => {
    for (const name of ['a', 'b', 'c']) await put(name, { exec });
    const { json } = await api.call('GET', `${NS}/actions?limit=2&skip=1`, guest);
    expect(json.map((row: { name: string }) => row.name)).toEqual(['b', 'a']);
    expect(Object.keys(json[0]).sort()).toEqual(
      ['annotations', 'exec', 'limits', 'name', 'namespace', 'publish', 'updated', 'version'].sort(),
    );
    expect(json[0].exec).toEqual({ binary: false });
    expect((await api.call('GET', `${NS}/actions?count=true`, guest)).json).toEqual({ actions: 3 });
    expect((await api.call('GET', `${NS}/actions?count=true&skip=2`, guest)).json).toEqual({ actions: 1 });
  });

  test('a list has 30 rows unless it is told otherwise, and 200 at most, which is also what 0 means (LIM-12)', async () => {
    for (let n = 0; n <= 200; n++) await put(`a${n}`, { exec });
    const rows = async (query: string) => (await api.call('GET', `${NS}/actions${query}`, guest)).json.length;
    expect([await rows(''), await rows('?limit=200'), await rows('?limit=0'), await rows('?skip=200')]).toEqual([
      ...[30, 200, 200, 1],
    ]);
  });

  const queries: [string, string][] = [
    [
      'limit=201',
      "The query parameter 'limit' was malformed:\nThe value '201' is not in the range of 0 to 200 for actions.",
    ],
    [
      'limit=-1',
      "The query parameter 'limit' was malformed:\nThe value '-1' is not in the range of 0 to 200 for actions.",
    ],
    ['limit=1.5', "The query parameter 'limit' was malformed:\nThe value '1.5' is not an integer for actions."],
    ['skip=x', "The query parameter 'skip' was malformed:\nThe value 'x' is not an integer for actions."],
    [
      'skip=-1',
      "The query parameter 'skip' was malformed:\nThe value '-1' is not greater than or equal to 0 for actions.",
    ],
    [
      'skip=2147483648',
      "The query parameter 'skip' was malformed:\nThe value '2147483648' is not an integer for actions.",
    ],
    ['count=maybe', "The query parameter 'count' was malformed:\n'maybe' is not a valid Boolean value"],
  ];
  test.each(queries)('a list with %s is refused', async (query, sentence) => {
    const { status, json } = await api.call('GET', `${NS}/actions?${query}`, guest);
    expect([status, json.error]).toEqual([400, sentence]);
  });

  test('another namespace is refused (ERR-11)', async () => {
    for (const [method, path, named] of [
      ['GET', 'actions', 'other'],
      ['GET', 'actions/a', 'other/a'],
      ['PUT', 'actions/a', 'other/a'],
      ['DELETE', 'actions/a', 'other/a'],
      ['POST', 'actions/a', 'other/a'],
      ['GET', 'actions/p/a', 'other/p'],
      ['POST', 'actions/p/a', 'other/p'],
      ['PUT', 'actions/p/a', 'other/p/a'],
      ['GET', 'activations', 'other'],
      ['GET', 'limits', 'other'],
    ] as const) {
      const body = method === 'PUT' ? { exec } : undefined;
      const { status, json } = await api.call(method, `/api/v1/namespaces/other/${path}`, guest, body);
      const sentence = `The supplied authentication is not authorized to access '${named}'.`;
      expect([method, path, status, json.error]).toEqual([method, path, 403, sentence]);
    }
  });
});

describe('POST (EP-17)', () => {
  const invoke = (query: string, body?: unknown, headers?: Record<string, string>) =>
    api.call('POST', `${NS}/actions/hello${query}`, guest, body, headers);

  beforeEach(async () => {
    await put('hello', { exec, parameters: [{ key: 'x', value: 1 }] });
  });

  test('a blocking call answers the whole activation (ERR-02, AVN-01, AVN-05)', async () => {
    const { status, json, headers } = await invoke('?blocking=true', { a: 1 });
    expect(status).toBe(200);
    expect(json).toEqual({
      activationId: expect.stringMatching(/^[0-9a-f]{32}$/),
      annotations: [
        { key: 'path', value: 'guest/hello' },
        { key: 'waitTime', value: 1 },
        { key: 'kind', value: 'nodejs:20' },
        { key: 'timeout', value: false },
        { key: 'limits', value: { concurrency: 1, logs: 10, memory: 256, timeout: 60_000 } },
      ],
      duration: 0,
      end: expect.any(Number),
      logs: [],
      name: 'hello',
      namespace: 'guest',
      publish: false,
      response: { result: { x: 1, a: 1 }, size: 13, status: 'success', success: true },
      start: expect.any(Number),
      subject: 'guest',
      version: '0.0.1',
    });
    expect(headers.get('x-openwhisk-activation-id')).toBe(json.activationId);
  });

  test('or its result alone', async () => {
    expect((await invoke('?blocking=true&result=true', { a: 1 })).json).toEqual({ x: 1, a: 1 });
  });

  test('an array goes out bare in any case (ERR-07)', async () => {
    api.act = () => '[1,2]';
    expect((await invoke('?blocking=true', {})).text).toBe('[1,2]');
  });

  test('a call that is not waited for answers its id with 202 (ERR-03)', async () => {
    const { status, json } = await invoke('', {});
    expect([status, Object.keys(json)]).toEqual([202, ['activationId']]);
    expect(api.store.activations.records.has(`guest/${json.activationId}`)).toBe(true);
  });

  test('so does one that takes longer than it is waited for, and its record comes later (AVN-11)', async () => {
    const end = Promise.withResolvers<string>();
    api.act = () => end.promise;
    const { status, json } = await invoke('?blocking=true&timeout=1', {});
    expect(status).toBe(202);
    expect((await api.call('GET', `${NS}/activations/${json.activationId}`, guest)).status).toBe(202);
    end.resolve('{"late":true}');
    await end.promise;
    await Bun.sleep(0);
    const { json: record } = await api.call('GET', `${NS}/activations/${json.activationId}`, guest);
    expect(record.response.result).toEqual({ late: true });
  });

  test('an application error is 502 with the activation, or its error alone (ERR-04)', async () => {
    api.act = () => '{"error":"app"}';
    const whole = await invoke('?blocking=true', {});
    expect([whole.status, whole.json.response]).toEqual([
      502,
      { result: { error: 'app' }, size: 15, status: 'application error', success: false },
    ]);
    expect((await invoke('?blocking=true&result=true', {})).text).toBe('{"error":"app"}');
  });

  test('what is no object or array is the developer’s error (PROT-05, ERR-05)', async () => {
    api.act = () => 'null';
    const { status, json } = await invoke('?blocking=true', {});
    expect([status, json.response]).toEqual([
      502,
      {
        result: { error: 'The action did not produce a valid JSON or JSON Array response: null' },
        size: 4,
        status: 'action developer error',
        success: false,
      },
    ]);
  });

  test('an error of ours is 500 with the activation, or its error alone (ERR-06)', async () => {
    const at = 1_700_000_000_000;
    const response = whiskError('no room');
    api.act = () => ({ response, logs: [], start: at, end: at, waitMs: 0, timedOut: false });
    const whole = await invoke('?blocking=true', {});
    expect([whole.status, whole.json.response, whole.json.code]).toEqual([
      500,
      { result: { error: 'no room' }, status: 'whisk internal error', success: false },
      undefined,
    ]);
    const alone = await invoke('?blocking=true&result=true', {});
    expect([alone.status, alone.text]).toEqual([500, '{"error":"no room"}']);
  });

  test('the payload wins over the parameters, and both go through as they are (PAR-01)', async () => {
    await invoke('?blocking=true', '{"x":2,"big":12345678901234567890}');
    await invoke('?blocking=true');
    expect(api.jobs.map(({ args }) => args)).toEqual(['{"x":2,"big":12345678901234567890}', '{"x":1}']);
    await put('bare', { exec });
    await api.call('POST', `${NS}/actions/bare?blocking=true`, guest, '{"big":12345678901234567890}');
    expect(api.jobs.at(-1)?.args).toBe('{"big":12345678901234567890}');
  });

  test('a parameter called __proto__ is a parameter like any other', async () => {
    await put('proto', { exec, parameters: [{ key: '__proto__', value: { polluted: true } }] });
    const { text } = await api.call('POST', `${NS}/actions/proto?blocking=true&result=true`, guest, '{"a":1}');
    expect(text).toBe('{"__proto__":{"polluted":true},"a":1}');
    expect(({} as { polluted?: boolean }).polluted).toBeUndefined();
  });

  test('final parameters cannot be overridden, those without a value can be given one (PAR-05, ERR-10)', async () => {
    await put('locked', {
      exec,
      parameters: [
        { key: 'x', value: 1 },
        { key: 'open', value: null },
      ],
      annotations: [{ key: 'final', value: true }],
    });
    const locked = (body: unknown) => api.call('POST', `${NS}/actions/locked?blocking=true&result=true`, guest, body);
    const { status, json } = await locked({ x: 2 });
    expect([status, json.error]).toEqual([
      400,
      'Request defines parameters that are not allowed (e.g., reserved properties).',
    ]);
    expect((await locked({ open: 'sesame' })).json).toEqual({ x: 1, open: 'sesame' });
  });

  test('init parameters go into the environment, not into the arguments (PAR-02)', async () => {
    await put('env', {
      exec,
      parameters: [
        { key: 'SECRET', value: 's', init: true },
        { key: 'DEEP', value: { a: 1 }, init: true },
        { key: 'FLAG', value: true, init: true },
        { key: 'NUMBER', value: 3, init: true },
        { key: 'OPEN', value: null, init: true },
        { key: 'arg', value: 1 },
      ],
    });
    await api.call('POST', `${NS}/actions/env?blocking=true`, guest, {});
    expect(api.jobs[0]?.args).toBe('{"arg":1}');
    expect(api.jobs[0]?.action.initEnv).toEqual({ SECRET: 's', DEEP: '{"a":1}', FLAG: 'true', NUMBER: '3', OPEN: '' });
    await api.call('POST', `${NS}/actions/env?blocking=true`, guest, { SECRET: 'of one call' });
    expect(api.jobs[1]?.args).toBe('{"arg":1,"SECRET":"of one call"}');
    expect(api.jobs[1]?.action.initEnv.SECRET).toBe('s');
  });

  test('the caller’s key goes along only where the action may have it (PAR-07)', async () => {
    await invoke('?blocking=true', {});
    await put('keyed', { exec, annotations: [{ key: 'provide-api-key', value: true }] });
    await api.call('POST', `${NS}/actions/keyed?blocking=true`, guest, {});
    expect(api.jobs.map(({ apiKey }) => apiKey?.split(':')[1]?.length)).toEqual([undefined, 64]);
  });

  const bodies: [string, string, Record<string, string>, number, string][] = [
    ['an array', '[1]', {}, 400, 'The request content was malformed:\nJSON object expected'],
    [
      'a form',
      'a=1',
      { 'content-type': 'application/x-www-form-urlencoded' },
      415,
      "The request's Content-Type [application/x-www-form-urlencoded] is not supported. Expected:\napplication/json",
    ],
  ];
  test.each(bodies)('refuses %s as a body', async (_what, body, headers, status, sentence) => {
    const answer = await invoke('?blocking=true', body, headers);
    expect([answer.status, answer.json.error]).toEqual([status, sentence]);
    expect(api.jobs.length).toBe(0);
  });

  test('refuses what is not JSON', async () => {
    const { status, json } = await invoke('?blocking=true', '{bad');
    expect(status).toBe(400);
    expect(json.error).toStartWith('The request content was malformed:\n');
  });

  test('refuses a payload over its limit with 413 (REST-12, ERR-08)', async () => {
    api = new TestApi({ payloadBytes: 20 });
    guest = await api.addSubject('guest');
    await put('hello', { exec });
    const { status, json } = await invoke('?blocking=true', { a: '☃☃☃☃☃☃' });
    expect([status, json.error]).toEqual([413, 'Request larger than allowed: 26 > 20 bytes.']);
  });

  test.each([
    ['blocking=x', "The query parameter 'blocking' was malformed:\n'x' is not a valid Boolean value"],
    ['timeout=0', "The query parameter 'timeout' was malformed:\nTimeout must be number of milliseconds up to 60000."],
    [
      'timeout=60001',
      "The query parameter 'timeout' was malformed:\nTimeout must be number of milliseconds up to 60000.",
    ],
  ])('refuses %s', async (query, sentence) => {
    const { status, json } = await invoke(`?${query}`, {});
    expect([status, json.error]).toEqual([400, sentence]);
  });

  test('too many calls in a minute are refused with the count and when to come back (LIM-08, ERR-14)', async () => {
    const few = await api.addSubject('few', { invocationsPerMinute: 1 });
    await api.call('PUT', `${NS}/actions/a`, few, { exec });
    const call = () => api.call('POST', `${NS}/actions/a?blocking=true`, few, {});
    expect((await call()).status).toBe(200);
    const { status, json, headers } = await call();
    expect([status, json.error]).toEqual([429, 'Too many requests in the last minute (count: 2, allowed: 1).']);
    expect(Number(headers.get('retry-after'))).toBeGreaterThan(0);
  });

  test('too many at once are refused, and the next one goes when one has ended (LIM-14)', async () => {
    const few = await api.addSubject('few', { concurrentInvocations: 1 });
    await api.call('PUT', `${NS}/actions/a`, few, { exec });
    const end = Promise.withResolvers<string>();
    api.act = () => end.promise;
    const first = api.call('POST', `${NS}/actions/a?blocking=true`, few, {});
    await Bun.sleep(0);
    const { status, json } = await api.call('POST', `${NS}/actions/a?blocking=true`, few, {});
    expect([status, json.error]).toEqual([429, 'Too many concurrent requests in flight (count: 1, allowed: 1).']);
    end.resolve('{}');
    expect((await first).status).toBe(200);
    expect((await api.call('POST', `${NS}/actions/a?blocking=true`, few, {})).status).toBe(200);
  });

  test('a node that stops takes nothing new', async () => {
    api.isDraining = true;
    expect((await invoke('?blocking=true', {})).status).toBe(503);
    expect(api.jobs.length).toBe(0);
  });

  test('an action that is not there is 404', async () => {
    expect((await api.call('POST', `${NS}/actions/none`, guest, {})).status).toBe(404);
  });
});
