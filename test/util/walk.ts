/** Requests that together get every answer of the API that is no refusal, and many that are. */

export interface Step {
  readonly method: string;
  /** With a slash in front, of the host; else below `/api/v1/namespaces/_/`. */
  readonly path: string;
  readonly status: number;
  readonly body?: unknown;
  /** Without a key. */
  readonly open?: boolean;
}

export const actions: Readonly<Record<string, string>> = {
  echo: 'function main(args) { console.log("called"); return args; }',
  fails: 'function main() { return { error: "as it likes" }; }',
  breaks: 'function main() { throw new Error("broken"); }',
  lists: 'function main() { return [1, "two"]; }',
  slow: 'function main(args) { return new Promise((done) => setTimeout(done, 4000, args)); }',
};

const exec = (name: string) => ({ kind: 'nodejs:default', code: actions[name] });
const parameters = [
  { key: 'a', value: 1 },
  { key: 'b', value: { c: [null] }, init: true },
];
const annotations = [{ key: 'web-export', value: true }];
const step = (method: string, path: string, status: number, body?: unknown): Step => ({ method, path, status, body });
const open = (path: string, status = 200): Step => ({ method: 'GET', path, status, open: true });

/** Creates what the others need. */
export const making: readonly Step[] = [
  step('PUT', 'packages/tools', 200, { parameters, annotations, publish: true }),
  step('PUT', 'packages/tools?overwrite=true', 200, {}),
  step('PUT', 'packages/bound', 200, { binding: { namespace: '_', name: 'tools' } }),
  step('PUT', 'actions/tools/echo', 200, { exec: exec('echo'), annotations }),
  step('PUT', 'actions/tools/feed', 200, { exec: exec('echo'), annotations: [{ key: 'feed', value: true }] }),
  step('PUT', 'actions/tools/fails', 200, { exec: exec('fails') }),
  ...Object.keys(actions).map((name) => step('PUT', `actions/${name}`, 200, { exec: exec(name), annotations })),
  step('PUT', 'actions/full', 200, {
    exec: { ...exec('echo'), main: 'main' },
    ...{ parameters, annotations, version: '1.2', publish: false },
    limits: { timeout: 1000, memory: 128, logs: 1, concurrency: 1 },
  }),
  step('PUT', 'actions/full?overwrite=true', 200, { delAnnotations: ['web-export'] }),
  step('PUT', 'actions/sequence', 200, { exec: { kind: 'sequence', components: ['/_/echo', '/_/tools/echo'] } }),
  step('PUT', 'actions/image', 200, { exec: { kind: 'blackbox', image: 'somebody/something' } }),
  step('PUT', 'triggers/tick', 200, { parameters, annotations }),
  step('PUT', 'triggers/idle', 200, {}),
  step('PUT', 'rules/each', 200, { trigger: '/_/tick', action: '/_/echo' }),
];
export const reading: readonly Step[] = [
  step('GET', '/api/v1/namespaces', 200),
  step('GET', 'limits', 200),
  step('GET', 'limits/inner', 400),
  step('GET', '/api/v1/namespaces/-/limits', 400),
  ...['actions', 'packages', 'triggers', 'rules', 'activations'].flatMap((collection) => [
    step('GET', collection, 200),
    step('GET', `${collection}?count=true`, 200),
    step('GET', `${collection}?limit=0&skip=1`, 200),
    step('GET', `${collection}?limit=201`, 400),
  ]),
  step('GET', 'actions/tools/', 200),
  step('GET', 'actions/bound/', 200),
  step('GET', 'actions/none/', 404),
  ...['echo', 'full', 'sequence', 'image', 'tools/echo', 'bound/echo', 'echo?code=false'].map((name) =>
    step('GET', `actions/${name}`, 200),
  ),
  step('GET', 'actions/none', 404),
  step('GET', 'actions/tools', 409),
  step('GET', 'actions/a%00b', 400),
  step('GET', 'packages/tools', 200),
  step('GET', 'packages/bound', 200),
  step('GET', 'packages/echo', 409),
  step('GET', 'triggers/tick', 200),
  step('GET', 'triggers/idle', 200),
  step('GET', 'rules/each', 200),
  step('GET', '/api/v1/namespaces/stranger/actions', 403),
  step('GET', '/api/v1/namespaces/stranger/packages', 200),
  step('GET', '/api/v1/namespaces/stranger/activations', 403),
];

export const calling: readonly Step[] = [
  step('POST', 'actions/echo', 202, { n: 1 }),
  ...['', '&result=true'].flatMap((more) => [
    step('POST', `actions/echo?blocking=true${more}`, 200, { n: 1 }),
    step('POST', `actions/tools/echo?blocking=true${more}`, 200, { n: 1 }),
    step('POST', `actions/sequence?blocking=true${more}`, 200, { n: 1 }),
    step('POST', `actions/fails?blocking=true${more}`, 502),
    step('POST', `actions/breaks?blocking=true${more}`, 502),
    step('POST', `actions/lists?blocking=true${more}`, 200),
  ]),
  step('POST', 'actions/tools/echo', 202),
  step('POST', 'actions/tools/fails?blocking=true', 502),
  step('POST', 'actions/echo?timeout=0', 400),
  step('POST', 'actions/echo?blocking=maybe', 400),
  step('POST', 'actions/echo', 400, [1]),
  step('POST', 'actions/echo', 400, '{'),
  step('POST', 'actions/none', 404),
  step('POST', 'triggers/tick', 202, { n: 1 }),
  step('POST', 'triggers/idle', 204, { n: 1 }),
  step('POST', 'triggers/none', 404),
  step('POST', 'rules/each', 200, { status: 'inactive' }),
  step('POST', 'rules/each', 400, { status: 'sleepy' }),
  step('GET', '/api/v1/web/guest/default/echo.json', 200),
  ...['POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'].map((method) =>
    step(method, '/api/v1/web/guest/tools/echo.json', 200),
  ),
  step('GET', '/api/v1/web/guest/default/full', 404),
];

/** With the id of an activation that has not ended. */
export const waiting = (id: string): readonly Step[] => [
  step('GET', `activations/${id}`, 202),
  step('GET', `activations/${id}/logs`, 202),
  step('GET', `activations/${id}/result`, 202),
];

/** With the id of an activation that has ended. */
export const looking = (id: string): readonly Step[] => [
  step('GET', 'activations?docs=true', 200),
  step('GET', 'activations?name=echo&since=1&upto=9999999999999', 200),
  step('GET', 'activations?since=yesterday', 400),
  step('GET', 'activations?docs=true&count=true', 400),
  step('GET', `activations/${id}`, 200),
  step('GET', `activations/${id}/logs`, 200),
  step('GET', `activations/${id}/result`, 200),
  step('GET', `activations/${'0'.repeat(32)}`, 404),
  step('GET', 'activations/short', 400),
];

export const refused: readonly Step[] = [
  step('PUT', 'actions/echo', 409, { exec: exec('echo') }),
  step('PUT', 'actions/new', 400, {}),
  step('PUT', 'actions/new', 400, { exec: { kind: 'cobol:1', code: '' } }),
  step('PUT', 'actions/new', 400, { exec: exec('echo'), limits: { memory: 1 } }),
  step('PUT', 'actions/none/new', 404, { exec: exec('echo') }),
  step('PUT', 'actions/bound/new', 400, { exec: exec('echo') }),
  step('PUT', 'packages/tools', 409, {}),
  step('PUT', 'packages/new', 400, { binding: { namespace: '_', name: 'none' } }),
  step('PUT', 'triggers/tick', 409, {}),
  step('PUT', 'rules/new', 400, { trigger: '/_/none', action: '/_/echo' }),
  step('PUT', '/api/v1/namespaces/stranger/actions/mine', 403, { exec: exec('echo') }),
  step('DELETE', 'packages/tools', 409),
];

export const deleting: readonly Step[] = [
  step('DELETE', 'rules/each', 200),
  step('DELETE', 'triggers/tick', 200),
  step('DELETE', 'packages/bound', 200),
  step('DELETE', 'actions/tools/echo', 200),
  step('DELETE', 'packages/tools?force=true', 200),
  ...['echo', 'sequence', 'image'].map((name) => step('DELETE', `actions/${name}`, 200)),
  step('DELETE', 'actions/echo', 404),
];

export const shut: readonly Step[] = ['actions', 'packages/tools', 'activations', 'limits'].map((path) => ({
  ...step('GET', path, 401),
  open: true,
}));

/** What needs no key. */
export const lookingAround: readonly Step[] = [
  ...['/', '/api/v1', '/ping', '/ready', '/status', '/metrics'].map((path) => open(path)),
  ...['/invokers', '/invokers/healthy/count', '/invokers/ready'].map((path) => open(path)),
  open('/blackbox.tar.gz', 301),
  ...['', '/api/v1'].flatMap((base) => [
    open(`${base}/api-docs`),
    open(`${base}/docs`, 308),
    ...['index.html', 'start.js', 'swagger-ui-bundle.js', 'swagger-ui.css', 'favicon-32x32.png'].map((file) =>
      open(`${base}/docs/${file}`),
    ),
  ]),
];
