import type { Context } from 'hono';
import type { Json, JsonText, Payload } from '../model/json.ts';
import { type Outline, outlineOf } from '../model/json-outline.ts';
import { messages } from '../model/messages.ts';
import { malformed, Refusal, refuse } from '../model/refusal.ts';
import { jsonProblem } from './json-problem.ts';

/**
 * The request's body as JSON.
 *
 * @throws Refusal 415 for another content type, 413 over `maxBytes`, 400 for what is not JSON, as no body at all
 */
export async function readJson(context: Context, maxBytes: number): Promise<Json> {
  const text = await readText(context, maxBytes);
  const type = context.req.header('content-type');
  if (text === '' && type !== undefined) checkContentType(type);
  checkedOutline(text);
  return JSON.parse(text) as Json;
}

/** A body that must be a JSON object, of which no value is made; an empty one is `{}`. @throws Refusal as `readJson` */
export async function readPayload(context: Context, maxBytes: number): Promise<Payload> {
  const text = (await readText(context, maxBytes)) || '{}';
  const { type, keys } = checkedOutline(text);
  if (type !== 'object') throw malformed(messages.contentMalformed(messages.objectExpected));
  return { text, keys };
}

/** @throws Refusal 400 that says where it stops being JSON, or that it is nested too deeply */
export function checkedOutline(text: JsonText): Outline {
  const outline = outlineOf(text);
  if (outline === undefined) throw malformed(messages.contentMalformed(jsonProblem(text)));
  return outline;
}

async function readText(context: Context, maxBytes: number): Promise<JsonText> {
  const declared = Number(context.req.header('content-length') ?? 0);
  if (declared > maxBytes) throw refuse(413, messages.entityTooBig('Request', declared, maxBytes));
  let text: string;
  try {
    text = await context.req.text();
  } catch {
    // The client broke off, or sent more than the server takes at all.
    throw new Refusal(400, messages.contentMalformed('the body broke off'), { rejected: true });
  }
  if (text === '') return '';
  checkContentType(context.req.header('content-type'));
  if (text.length * 3 > maxBytes) {
    const size = Buffer.byteLength(text);
    if (size > maxBytes) throw refuse(413, messages.entityTooBig('Request', size, maxBytes));
  }
  return text;
}

function checkContentType(header: string | undefined): void {
  const type = header?.split(';', 1)[0]?.trim().toLowerCase() ?? 'application/octet-stream';
  if (type !== 'application/json') throw malformed(messages.contentTypeUnsupported(type), 415);
}
