import { type Context, Hono } from 'hono';
import type { Authenticator } from '../auth/auth.ts';
import type { SystemLimits } from '../model/limits.ts';
import type { Manifest } from '../model/manifest.ts';
import { messages } from '../model/messages.ts';
import { malformed, Refusal } from '../model/refusal.ts';
import type { NodeView } from '../observe/cluster-view.ts';
import type { Events } from '../observe/events.ts';
import type { ActionRoutes } from './actions.ts';
import type { ActivationRoutes } from './activations.ts';
import { type Call, CORS_HEADERS, TRANSACTION_HEADER } from './call.ts';
import { serveDescription } from './description/serve.ts';
import { door, type Handler, type PathParameters, transactionIdOf } from './door.ts';
import { apiInfo, type Build, serverInfo } from './info.ts';
import { healthyAnswer, invokersAnswer, invokersReadyAnswer } from './members.ts';
import { listNamespaces, namespaceLimits } from './namespaces.ts';
import type { PackageRoutes } from './packages.ts';
import { segment } from './path.ts';
import { type Readiness, readyAnswer } from './ready.ts';
import { refusalResponse } from './refuse.ts';
import type { RuleRoutes } from './rules.ts';
import { serveSdk } from './sdk.ts';
import type { TriggerRoutes } from './triggers.ts';
import type { WebRoutes } from './web.ts';

export interface AppOptions {
  readonly authenticator: Authenticator;
  readonly actions: ActionRoutes;
  readonly activations: ActivationRoutes;
  readonly packages: PackageRoutes;
  readonly triggers: TriggerRoutes;
  readonly rules: RuleRoutes;
  readonly web: WebRoutes;
  readonly limits: SystemLimits;
  readonly manifest: Manifest;
  readonly build: Build;
  readonly events: Events;
  readonly ops: Operations;
}

/** What operators and load balancers ask: `GET /metrics`, `GET /status`, `GET /ready`, `GET /invokers`. */
export interface Operations {
  /** In Prometheus' text format. */
  metrics(): Promise<string>;
  /** As JSON. */
  status(): unknown;
  ready(): Readiness;
  nodes(): readonly NodeView[];
}

const API = '/api/v1';
const NS = `${API}/namespaces`;

/** All paths. */
export function createApp(options: AppOptions): Hono {
  const { authenticator, actions, activations, packages, triggers, rules, limits, events } = options;
  const app = new Hono();
  options.web.mount(app);
  mountOpen(app, options);

  const authenticated = door(authenticator, events);
  /** A route that needs a caller; `{ns}` and what follows are parameters. */
  const route = (method: string, path: string, handler: Handler) => {
    app.on(method, path.replaceAll(/\{(\w+)\}/g, ':$1'), authenticated(handler));
  };

  for (const slash of ['', '/']) {
    route('GET', `${NS}${slash}`, (call) => listNamespaces(call));
    route('GET', `${NS}/{ns}/limits${slash}`, (call, { ns }) => namespaceLimits(call, ns, limits));
  }
  route('GET', `${NS}/{ns}/limits/{inner}`, () => {
    throw new Refusal(400, messages.limitsInner);
  });

  const simple = ({ name }: PathParameters) => segment(name);
  const packaged = ({ package: inner, name }: PathParameters) => `${segment(inner)}/${segment(name)}`;
  const lists = (collection: string, list: (call: Call, ns: string, query: URLSearchParams) => Promise<Response>) => {
    for (const slash of ['', '/']) {
      route('GET', `${NS}/{ns}/${collection}${slash}`, (call, { ns }, query) => list(call, ns, query));
    }
  };

  lists('actions', (call, ns, query) => actions.list(call, ns, query));
  route('GET', `${NS}/{ns}/actions/{name}/`, (call, p, query) => actions.listPackage(call, p.ns, simple(p), query));
  for (const [path, name] of [
    [`${NS}/{ns}/actions/{name}`, simple],
    [`${NS}/{ns}/actions/{package}/{name}`, packaged],
  ] as const) {
    route('GET', path, (call, p, query) => actions.get(call, p.ns, name(p), query));
    route('PUT', path, (call, p, query) => actions.put(call, p.ns, name(p), query));
    route('DELETE', path, (call, p) => actions.delete(call, p.ns, name(p)));
    route('POST', path, (call, p, query) => actions.invoke(call, p.ns, name(p), query));
  }

  lists('packages', (call, ns, query) => packages.list(call, ns, query));
  const onePackage = `${NS}/{ns}/packages/{name}`;
  route('GET', onePackage, (call, p) => packages.get(call, p.ns, simple(p)));
  route('PUT', onePackage, (call, p, query) => packages.put(call, p.ns, simple(p), query));
  route('DELETE', onePackage, (call, p, query) => packages.delete(call, p.ns, simple(p), query));

  lists('triggers', (call, ns, query) => triggers.list(call, ns, query));
  const oneTrigger = `${NS}/{ns}/triggers/{name}`;
  route('GET', oneTrigger, (call, p) => triggers.get(call, p.ns, simple(p)));
  route('PUT', oneTrigger, (call, p, query) => triggers.put(call, p.ns, simple(p), query));
  route('DELETE', oneTrigger, (call, p) => triggers.delete(call, p.ns, simple(p)));
  route('POST', oneTrigger, (call, p) => triggers.fire(call, p.ns, simple(p)));

  lists('rules', (call, ns, query) => rules.list(call, ns, query));
  const oneRule = `${NS}/{ns}/rules/{name}`;
  route('GET', oneRule, (call, p) => rules.get(call, p.ns, simple(p)));
  route('PUT', oneRule, (call, p, query) => rules.put(call, p.ns, simple(p), query));
  route('DELETE', oneRule, (call, p) => rules.delete(call, p.ns, simple(p)));
  route('POST', oneRule, (call, p) => rules.setStatus(call, p.ns, simple(p)));

  lists('activations', (call, ns, query) => activations.list(call, ns, query));
  const oneActivation = `${NS}/{ns}/activations/{id}`;
  for (const slash of ['', '/']) {
    route('GET', `${oneActivation}${slash}`, (call, p) => activations.get(call, p.ns, p.id));
  }
  route('GET', `${oneActivation}/logs`, (call, p) => activations.logs(call, p.ns, p.id));
  route('GET', `${oneActivation}/result`, (call, p) => activations.result(call, p.ns, p.id));

  // Under the API an unknown path is 404, after the caller is known; elsewhere OpenWhisk's server knows no method for it.
  const unknown = authenticated(() => {
    throw malformed(messages.notFound, 404);
  });
  app.notFound((context) => (context.req.path.startsWith(`${API}/`) ? unknown(context) : noMethod(context, events)));
  app.onError((thrown, context) => refusalResponse(thrown, transactionIdOf(context), events));
  return app;
}

/** Paths that are open to everybody. */
function mountOpen(app: Hono, { limits, manifest, build, ops }: AppOptions): void {
  app.get('/', (context) => json(context, serverInfo(limits, manifest)));
  app.get('/ping', (context) => text(context, 'pong'));
  app.get('/ready', (context) => {
    const { status, body, headers } = readyAnswer(ops.ready());
    return json(context, body, headers, status);
  });
  for (const slash of ['', '/']) {
    app.get(`/invokers${slash}`, (context) => json(context, invokersAnswer(ops.nodes())));
  }
  app.get('/invokers/healthy/count', (context) => json(context, healthyAnswer(ops.nodes())));
  app.get('/invokers/ready', (context) => {
    const { status, body } = invokersReadyAnswer(ops.nodes());
    return json(context, body, {}, status);
  });
  app.get('/metrics', async (context) => text(context, await ops.metrics()));
  app.get('/status', (context) => json(context, JSON.stringify(ops.status())));
  for (const slash of ['', '/']) app.get(`${API}${slash}`, (context) => json(context, apiInfo(build), CORS_HEADERS));
  serveDescription(app, { limits, manifest, build }, json);
  serveSdk(app);
  app.options(`${API}/*`, (context) => text(context, 'OK', CORS_HEADERS));
}

function noMethod(context: Context, events: Events): Response {
  const refusal = new Refusal(405, messages.methodNotAllowed('OPTIONS'), {
    rejected: true,
    headers: { Allow: 'OPTIONS' },
  });
  return refusalResponse(refusal, transactionIdOf(context), events);
}

function json(context: Context, body: string, headers: Record<string, string> = {}, status = 200): Response {
  return reply(context, body, { ...headers, 'Content-Type': 'application/json' }, status);
}

function text(context: Context, body: string, headers: Record<string, string> = {}): Response {
  return reply(context, body, { ...headers, 'Content-Type': 'text/plain; charset=UTF-8' });
}

/** Every answer carries its transaction id, those too that nobody had to be known for. */
function reply(context: Context, body: string, headers: Record<string, string>, status = 200): Response {
  return new Response(body, { status, headers: { ...headers, [TRANSACTION_HEADER]: transactionIdOf(context) } });
}
