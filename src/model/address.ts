/** An address that may have had `user:password@` in it. */
export interface Address {
  /** Without them: what people may read. */
  readonly bare: string;
  /** Empty when there was none. */
  readonly user: string;
  readonly password: string;
}

/** @param text an address that `URL` can read */
export function takeApart(text: string): Address {
  const url = new URL(text);
  const [user, password] = [decoded(url.username), decoded(url.password)];
  url.username = '';
  url.password = '';
  return { bare: url.href, user, password };
}

/** HTTP's Basic authentication; nothing for nobody. */
export function basicAuth({ user, password }: Pick<Address, 'user' | 'password'>): Record<string, string> {
  return user === '' ? {} : { Authorization: `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}` };
}

/** A `%` that nobody has encoded stands for itself. */
function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
