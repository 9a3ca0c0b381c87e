import type { JsonText, Payload } from '../../model/json.ts';
import { messages } from '../../model/messages.ts';
import { malformed, refuse } from '../../model/refusal.ts';
import { checkedOutline } from '../body.ts';
import { FORM_TYPE, isJsonFamily, JSON_TYPE, type MediaType, parseMediaType } from '../media-type.ts';

/** The body of a web request as its action gets it (WEB-04): nothing, arguments, or one value as `__ow_body`. */
export type WebBody =
  | { readonly is: 'nothing' }
  | ({ readonly is: 'arguments' } & Payload)
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
  const header = request.headers.get('content-type');
  const type = parseMediaType(header ?? UNTYPED) ?? { value: UNTYPED, charset: 'none' };
  const isJson = !isRaw && isJsonFamily(type);
  const isForm = !isRaw && type.value === FORM_TYPE;
  const as = !isJson && !isForm && isSentAsBase64(type) ? 'base64' : 'utf8';
  const text = await read(request, as, maxBytes);
  if (text === '' && (header === null || isJson)) return nothing;
  if (isJson) return jsonBody(text);
  return isForm ? formBody(text) : { is: 'opaque', text: JSON.stringify(text) };
}

/** JSON that is not read is base64 for no better reason than that it always was. */
function isSentAsBase64({ charset, value }: MediaType): boolean {
  return charset === 'none' || value === JSON_TYPE;
}

function jsonBody(text: string): WebBody {
  const { type, keys } = checkedOutline(text);
  return type === 'object' ? { is: 'arguments', keys, text } : { is: 'opaque', text };
}

function formBody(text: string): WebBody {
  const value = Object.fromEntries(new URLSearchParams(text));
  return { is: 'arguments', keys: Object.keys(value), text: JSON.stringify(value) };
}

/** @throws Refusal 413 before anything is read, where the request says how long it is */
export function checkDeclaredSize(request: Request, maxBytes: number): void {
  const declared = declaredSize(request);
  if (declared !== undefined && declared > maxBytes) throw tooBig(declared, maxBytes);
}

/** @param as text is UTF-8, whatever charset its type names */
async function read(request: Request, as: 'utf8' | 'base64', maxBytes: number): Promise<string> {
  checkDeclaredSize(request, maxBytes);
  try {
    // A stream costs more than all the rest; it is only made where the length is not known.
    if (declaredSize(request) === undefined) {
      if (request.body === null) return '';
      const bytes = await readChunks(request.body, maxBytes);
      return as === 'base64' ? bytes.toString('base64') : new TextDecoder().decode(bytes);
    }
    return as === 'base64' ? Buffer.from(await request.arrayBuffer()).toString('base64') : await request.text();
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
