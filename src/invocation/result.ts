import { isObject, type Json, type JsonObject, type JsonText } from '../model/json.ts';
import type { Response } from '../model/outcome.ts';

/** How results are read on their way from one part of a sequence or composition to the next. Pure; all texts are valid JSON. */

/** True when it has an `error`, in whatever status: a composition may succeed with one. */
export function hasError({ status, result }: Response): boolean {
  if (status !== 'success') return true;
  if (!result.includes('"error"')) return false;
  const value = JSON.parse(result) as Json;
  return isObject(value) && Object.hasOwn(value, 'error');
}

/** What a conductor says is to be done next: an action to be invoked, or the end. */
export interface Continuation {
  /** What should be a name; undefined at the end. */
  readonly action: Json | undefined;
  /** Arguments of the action, or the result of the composition. */
  readonly params: JsonText;
  readonly state: JsonObject | undefined;
}

/**
 * Reads a conductor's result. `params` and `state` that are no objects are boxed, as docs/conductors.md says. An action
 * without `params` gets none; without an action, and without `params`, all of the result is the end's.
 */
export function readContinuation(result: JsonText): Continuation {
  const value = JSON.parse(result) as Json;
  const end = { action: undefined, params: result, state: undefined };
  if (!isObject(value)) return end;
  const { action, params, state } = ownFields(value);
  if (action === undefined && params === undefined) return end;
  return {
    action,
    params: params === undefined ? '{}' : JSON.stringify(isObject(params) ? params : { value: params }),
    state: state === undefined || isObject(state) ? state : { state },
  };
}

function ownFields(value: JsonObject): { action?: Json; params?: Json; state?: Json } {
  const own = (key: string) => (Object.hasOwn(value, key) ? { [key]: value[key] as Json } : {});
  return { ...own('action'), ...own('params'), ...own('state') };
}

/**
 * What a conductor is called with: the result of the part before it, the state over it. OpenWhisk knows objects
 * here only and fails on arrays; they are boxed as `params` are.
 */
export function withState(result: JsonText, state: JsonObject | undefined): JsonText {
  const isArray = /^\s*\[/.test(result);
  if (state === undefined && !isArray) return result;
  const value = JSON.parse(result) as JsonObject;
  return JSON.stringify({ ...(isArray ? { value } : value), ...state });
}
