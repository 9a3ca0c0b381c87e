/** A JSON value. */
export type Json = null | boolean | number | string | Json[] | JsonObject;
export type JsonObject = { [key: string]: Json };

/**
 * JSON as text. Payloads and results travel as text from the client to the runtime and back, so that
 * the node parses each of them once, to check it, and never serializes it again.
 */
export type JsonText = string;

/** True for a JSON object: not null, not an array. */
export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The object without these keys. */
export function omit(object: JsonObject, keys: readonly string[]): JsonObject {
  return Object.fromEntries(Object.entries(object).filter(([key]) => !keys.includes(key)));
}

/**
 * Two objects as one, by key: `over` wins. What `over` has stays as it was written: it is not serialized again, and
 * numbers that JavaScript cannot hold keep their digits.
 *
 * @param underText `under` as `JSON.stringify` writes it
 * @param overText the text that `over` was parsed from
 */
export function mergeText(under: JsonObject, underText: JsonText, over: JsonObject, overText: JsonText): JsonText {
  if (Object.keys(over).length === 0) return underText;
  const shadowed = Object.keys(under).filter((key) => Object.hasOwn(over, key));
  const head = shadowed.length === 0 ? underText : JSON.stringify(omit(under, shadowed));
  if (head === '{}') return overText;
  return `${head.slice(0, -1)},${overText.slice(overText.indexOf('{') + 1)}`;
}
