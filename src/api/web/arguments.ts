import { type JsonObject, type JsonText, mergeText, type Payload } from '../../model/json.ts';
import { messages } from '../../model/messages.ts';
import { refuse } from '../../model/refusal.ts';
import { UNTYPED, type WebBody } from './body.ts';

export interface WebContext {
  readonly method: string;
  readonly headers: Headers;
  /** What follows the action in the path. */
  readonly rest: string;
  readonly query: string;
  /** The namespace of the caller's key, when there is one. */
  readonly user?: string;
}

const RESERVED = ['__ow_method', '__ow_headers', '__ow_path', '__ow_user', '__ow_query', '__ow_body'];
/** Of the connection and of the request's way here, not of the request. */
const NOT_PASSED = ['content-length', 'transfer-encoding', 'x-ow-extra-logging'];

/**
 * What a web request hands to its action: the context, then the query, then the body; what comes later wins (WEB-03, WEB-05). A raw action gets query and body as two
 * strings.
 *
 * @throws Refusal 400 when query or body bring what is reserved for the context
 */
export function webArguments(context: WebContext, body: WebBody, isRaw: boolean): Payload {
  if (isRaw) {
    const text = body.is === 'opaque' ? body.text : '""';
    return withBody({ ...contextOf(context, body), __ow_query: context.query }, text);
  }
  const query = Object.fromEntries(new URLSearchParams(context.query));
  checkReserved(Object.keys(query));
  const own = { ...contextOf(context, body), ...query };
  switch (body.is) {
    case 'nothing':
      return { text: JSON.stringify(own), keys: Object.keys(own) };
    case 'opaque':
      return withBody(own, body.text);
    case 'arguments':
      checkReserved(body.keys);
      return { text: mergeText(own, JSON.stringify(own), body), keys: [...Object.keys(own), ...body.keys] };
  }
}

function contextOf({ method, headers, rest, user }: WebContext, body: WebBody): JsonObject {
  const passed: JsonObject = headers.toJSON();
  for (const name of NOT_PASSED) delete passed[name];
  if (body.is !== 'nothing') passed['content-type'] ??= UNTYPED;
  return {
    __ow_method: method.toLowerCase(),
    __ow_headers: passed,
    __ow_path: rest,
    ...(user === undefined ? {} : { __ow_user: user }),
  };
}

/** The body's text is JSON already, and may be long. */
function withBody(own: JsonObject, body: JsonText): Payload {
  const text = `${JSON.stringify(own).slice(0, -1)},"__ow_body":${body}}`;
  return { text, keys: [...Object.keys(own), '__ow_body'] };
}

function checkReserved(keys: readonly string[]): void {
  if (RESERVED.some((key) => keys.includes(key))) throw refuse(400, messages.parametersNotAllowed);
}
