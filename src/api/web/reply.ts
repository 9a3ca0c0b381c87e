import type { Events } from '../../observe/events.ts';
import { bodyOf } from '../body-of.ts';
import { CORS_HEADERS, TRANSACTION_HEADER } from '../call.ts';
import { prettyPrint } from '../exact-json.ts';
import { JSON_TYPE } from '../media-type.ts';
import { refusalOf, refusalResponse } from '../refuse.ts';
import type { WebAnswer } from './answer.ts';

/** A web request, and the headers that its answer has so far, whatever becomes of it. */
export interface WebCall {
  readonly request: Request;
  readonly transactionId: string;
  /** As we write their names; an action's own are told apart by any case. */
  readonly headers: Record<string, string>;
}

export function webCall(request: Request, transactionId: string): WebCall {
  return { request, transactionId, headers: { [TRANSACTION_HEADER]: transactionId } };
}

/** CORS for all that do not answer OPTIONS themselves; what a browser asks to be allowed to send is allowed (WEB-17). */
export function allowAllOrigins({ request, headers }: WebCall): void {
  const asked = request.headers.get('access-control-request-headers');
  headers['Access-Control-Allow-Origin'] = '*';
  headers['Access-Control-Allow-Methods'] = 'OPTIONS, GET, DELETE, POST, PUT, HEAD, PATCH';
  headers['Access-Control-Allow-Headers'] = asked ?? CORS_HEADERS['Access-Control-Allow-Headers'];
}

/** Statuses whose answers have no body by the rules of HTTP. */
const BODILESS = [204, 205, 304];

/** The action's answer. A header of its own takes the place of the one that is there by default. */
export function respond(
  { request, headers: ours }: WebCall,
  { status, headers, contentType, body }: WebAnswer,
): Response {
  const isBodiless = body === undefined || BODILESS.includes(status);
  if (!isBodiless && contentType !== undefined) ours['Content-Type'] = contentType;
  // The answer to HEAD goes out without its body, but says how long it would be.
  const isHead = request.method === 'HEAD';
  if (!isBodiless && isHead) ours['Content-Length'] = String(Buffer.byteLength(body));
  const all = headers ? merged(ours, headers) : ours;
  if (isBodiless) return new Response(null, { status, headers: all });
  return new Response(isHead || contentType === undefined ? body : bodyOf(body), { status, headers: all });
}

function merged(ours: Readonly<Record<string, string>>, own: Headers): Headers {
  const all = new Headers(ours);
  for (const name of own.keys()) all.delete(name);
  for (const [name, value] of own) all.append(name, value);
  return all;
}

/** The server's own word: `{"code": transaction id, "error": sentence}`, printed for people as all JSON here. */
export function sentence({ headers, transactionId }: WebCall, status: number, error: string): Response {
  headers['Content-Type'] = JSON_TYPE;
  return new Response(prettyPrint({ code: transactionId, error }), { status, headers });
}

/** What was thrown, as an answer. A request that could not be read is refused as everywhere. */
export function problem(call: WebCall, thrown: unknown, events: Events): Response {
  const refusal = refusalOf(thrown, call.transactionId, events);
  if (refusal.rejected) return refusalResponse(refusal, call.transactionId, events);
  for (const [name, value] of Object.entries(refusal.headers)) call.headers[name] = value;
  return sentence(call, refusal.status, refusal.message);
}
