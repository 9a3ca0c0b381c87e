import type { Context } from 'hono';
import type { Json, JsonObject, JsonText } from '../model/json.ts';
import { isObject, isTooDeep } from '../model/json.ts';
import { messages } from '../model/messages.ts';
import { malformed, Refusal, refuse } from '../model/refusal.ts';
import { jsonProblem } from './json-problem.ts';

/**
 * The request's body as JSON, with its text; an empty one is `{}`.
 *
 * @throws Refusal 415 for another content type, 413 over `maxBytes`, 400 for what is not JSON
 */
export async function readJson(context: Context, maxBytes: number): Promise<{ value: Json; text: JsonText }> {
  const declared = Number(context.req.header('content-length') ?? 0);
  if (declared > maxBytes) throw refuse(413, messages.entityTooBig('Request', declared, maxBytes));
  let text: string;
  try {
    text = await context.req.text();
  } catch {
    // The client broke off, or sent more than the server takes at all.
    throw new Refusal(400, messages.contentMalformed('the body broke off'), { rejected: true });
  }
  if (text === '') return { value: {}, text: '{}' };
  checkContentType(context.req.header('content-type'));
  if (text.length * 3 > maxBytes) {
    const size = Buffer.byteLength(text);
    if (size > maxBytes) throw refuse(413, messages.entityTooBig('Request', size, maxBytes));
  }
  return { value: parseJson(text), text };
}

/** @throws Refusal 400 that says where it stops being JSON, or that it is nested too deeply */
export function parseJson(text: string): Json {
  try {
    if (!isTooDeep(text)) return JSON.parse(text) as Json;
  } catch {}
  throw malformed(messages.contentMalformed(jsonProblem(text)));
}

/** A body that must be a JSON object. */
export async function readObject(context: Context, maxBytes: number): Promise<{ value: JsonObject; text: JsonText }> {
  const { value, text } = await readJson(context, maxBytes);
  if (!isObject(value)) throw malformed(messages.contentMalformed(messages.objectExpected));
  return { value, text };
}

function checkContentType(header: string | undefined): void {
  const type = header?.split(';', 1)[0]?.trim().toLowerCase() ?? 'application/octet-stream';
  if (type !== 'application/json') throw malformed(messages.contentTypeUnsupported(type), 415);
}
