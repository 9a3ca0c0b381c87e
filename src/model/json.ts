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

/** How deep JSON may be nested: as deep as OpenWhisk's parser goes. */
export const MAX_DEPTH = 1000;

/**
 * Whether a text is nested deeper than allowed: parsed, it could neither be walked nor be written again without an overflow of the
 * stack, which takes the thread seconds to find out. A text that is too short for that costs nothing.
 *
 * @param text JSON, or what may be
 */
export function isTooDeep(text: JsonText): boolean {
  if (text.length <= 2 * MAX_DEPTH) return false;
  let depth = 0;
  for (let at = 0; at < text.length; at++) {
    const char = text.charCodeAt(at);
    if (char === 0x22) at = endOfString(text, at);
    else if (char === 0x5b || char === 0x7b) {
      if (++depth > MAX_DEPTH) return true;
    } else if (char === 0x5d || char === 0x7d) depth--;
  }
  return false;
}

/** Where the closing quote is; a text without one ends there. */
function endOfString(text: string, open: number): number {
  let at = open;
  for (;;) {
    at = text.indexOf('"', at + 1);
    if (at < 0) return text.length;
    let escapes = 0;
    while (text.charCodeAt(at - 1 - escapes) === 0x5c) escapes++;
    if (escapes % 2 === 0) return at;
  }
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
