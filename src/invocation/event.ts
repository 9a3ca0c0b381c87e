import type { Parameter } from '../model/entities.ts';
import { type JsonObject, mergeText, type Payload } from '../model/json.ts';

/**
 * Headers that no action gets to see. OpenWhisk hands all of them on, so that an action learns the key of whoever
 * fires. What describes the body is not among the headers of Pekko, either.
 */
const WITHHELD: ReadonlySet<string> = new Set([
  'authorization',
  'proxy-authorization',
  'cookie',
  'content-type',
  'content-length',
  'transfer-encoding',
]);

/**
 * What the actions of a trigger's rules are called with: the trigger's parameters, the request's headers as
 * `__ow_headers`, the payload, later ones over earlier ones (Triggers.activate). Pure.
 *
 * @param headers names in lower case
 */
export function eventOf(
  parameters: readonly Parameter[],
  headers: Readonly<Record<string, string>>,
  payload: Payload,
): Payload {
  const passed = Object.entries(headers).filter(([name]) => !WITHHELD.has(name));
  const fields = parameters.map(({ key, value: standard }) => [key, standard] as const);
  const under: JsonObject = Object.fromEntries([...fields, ['__ow_headers', Object.fromEntries(passed)]]);
  return { text: mergeText(under, JSON.stringify(under), payload), keys: [...Object.keys(under), ...payload.keys] };
}
