import { type Context, Hono } from 'hono';
import type { Authenticator } from '../auth/auth.ts';
import { newActivationId } from '../invocation/activation-id.ts';
import type { SystemLimits } from '../model/limits.ts';
import type { Manifest } from '../model/manifest.ts';
import { messages } from '../model/messages.ts';
import { malformed, Refusal } from '../model/refusal.ts';
import type { Events } from '../observe/events.ts';
import type { ActionRoutes } from './actions.ts';
import type { ActivationRoutes } from './activations.ts';
import { type Call, CORS_HEADERS, TRANSACTION_HEADER } from './call.ts';
import { apiInfo, type Build, serverInfo } from './info.ts';
import { listNamespaces, namespaceLimits } from './namespaces.ts';
import { refusalResponse } from './refuse.ts';

export interface AppOptions {
  readonly authenticator: Authenticator;
  readonly actions: ActionRoutes;
  readonly activations: ActivationRoutes;
  readonly limits: SystemLimits;
  readonly manifest: Manifest;
  readonly build: Build;
  readonly events: Events;
  /** `GET /metrics` in Prometheus' text format, and `GET /status` as JSON. */
  readonly ops: { metrics(): Promise<string>; status(): unknown };
}

type Handler = (call: Call, query: URLSearchParams, context: Context) => Response | Promise<Response>;

const API = '/api/v1';
const NO_QUERY = new URLSearchParams();

/** The routes. What is thrown below them becomes an answer here, and nowhere else. */
export function createApp(options: AppOptions): Hono {
  const { authenticator, actions, activations, limits, manifest, build, events, ops } = options;
  const app = new Hono();

  /** A route that needs a caller. */
  const authenticated = (handler: Handler) => async (context: Context) => {
    const began = performance.now();
    const transactionId = transactionIdOf(context);
    const { method } = context.req;
    let response: Response;
    try {
      if (method === 'HEAD') throw malformed(messages.notFound, 404);
      const known = authenticator.identify(context.req.header('authorization'));
      const identity = known instanceof Promise ? await known : known;
      response = await handler({ context, identity, transactionId }, queryOf(context.req.url), context);
    } catch (thrown) {
      response = refusalResponse(thrown, transactionId, events);
    }
    events.answered.publish({ method, status: response.status, ms: performance.now() - began });
    return response;
  };
  const param = (context: Context, name: string) => context.req.param(name) as string;

  app.get('/', (context) => json(context, serverInfo(limits, manifest)));
  app.get('/ping', () => text('pong'));
  app.get('/metrics', async () => text(await ops.metrics()));
  app.get('/status', (context) => json(context, JSON.stringify(ops.status())));
  for (const path of [API, `${API}/`]) app.get(path, (context) => json(context, apiInfo(build), CORS_HEADERS));
  app.options(`${API}/*`, () => text('OK', CORS_HEADERS));

  const ns = `${API}/namespaces`;
  app.get(
    ns,
    authenticated((call) => listNamespaces(call)),
  );
  app.get(
    `${ns}/:ns/limits`,
    authenticated((call, _q, c) => namespaceLimits(call, param(c, 'ns'), limits)),
  );
  app.get(
    `${ns}/:ns/limits/:inner`,
    authenticated(() => {
      throw new Refusal(400, messages.limitsInner);
    }),
  );

  for (const path of [`${ns}/:ns/actions`, `${ns}/:ns/actions/`]) {
    app.get(
      path,
      authenticated((call, query, c) => actions.list(call, param(c, 'ns'), query)),
    );
  }
  for (const [path, name] of [
    [`${ns}/:ns/actions/:name`, (c: Context) => param(c, 'name')],
    [`${ns}/:ns/actions/:package/:name`, (c: Context) => `${param(c, 'package')}/${param(c, 'name')}`],
  ] as const) {
    app.get(
      path,
      authenticated((call, query, c) => actions.get(call, param(c, 'ns'), name(c), query)),
    );
    app.put(
      path,
      authenticated((call, query, c) => actions.put(call, param(c, 'ns'), name(c), query)),
    );
    app.delete(
      path,
      authenticated((call, _q, c) => actions.delete(call, param(c, 'ns'), name(c))),
    );
    app.post(
      path,
      authenticated((call, query, c) => actions.invoke(call, param(c, 'ns'), name(c), query)),
    );
  }

  for (const path of [`${ns}/:ns/activations`, `${ns}/:ns/activations/`]) {
    app.get(
      path,
      authenticated((call, query, c) => activations.list(call, param(c, 'ns'), query)),
    );
  }
  const one = `${ns}/:ns/activations/:id`;
  app.get(
    one,
    authenticated((call, _q, c) => activations.get(call, param(c, 'ns'), param(c, 'id'))),
  );
  app.get(
    `${one}/logs`,
    authenticated((call, _q, c) => activations.logs(call, param(c, 'ns'), param(c, 'id'))),
  );
  app.get(
    `${one}/result`,
    authenticated((call, _q, c) => activations.result(call, param(c, 'ns'), param(c, 'id'))),
  );

  // Under the API an unknown path is 404, after the caller is known; elsewhere OpenWhisk's server knows no method for it.
  const unknown = authenticated(() => {
    throw malformed(messages.notFound, 404);
  });
  app.notFound((context) => {
    if (context.req.path.startsWith(`${API}/`)) return unknown(context);
    const refusal = new Refusal(405, messages.methodNotAllowed('OPTIONS'), {
      rejected: true,
      headers: { Allow: 'OPTIONS' },
    });
    return refusalResponse(refusal, transactionIdOf(context), events);
  });
  app.onError((thrown, context) => refusalResponse(thrown, transactionIdOf(context), events));
  return app;
}

/** The client's own id, unless it claims to be one of the server's (BasicHttpService.scala). */
function transactionIdOf(context: Context): string {
  const given = context.req.header(TRANSACTION_HEADER);
  return given !== undefined && given !== '' && !given.startsWith('sid_') ? given : newActivationId();
}

function queryOf(url: string): URLSearchParams {
  const at = url.indexOf('?');
  return at < 0 ? NO_QUERY : new URLSearchParams(url.slice(at));
}

function json(context: Context, body: string, headers: Record<string, string> = {}): Response {
  return new Response(body, {
    headers: { ...headers, 'Content-Type': 'application/json', [TRANSACTION_HEADER]: transactionIdOf(context) },
  });
}

function text(body: string, headers: Record<string, string> = {}): Response {
  return new Response(body, { headers: { ...headers, 'Content-Type': 'text/plain; charset=UTF-8' } });
}
