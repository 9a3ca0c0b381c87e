import { randomInt } from 'node:crypto';

/** A key as clients send it: the user name and the password of Basic auth. */
export interface AuthKey {
  /** A UUID in lower case, with dashes. */
  readonly uuid: string;
  /** At least 64 characters. */
  readonly key: string;
}

/** The keys that every OpenWhisk standalone has (standalone.conf, `whisk.users`), and wsk's documents show. */
export const wellKnownKeys: Readonly<Record<'guest' | 'whisk.system', AuthKey>> = {
  guest: {
    uuid: '23bc46b1-71f6-4ed5-8c54-816aa4f8c502',
    key: '123zO3xZCLrMN6v2BKK1dXYFpXlPkccOFqm12CdAsMgRU4VrNZ9lyGVCGuMDGIwP',
  },
  'whisk.system': {
    uuid: '789c46b1-71f6-4ed5-8c54-816aa4f8c502',
    key: 'abczO3xZCLrMN6v2BKK1dXYFpXlPkccOFqm12CdAsMgRU4VrNZ9lyGVCGuMDGIwP',
  },
};

export function isWellKnown({ uuid, key }: AuthKey): boolean {
  return Object.values(wellKnownKeys).some((known) => known.uuid === uuid && known.key === key);
}

const KEY_LENGTH = 64;
const ALPHABET = 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789';

export function randomKey(): AuthKey {
  const key = Array.from({ length: KEY_LENGTH }, () => ALPHABET[randomInt(ALPHABET.length)]).join('');
  return { uuid: crypto.randomUUID(), key };
}

export function showKey({ uuid, key }: AuthKey): string {
  return `${uuid}:${key}`;
}

/**
 * Reads `uuid:key` as wskadmin does: the UUID in any spelling that Python's `uuid.UUID` takes; what follows a second colon is
 * dropped. But it stays the UUID that was given: wskadmin makes it version 4, and then the key that was given opens nothing.
 * A sentence when it is no key.
 */
export function parseKey(text: string): AuthKey | string {
  const [id = '', key] = text.split(':');
  const uuid = canonicalUuid(id);
  if (uuid === undefined) return 'authorization id is not a valid UUID';
  if (key === undefined) return 'failed to determine authorization id and key: list index out of range';
  if (key.length < KEY_LENGTH) return 'authorization key must be at least 64 characters long';
  return { uuid, key };
}

function canonicalUuid(text: string): string | undefined {
  const digits = text.replace(/[{}-]/g, '').toLowerCase();
  if (!/^[0-9a-f]{32}$/.test(digits)) return undefined;
  const ends = [8, 12, 16, 20, 32];
  return ends.map((end, n) => digits.slice(n === 0 ? 0 : ends[n - 1], end)).join('-');
}
