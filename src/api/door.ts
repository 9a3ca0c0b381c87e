import type { Context } from 'hono';
import { routePath } from 'hono/route';
import type { Authenticator } from '../auth/auth.ts';
import { newActivationId } from '../invocation/activation-id.ts';
import { messages } from '../model/messages.ts';
import { malformed } from '../model/refusal.ts';
import type { Events } from '../observe/events.ts';
import { type Call, TRANSACTION_HEADER } from './call.ts';
import { Progress, requestSpans, serverTiming, TIMING_HEADER, TIMING_REQUEST_HEADER } from './progress.ts';
import { queryOf } from './query.ts';
import { refusalResponse } from './refuse.ts';

/** Parameters of the path; those are there that the route names. */
export interface PathParameters {
  readonly ns: string;
  readonly package: string;
  readonly name: string;
  readonly id: string;
}

/** What a route does for a caller. What it throws becomes an answer at the door, and nowhere else. */
export type Handler = (call: Call, path: PathParameters, query: URLSearchParams) => Response | Promise<Response>;

/** Lets nobody in whom the authenticator does not know, and turns what is thrown behind it into answers. */
export function door(authenticator: Authenticator, events: Events) {
  return (handler: Handler) => async (context: Context) => {
    const progress = new Progress();
    const transactionId = transactionIdOf(context);
    const { method } = context.req;
    let response: Response;
    try {
      // OpenWhisk does not answer HEAD as it answers GET (REST-14).
      if (method === 'HEAD') throw malformed(messages.notFound, 404);
      const known = authenticator.identify(context.req.header('authorization'));
      const identity = known instanceof Promise ? await known : known;
      progress.known = performance.now();
      const call = { context, identity, transactionId, progress };
      response = await handler(call, context.req.param() as unknown as PathParameters, queryOf(context.req.url));
    } catch (thrown) {
      response = refusalResponse(thrown, transactionId, events);
    }
    answered(context, progress, response, events);
    return response;
  };
}

/** Tells who listens, and the client if it asked, what became of the request. */
export function answered(context: Context, progress: Progress, { status, headers }: Response, events: Events): void {
  const { req } = context;
  const { method } = req;
  const now = performance.now();
  const { trace, authMs, resolveMs } = progress;
  if (authMs === undefined || resolveMs === undefined) {
    events.answered.publish({ method, status, ms: now - progress.began });
    return;
  }
  events.answered.publish({ method, status, ms: now - progress.began, authMs, resolveMs });
  if (req.header(TIMING_REQUEST_HEADER) !== undefined) headers.set(TIMING_HEADER, serverTiming(progress, now));
  if (!trace?.isRecorded) return;
  const route = routePath(context);
  for (const span of requestSpans(progress, trace, { method, route, status })) events.spanEnded.publish(span);
}

/** The client's own id, unless it claims to be one of the server's (BasicHttpService.scala). */
export function transactionIdOf(context: Context): string {
  const given = context.req.header(TRANSACTION_HEADER);
  return given !== undefined && given !== '' && !given.startsWith('sid_') ? given : newActivationId();
}
