import type { Context } from 'hono';
import type { Identity } from '../model/identity.ts';
import { bodyOf } from './body-of.ts';
import type { Progress } from './progress.ts';

/** One request on its way through the API, after the door: who calls, under which transaction id. */
export interface Call {
  readonly context: Context;
  readonly identity: Identity;
  readonly transactionId: string;
  readonly progress: Progress;
}

/** CORS as OpenWhisk sends it with the answers of operations (CorsSettings.scala). */
export const CORS_HEADERS = {
  'Access-Control-Allow-Origin': '*',
  'Access-Control-Allow-Headers': 'Authorization, Origin, X-Requested-With, Content-Type, Accept, User-Agent',
  'Access-Control-Allow-Methods': 'GET, DELETE, POST, PUT, HEAD',
} as const;

export const TRANSACTION_HEADER = 'X-Request-ID';
export const ACTIVATION_HEADER = 'x-openwhisk-activation-id';

/** Copying them costs less than writing them down anew for each answer. */
const JSON_HEADERS = new Headers({ ...CORS_HEADERS, 'Content-Type': 'application/json' });

/** A JSON answer of an operation. @param text JSON, already serialized */
export function answer(call: Call, status: number, text: string, activationId?: string): Response {
  const headers = new Headers(JSON_HEADERS);
  headers.set(TRANSACTION_HEADER, call.transactionId);
  if (activationId !== undefined) headers.set(ACTIVATION_HEADER, activationId);
  return new Response(bodyOf(text), { status, headers });
}

/** An answer of an operation that is no JSON. */
export function plain(call: Call, text: string): Response {
  const headers = {
    ...CORS_HEADERS,
    'Content-Type': 'text/plain; charset=UTF-8',
    [TRANSACTION_HEADER]: call.transactionId,
  };
  return new Response(text, { headers });
}

/** Something was accepted that is not waited for, or has not ended in time. */
export function accept(call: Call, activationId: string): Response {
  return answer(call, 202, `{"activationId":"${activationId}"}`, activationId);
}

/** Done, and there is nothing to tell. */
export function noContent(call: Call): Response {
  return new Response(null, { status: 204, headers: { ...CORS_HEADERS, [TRANSACTION_HEADER]: call.transactionId } });
}
