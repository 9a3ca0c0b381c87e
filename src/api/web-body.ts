import { isObject, type Json, type JsonObject, type JsonText } from '../model/json.ts';
import { messages } from '../model/messages.ts';
import { malformed, refuse } from '../model/refusal.ts';
import { jsonProblem } from './json-problem.ts';
import { FORM_TYPE, isJsonFamily, JSON_TYPE, type MediaType, parseMediaType } from './media-type.ts';

/** The body of a web request as its action gets it (WEB-04): nothing, arguments, or one value as `__ow_body`. */
export type WebBody =
  | { readonly is: 'nothing' }
  | { readonly is: 'arguments'; readonly value: JsonObject; readonly text: JsonText }
  | { readonly is: 'opaque'; readonly text: JsonText };

export const UNTYPED = 'application/octet-stream';

const nothing: WebBody = { is: 'nothing' };

/**
 * A JSON object and a form become arguments; other JSON and text go as they are, all else as base64. A raw action gets no
 * arguments, and JSON as base64, too.
 *
 * @throws Refusal 413 over `maxBytes`, 400 for what is not the JSON that it says it is
 */
export async function readWebBody(request: Request, isRaw: boolean, maxBytes: number): Promise<WebBody> {
  const bytes = await readBytes(request, maxBytes);
  const header = request.headers.get('content-type');
  if (bytes.length === 0 && header === null) return nothing;
  const type = parseMediaType(header ?? UNTYPED) ?? { value: UNTYPED, charset: 'none' };
  if (!isRaw && isJsonFamily(type)) return bytes.length === 0 ? nothing : jsonBody(textOf(bytes));
  if (!isRaw && type.value === FORM_TYPE) return formBody(textOf(bytes));
  return { is: 'opaque', text: JSON.stringify(isSentAsBase64(type) ? bytes.toString('base64') : textOf(bytes)) };
}

/** JSON that is not read is base64 for no better reason than that it always was. */
function isSentAsBase64({ charset, value }: MediaType): boolean {
  return charset === 'none' || value === JSON_TYPE;
}

function jsonBody(text: string): WebBody {
  let value: Json;
  try {
    value = JSON.parse(text) as Json;
  } catch {
    throw malformed(messages.contentMalformed(jsonProblem(text)));
  }
  return isObject(value) ? { is: 'arguments', value, text } : { is: 'opaque', text };
}

function formBody(text: string): WebBody {
  const value = Object.fromEntries(new URLSearchParams(text));
  return { is: 'arguments', value, text: JSON.stringify(value) };
}

/** UTF-8, whatever charset the type names. */
function textOf(bytes: Buffer): string {
  return new TextDecoder().decode(bytes);
}

/** @throws Refusal 413 before anything is read, where the request says how long it is */
export function checkDeclaredSize(request: Request, maxBytes: number): void {
  const declared = declaredSize(request);
  if (declared !== undefined && declared > maxBytes) throw tooBig(declared, maxBytes);
}

async function readBytes(request: Request, maxBytes: number): Promise<Buffer> {
  checkDeclaredSize(request, maxBytes);
  try {
    // A stream costs more than all the rest; it is only made where the length is not known.
    if (declaredSize(request) !== undefined) return Buffer.from(await request.arrayBuffer());
    return request.body === null ? Buffer.alloc(0) : await readChunks(request.body, maxBytes);
  } catch (error) {
    if (error instanceof TooLong) throw tooBig(error.size, maxBytes);
    throw malformed(messages.contentMalformed('the body broke off'));
  }
}

/** Of a body that does not say how long it is no more is read than is allowed. */
async function readChunks(body: ReadableStream<Uint8Array>, maxBytes: number): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of body) {
    size += chunk.length;
    if (size > maxBytes) throw new TooLong(size);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks, size);
}

class TooLong extends Error {
  readonly size: number;

  constructor(size: number) {
    super('too long');
    this.size = size;
  }
}

function declaredSize(request: Request): number | undefined {
  const header = request.headers.get('content-length');
  return header === null ? undefined : Number(header);
}

function tooBig(size: number, maxBytes: number) {
  return refuse(413, messages.entityTooBig('Request', size, maxBytes));
}
