import type { Context } from 'hono';
import type { Authenticator } from '../auth/auth.ts';
import { newActivationId } from '../invocation/activation-id.ts';
import { messages } from '../model/messages.ts';
import { malformed } from '../model/refusal.ts';
import type { Events } from '../observe/events.ts';
import { type Call, TRANSACTION_HEADER } from './call.ts';
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

const NO_QUERY = new URLSearchParams();

/** Lets nobody in whom the authenticator does not know, and turns what is thrown behind it into answers. */
export function door(authenticator: Authenticator, events: Events) {
  return (handler: Handler) => async (context: Context) => {
    const began = performance.now();
    const transactionId = transactionIdOf(context);
    const { method } = context.req;
    let response: Response;
    try {
      // OpenWhisk does not answer HEAD as it answers GET (REST-14).
      if (method === 'HEAD') throw malformed(messages.notFound, 404);
      const known = authenticator.identify(context.req.header('authorization'));
      const identity = known instanceof Promise ? await known : known;
      const call = { context, identity, transactionId };
      response = await handler(call, context.req.param() as unknown as PathParameters, queryOf(context.req.url));
    } catch (thrown) {
      response = refusalResponse(thrown, transactionId, events);
    }
    events.answered.publish({ method, status: response.status, ms: performance.now() - began });
    return response;
  };
}

/** The client's own id, unless it claims to be one of the server's (BasicHttpService.scala). */
export function transactionIdOf(context: Context): string {
  const given = context.req.header(TRANSACTION_HEADER);
  return given !== undefined && given !== '' && !given.startsWith('sid_') ? given : newActivationId();
}

function queryOf(url: string): URLSearchParams {
  const at = url.indexOf('?');
  return at < 0 ? NO_QUERY : new URLSearchParams(url.slice(at));
}
