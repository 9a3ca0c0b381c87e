import { messages } from '../model/messages.ts';
import { isName } from '../model/names.ts';
import { malformed } from '../model/refusal.ts';

/** Reading of query parameters, refused in OpenWhisk's words (RestApiCommons, Activations.scala). */

const NO_QUERY = new URLSearchParams();
/** Clients ask the same again and again: what was read once is kept, up to so many texts that are no longer than this. */
const known = new Map<string, URLSearchParams>();
const MAX_KNOWN = 256;
const MAX_KNOWN_LENGTH = 256;

/** The query of a request's URL. Others may be reading the same: nobody changes it. */
export function queryOf(url: string): URLSearchParams {
  const at = url.indexOf('?');
  if (at < 0) return NO_QUERY;
  const text = url.slice(at);
  const found = known.get(text);
  if (found) return found;
  const query = new URLSearchParams(text);
  if (text.length <= MAX_KNOWN_LENGTH) {
    if (known.size >= MAX_KNOWN) known.clear();
    known.set(text, query);
  }
  return query;
}

export const LIST_LIMIT = { std: 30, max: 200 } as const;

const bad = (parameter: string, why: string) => malformed(messages.queryMalformed(parameter, why));

/** Pekko's booleans: true, yes, on, 1 and their opposites. */
export function booleanOf(query: URLSearchParams, name: string, whenAbsent: boolean): boolean {
  const value = query.get(name);
  if (value === null) return whenAbsent;
  switch (value.toLowerCase()) {
    case 'true':
    case 'yes':
    case 'on':
    case '1':
      return true;
    case 'false':
    case 'no':
    case 'off':
    case '0':
      return false;
    default:
      throw bad(name, messages.notBoolean(value));
  }
}

export interface Page {
  readonly skip: number;
  readonly limit: number;
}

/** `limit` and `skip`; a limit of 0 means the maximum. */
export function pageOf(query: URLSearchParams, collection: string): Page {
  return { skip: skipOf(query, collection), limit: limitOf(query, collection) };
}

function skipOf(query: URLSearchParams, collection: string): number {
  const text = query.get('skip');
  if (text === null) return 0;
  const skip = integer('skip', text, collection);
  if (skip < 0) throw bad('skip', messages.listSkip(text, collection));
  return skip;
}

function limitOf(query: URLSearchParams, collection: string): number {
  const text = query.get('limit');
  if (text === null) return LIST_LIMIT.std;
  const limit = integer('limit', text, collection);
  if (limit < 0 || limit > LIST_LIMIT.max) throw bad('limit', messages.listLimit(text, LIST_LIMIT.max, collection));
  return limit === 0 ? LIST_LIMIT.max : limit;
}

/** Of 32 bits, as Scala's `toInt`. */
function integer(name: string, text: string, collection: string): number {
  const value = Number(text);
  if (!/^[+-]?\d+$/.test(text) || value !== (value | 0)) throw bad(name, messages.notInteger(text, collection));
  return value;
}

/** Milliseconds since the epoch, or undefined. */
export function epochOf(query: URLSearchParams, name: string): number | undefined {
  const text = query.get(name);
  if (text === null) return undefined;
  const value = Number(text);
  if (!/^[+-]?\d+$/.test(text) || !Number.isSafeInteger(value)) throw bad(name, messages.badEpoch(text));
  return value;
}

/** `name` filters by `action` or `package/action`; empty filters nothing. Slashes count as in EntityPath.scala. */
export function nameFilterOf(query: URLSearchParams): string | undefined {
  const text = query.get('name');
  if (text === null || text.trim() === '') return undefined;
  const parts = text.split('/').filter((part) => part !== '');
  if (parts.length === 0 || parts.length > 2 || !parts.every(isName)) throw bad('name', messages.badNameFilter(text));
  return parts.join('/');
}

/** How long a blocking call waits, in milliseconds. */
export function waitOf(query: URLSearchParams, max: number): number {
  const text = query.get('timeout');
  if (text === null) return max;
  const wait = Number(text);
  if (!/^\d+$/.test(text) || wait < 1 || wait > max) throw bad('timeout', messages.badTimeout(max));
  return wait;
}
