import { isBase64, isPaddedBase64 } from '../../model/base64.ts';
import { messages } from '../../model/messages.ts';
import { type Refusal, refuse } from '../../model/refusal.ts';
import { ACTIVATION_HEADER, TRANSACTION_HEADER } from '../call.ts';
import { type Exact, type ExactObject, prettyPrint } from '../exact-json.ts';
import { contentTypeOf, isJsonFamily, JSON_TYPE, type MediaType, parseMediaType } from '../media-type.ts';
import type { Extension } from './path.ts';

/** An answer as an action wants it. Its headers have no content type: that is apart. */
export interface WebAnswer {
  readonly status: number;
  readonly headers?: Headers | undefined;
  readonly contentType?: string;
  readonly body?: string | Buffer<ArrayBuffer>;
}

/**
 * From an action's result to the answer that the extension asks for (WEB-08…11, WebActions.scala). Pure.
 *
 * @throws Refusal with OpenWhisk's status and sentence, when the result is not what the extension promises
 */
export function webAnswer(extension: Extension, result: Exact): WebAnswer {
  switch (extension) {
    case 'http':
      return httpAnswer(result);
    case 'json':
      return jsonAnswer(result);
    case 'html':
      return { status: 200, contentType: 'text/html; charset=UTF-8', body: textIn(result, 'html', 'text/html') };
    case 'svg':
      return { status: 200, contentType: 'image/svg+xml', body: textIn(result, 'svg', 'image/svg+xml') };
    case 'text':
      return textAnswer(result);
  }
}

function jsonAnswer(result: Exact): WebAnswer {
  if (!isExactObject(result) && !Array.isArray(result)) throw invalid(JSON_TYPE);
  return { status: 200, contentType: JSON_TYPE, body: printed(result) };
}

function textIn(result: Exact, field: string, type: string): string {
  const text = isExactObject(result) ? bodyOr(result, field) : result;
  if (typeof text !== 'string') throw invalid(type);
  return text;
}

function textAnswer(result: Exact): WebAnswer {
  const text = isExactObject(result) ? bodyOr(result, 'text') : result;
  if (text === undefined) throw refuse(404, messages.webPropertyMissing);
  const body = typeof text === 'string' ? text : printed(text);
  return { status: 200, contentType: 'text/plain; charset=UTF-8', body };
}

function bodyOr(result: ExactObject, field: string): Exact | undefined {
  return Object.hasOwn(result, 'body') ? result.body : Object.hasOwn(result, field) ? result[field] : undefined;
}

/** The action's own status, headers and body. */
function httpAnswer(result: Exact): WebAnswer {
  if (!isExactObject(result)) throw invalid(HTTP);
  const { contentType, rest: headers } = headersOf(result.headers);
  const code = result.statusCode === undefined ? undefined : statusOf(result.statusCode);
  const { body } = result;
  if (body === undefined || body === null || body === '') return { status: code ?? 204, headers };
  const type = parseMediaType(contentType ?? (typeof body === 'string' ? 'text/html' : JSON_TYPE));
  const answer = { status: code ?? 200, headers };
  if (typeof body === 'string') {
    if (!type) throw refuse(400, messages.webContentTypeUnknown);
    return { ...answer, contentType: contentTypeOf(type), body: entityOf(body, type) };
  }
  if (!type || !isJsonFamily(type)) throw mismatch();
  return { ...answer, contentType: type.value, body: printed(body) };
}

const HTTP = 'message/http';

/** A whole number, or one in a string. Of what HTTP knows, but what only announces an answer is none. */
function statusOf(code: Exact): number {
  const text = typeof code === 'string' || typeof code === 'number' ? String(code) : '';
  const status = /^[+-]?\d{1,10}$/.test(text) ? Number(text) : 0;
  if (status < 200 || status > 599) throw invalid(HTTP);
  return status;
}

const NOT_THE_ACTIONS = [
  // What the server itself says about a connection and its messages; Pekko lets no action say it, either.
  ...['content-length', 'content-type', 'transfer-encoding', 'date', 'server', 'connection'],
  // What people look for in our logs and records.
  ...[ACTIVATION_HEADER, TRANSACTION_HEADER.toLowerCase()],
];

function headersOf(given: Exact | undefined): { readonly contentType?: string | undefined; readonly rest?: Headers } {
  if (given === undefined) return {};
  if (!isExactObject(given)) throw invalid(HTTP);
  const rest = new Headers();
  let contentType: string | undefined;
  for (const [name, value] of Object.entries(given)) {
    for (const text of headerValues(value)) {
      if (name.toLowerCase() === 'content-type') contentType ??= text;
      if (!NOT_THE_ACTIONS.includes(name.toLowerCase())) append(rest, name, text);
    }
  }
  return { contentType, rest };
}

function headerValues(value: Exact): string[] {
  if (Array.isArray(value)) return value.flatMap(headerValues);
  if (value === null || typeof value === 'object') throw invalid(HTTP);
  return [String(value)];
}

function append(headers: Headers, name: string, value: string): void {
  try {
    headers.append(name, value);
  } catch {
    // No header at all: a line break, a blank in the name, letters that HTTP cannot carry.
    throw invalid(HTTP);
  }
}

/** Text as it is, all else decoded from base64; and JSON, too, since web actions once had to send it so. */
function entityOf(body: string, type: MediaType): string | Buffer<ArrayBuffer> {
  if (type.charset !== 'none') {
    const isEncoded = isJsonFamily(type) && isPaddedBase64(body.trim()) && !isPlainJson(body);
    return isEncoded ? Buffer.from(body, 'base64') : body;
  }
  if (!isBase64(body)) throw mismatch();
  return Buffer.from(body, 'base64');
}

/** `1234` and `true` look like base64, but would be broken by decoding. */
function isPlainJson(text: string): boolean {
  return /^\s*(?:true|null|\d+)\s*$/.test(text);
}

/** @throws Refusal when it nests so deep that it cannot be printed */
function printed(value: Exact): string {
  try {
    return prettyPrint(value);
  } catch (error) {
    if (error instanceof RangeError) throw refuse(400, messages.webFailed);
    throw error;
  }
}

function isExactObject(value: Exact | undefined): value is ExactObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function invalid(type: string): Refusal {
  return refuse(400, messages.webMediaInvalid(type));
}

function mismatch(): Refusal {
  return refuse(400, messages.webContentTypeMismatch);
}
