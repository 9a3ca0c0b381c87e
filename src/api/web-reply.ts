import type { Events } from '../observe/events.ts';
import { CORS_HEADERS, TRANSACTION_HEADER } from './call.ts';
import { prettyPrint } from './exact-json.ts';
import { JSON_TYPE } from './media-type.ts';
import { refusalOf, refusalResponse } from './refuse.ts';
import type { WebAnswer } from './web-answer.ts';

/** A web request, and the headers that its answer has so far, whatever becomes of it. */
export interface WebCall {
  readonly request: Request;
  readonly transactionId: string;
  readonly headers: Headers;
}

export function webCall(request: Request, transactionId: string): WebCall {
  return { request, transactionId, headers: new Headers({ [TRANSACTION_HEADER]: transactionId }) };
}

/** CORS for all that do not answer OPTIONS themselves; what a browser asks to be allowed to send is allowed (WEB-17). */
export function allowAllOrigins({ request, headers }: WebCall): void {
  const asked = request.headers.get('access-control-request-headers');
  headers.set('Access-Control-Allow-Origin', '*');
  headers.set('Access-Control-Allow-Methods', 'OPTIONS, GET, DELETE, POST, PUT, HEAD, PATCH');
  headers.set('Access-Control-Allow-Headers', asked ?? CORS_HEADERS['Access-Control-Allow-Headers']);
}

/** Statuses whose answers have no body by the rules of HTTP. */
const BODILESS = [204, 205, 304];

/** The action's answer. A header of its own takes the place of the one that is there by default. */
export function respond({ request, headers }: WebCall, answer: WebAnswer): Response {
  const { status, body } = answer;
  for (const name of answer.headers?.keys() ?? []) headers.delete(name);
  for (const [name, value] of answer.headers ?? []) headers.append(name, value);
  if (body === undefined || BODILESS.includes(status)) return new Response(null, { status, headers });
  if (answer.contentType !== undefined) headers.set('Content-Type', answer.contentType);
  // The answer to HEAD goes out without its body, but says how long it would be.
  if (request.method === 'HEAD') headers.set('Content-Length', String(Buffer.byteLength(body)));
  return new Response(body, { status, headers });
}

/** The server's own word: `{"code": transaction id, "error": sentence}`, printed for people as all JSON here. */
export function sentence({ headers, transactionId }: WebCall, status: number, error: string): Response {
  headers.set('Content-Type', JSON_TYPE);
  return new Response(prettyPrint({ code: transactionId, error }), { status, headers });
}

/** What was thrown, as an answer. A request that could not be read is refused as everywhere. */
export function problem(call: WebCall, thrown: unknown, events: Events): Response {
  const refusal = refusalOf(thrown, call.transactionId, events);
  if (refusal.rejected) return refusalResponse(refusal, call.transactionId, events);
  for (const [name, value] of Object.entries(refusal.headers)) call.headers.set(name, value);
  return sentence(call, refusal.status, refusal.message);
}
