/** A JSON value. */
export type Json = null | boolean | number | string | Json[] | JsonObject;
export type JsonObject = { [key: string]: Json };

/**
 * JSON as text. Payloads and results travel as text from the client to the runtime and back, so that
 * the node looks each of them through once, to check it (`json-outline.ts`), and makes no values of it.
 */
export type JsonText = string;

/** True for a JSON object: not null, not an array. */
export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** A JSON object as it was written, with the keys that it has: who only hands it on, or puts something beside it, needs no more. */
export interface Payload {
  readonly text: JsonText;
  readonly keys: readonly string[];
}

/**
 * How deep JSON may be nested: as deep as OpenWhisk's parser goes. What is much deeper could neither be walked nor be written again
 * without an overflow of the stack, which takes the thread seconds to find out.
 */
export const MAX_DEPTH = 1000;

/** The object without these keys. */
export function omit(object: JsonObject, keys: readonly string[]): JsonObject {
  return Object.fromEntries(Object.entries(object).filter(([key]) => !keys.includes(key)));
}

/**
 * Two objects as one, by key: `over` wins. What `over` has stays as it was written: it is neither parsed nor serialized again, and
 * numbers that JavaScript cannot hold keep their digits.
 *
 * @param underText `under` as `JSON.stringify` writes it
 */
export function mergeText(under: JsonObject, underText: JsonText, over: Payload): JsonText {
  if (over.keys.length === 0) return underText;
  const shadowed = Object.keys(under).filter((key) => over.keys.includes(key));
  const head = shadowed.length === 0 ? underText : JSON.stringify(omit(under, shadowed));
  if (head === '{}') return over.text;
  return `${head.slice(0, -1)},${over.text.slice(over.text.indexOf('{') + 1)}`;
}
