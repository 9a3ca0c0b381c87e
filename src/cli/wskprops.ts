/** What `wsk property set` keeps for a user: the host and the key that its commands go to. */
export interface WskProperties {
  readonly apihost?: string;
  /** `uuid:key`. */
  readonly auth?: string;
}

/** Reads `~/.wskprops`: lines of `KEY=value`. Others than these are not asked for here. Pure. */
export function parseWskProperties(text: string): WskProperties {
  const value = (key: string) =>
    new RegExp(`^[ \\t]*${key}[ \\t]*=[ \\t]*(.*?)[ \\t\\r]*$`, 'm').exec(text)?.[1] || undefined;
  const [apihost, auth] = [value('APIHOST'), value('AUTH')];
  return { ...(apihost !== undefined && { apihost }), ...(auth !== undefined && { auth }) };
}

/** An address as wsk understands it: `host`, `host:port` (both https), or a whole one. Undefined when it is none. */
export function addressOf(apihost: string): string | undefined {
  const text = /^https?:\/\//i.test(apihost) ? apihost : `https://${apihost}`;
  if (!URL.canParse(text)) return undefined;
  const { origin, hostname } = new URL(text);
  return hostname === '' ? undefined : origin;
}
