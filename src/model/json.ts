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
