import type { Context, Hono } from 'hono';
import type { Throttle } from '../auth/throttle.ts';
import type { Activation } from '../model/activation.ts';
import { isTrue } from '../model/entities.ts';
import { lesserSize, type SystemLimits } from '../model/limits.ts';
import { messages } from '../model/messages.ts';
import { refuse } from '../model/refusal.ts';
import type { Events } from '../observe/events.ts';
import type { Traces } from '../observe/traces.ts';
import { ACTIVATION_HEADER } from './call.ts';
import { answered, transactionIdOf } from './door.ts';
import { type Exact, type ExactObject, parseExact } from './exact-json.ts';
import { Progress } from './progress.ts';
import { waitFor } from './wait.ts';
import { checkAdmission, missing, WebAccess, type WebAccessOptions } from './web/access.ts';
import { webAnswer } from './web/answer.ts';
import { webArguments } from './web/arguments.ts';
import { checkDeclaredSize, readWebBody } from './web/body.ts';
import { onWebHost } from './web/domain.ts';
import { WEB_PREFIX, type WebTarget, webTarget } from './web/path.ts';
import { allowAllOrigins, problem, respond, sentence, type WebCall, webCall } from './web/reply.ts';

export interface WebRoutesOptions extends WebAccessOptions {
  readonly throttle: Throttle;
  readonly limits: SystemLimits;
  readonly traces: Traces;
  /** Milliseconds that a caller waits at most before it gets 202. */
  readonly maxWaitMs: number;
  /** True once the node is stopping. */
  readonly isDraining: () => boolean;
  readonly events: Events;
  /** `example.com`, when web actions of `guest` are to be at `guest.example.com`, too. */
  readonly domain?: string | undefined;
}

const METHODS = ['GET', 'POST', 'PUT', 'DELETE', 'PATCH', 'OPTIONS'];

/**
 * Web actions (WebActions.scala): anybody may call an action that is exported, with any HTTP request, and the action decides
 * over the HTTP answer. It runs for the namespace that it is in: with its owner's identity, limits and records.
 */
export class WebRoutes {
  readonly #options: WebRoutesOptions;
  readonly #access: WebAccess;

  constructor(options: WebRoutesOptions) {
    this.#options = options;
    this.#access = new WebAccess(options);
  }

  /** To be called before other routes take all of `/api/v1`. A path that names no action is left to them. */
  mount(app: Hono): void {
    const { domain } = this.#options;
    if (domain !== undefined) {
      app.use(async (context, next) => {
        const there = onWebHost(context.req.url, domain);
        if (!there) return next();
        if ('redirect' in there) return new Response(null, { status: 308, headers: { Location: there.redirect } });
        return this.#answer(context, webTarget(there.path));
      });
    }
    app.on(METHODS, `${WEB_PREFIX}*`, async (context, next) => {
      const { url } = context.req;
      const target = webTarget(url.slice(url.indexOf('/', url.indexOf('//') + 2)));
      return target ? this.#answer(context, target) : next();
    });
  }

  async #answer(context: Context, target: WebTarget | undefined): Promise<Response> {
    const progress = new Progress();
    const { events } = this.#options;
    const call = webCall(context.req.raw, transactionIdOf(context));
    let response: Response;
    try {
      if (!target) throw missing();
      response = await this.#serve(call, target, progress);
    } catch (thrown) {
      response = problem(call, thrown, events);
    }
    answered(context, progress, response, events);
    return response;
  }

  async #serve(call: WebCall, target: WebTarget, progress: Progress): Promise<Response> {
    const { throttle, limits, invocation, traces, isDraining, maxWaitMs } = this.#options;
    const { request } = call;
    const { owner, resolved } = await this.#access.find(target.name);
    const { annotations } = resolved.action;
    const isOptions = request.method === 'OPTIONS';
    const answersOptions = isTrue(annotations, 'web-custom-options');
    // What is answered here costs the owner nothing, so the owner is not charged.
    if (!isOptions || answersOptions) throttle.invocation(owner);
    const maxBytes = lesserSize(limits.payloadBytes, owner.limits.maxPayloadSize);
    checkDeclaredSize(request, maxBytes);
    if (!answersOptions) allowAllOrigins(call);
    if (isOptions && !answersOptions) return respond(call, { status: 200 });

    const known = this.#access.caller(request);
    const caller = known && (await known);
    progress.known = performance.now();
    if (!isOptions) checkAdmission(annotations, request, caller);
    const isRaw = isTrue(annotations, 'raw-http');
    const body = await readWebBody(request, isRaw, maxBytes);
    const { method, headers } = request;
    const { rest, query } = target;
    const context = { method, headers, rest, query, ...(caller && { user: caller.namespace }) };
    const args = resolved.parameters.merge(webArguments(context, body, isRaw));
    if (isDraining()) throw refuse(503, messages.draining);
    const trace = traces.begin(headers, progress.began);
    const accepted = invocation.invoke(owner, resolved, args, call.transactionId, trace);
    progress.accept(accepted, trace);
    call.headers[ACTIVATION_HEADER] = accepted.activationId;
    const activation = await waitFor(accepted, maxWaitMs);
    if (!activation) {
      const { transactionId } = call;
      await invocation.promise(accepted, { identity: owner, transactionId, name: target.name, resolved, args, trace });
      return sentence(call, 202, messages.webNotReady);
    }
    return respond(call, webAnswer(target.extension, resultOf(activation)));
  }
}

/** What is to be answered: the result, or of an action's own error what it says (WEB-12). */
function resultOf({ response: { status, result } }: Activation): Exact {
  switch (status) {
    case 'success':
      return parseExact(result);
    case 'application error':
      return (parseExact(result) as ExactObject).error as Exact;
    case 'action developer error':
    case 'whisk internal error':
      throw refuse(400, messages.webFailed);
  }
}
