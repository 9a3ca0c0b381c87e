import type { Subject, SubjectNamespace } from '../model/identity.ts';
import type { SubjectStore } from '../store/store.ts';
import { type AuthKey, isWellKnown, parseKey, randomKey, showKey, wellKnownKeys } from './keys.ts';
import { change } from './subjects.ts';

/**
 * The subjects that a node has from its first start: `guest` and `whisk.system`, and those of the configuration.
 *
 * - Where only this machine can reach the node, the two get OpenWhisk's well-known keys, as in OpenWhisk standalone.
 * - Where other machines can, they get random keys, and no subject keeps a well-known key.
 * - A key that an operator gave is left alone, but for the configuration's, which wins.
 */

export interface BootstrapOptions {
  readonly subjects: SubjectStore;
  /** From the configuration: `uuid:key` by name. */
  readonly users: ReadonlyMap<string, string>;
  /** True when other machines can reach the node. */
  readonly exposed: boolean;
  /** False when the subjects are somebody else's, such as OpenWhisk's: keys that are there are left as they are. */
  readonly isOwn?: boolean;
}

export interface Bootstrapped {
  /** Random keys that were made now: to be shown, this once. `uuid:key` by namespace. */
  readonly fresh: ReadonlyMap<string, string>;
  /** The guest's key, where it is no secret: it is well-known, or was made now. */
  readonly guestKey: string | undefined;
  /** Namespaces that keep a key which everybody knows, because it is not ours to replace. */
  readonly wellKnown: readonly string[];
}

/** The configuration wants a key that everybody knows on a node that everybody can reach. */
export class KeyRefused extends Error {
  override readonly name = 'KeyRefused';
}

/** Idempotent: on the second start nothing is written. */
export async function bootstrapUsers(options: BootstrapOptions): Promise<Bootstrapped> {
  const { subjects, users, exposed, isOwn = true } = options;
  const fresh = new Map<string, string>();
  for (const [name, text] of users) await configure(subjects, name, readKey(name, text, exposed));
  for (const name of ['guest', 'whisk.system'] as const) {
    const ensured = await ensure(subjects, name, exposed ? randomKey() : wellKnownKeys[name]);
    if (ensured && exposed) fresh.set(name, showKey(ensured));
  }
  if (exposed && isOwn) await replaceWellKnown(subjects, fresh);
  const wellKnown = exposed && !isOwn ? await findWellKnown(subjects) : [];
  const guest = await keyOf(subjects, 'guest');
  const isSecret = !guest || !(isWellKnown(guest) || fresh.get('guest') === showKey(guest));
  return { fresh, guestKey: isSecret ? undefined : showKey(guest), wellKnown };
}

function readKey(name: string, text: string, exposed: boolean): AuthKey {
  const auth = parseKey(text);
  if (typeof auth === 'string') throw new KeyRefused(`users: the key of '${name}' cannot be used: ${auth}`);
  if (exposed && isWellKnown(auth)) {
    throw new KeyRefused(
      `users: the key of '${name}' is OpenWhisk's well-known one, which cannot be used on an address that other machines reach: give another key, or listen on 127.0.0.1 only`,
    );
  }
  return auth;
}

/** Gives the subject this key for its own namespace, if it has another one. */
async function configure(subjects: SubjectStore, name: string, auth: AuthKey): Promise<void> {
  const current = await keyOf(subjects, name);
  if (current && showKey(current) === showKey(auth)) return;
  const own = { name, ...auth };
  await change(subjects, name, (found): Subject => {
    const others = found?.namespaces.filter((each) => each.name !== name) ?? [];
    return { ...found, subject: name, namespaces: [own, ...others] };
  });
}

/** Creates the subject when it is not there; answers the key when it did. */
async function ensure(subjects: SubjectStore, name: string, auth: AuthKey): Promise<AuthKey | undefined> {
  const problem = await change(subjects, name, (found) =>
    found ? 'exists' : { subject: name, namespaces: [{ name, ...auth }] },
  );
  return problem === undefined ? auth : undefined;
}

/** Replaces every well-known key by a random one, whoever has it. */
async function replaceWellKnown(subjects: SubjectStore, fresh: Map<string, string>): Promise<void> {
  for (const { uuid } of Object.values(wellKnownKeys)) {
    for (const { subject } of await subjects.find({ uuid })) {
      const renew = (namespace: SubjectNamespace): SubjectNamespace => {
        if (!isWellKnown(namespace)) return namespace;
        const auth = randomKey();
        fresh.set(namespace.name, showKey(auth));
        return { name: namespace.name, ...auth };
      };
      await change(subjects, subject.subject, (found) =>
        found ? { ...found, namespaces: found.namespaces.map(renew) } : 'gone',
      );
    }
  }
}

async function findWellKnown(subjects: SubjectStore): Promise<string[]> {
  const found = await Promise.all(Object.values(wellKnownKeys).map(({ uuid }) => subjects.find({ uuid })));
  const spaces = found.flat().flatMap(({ subject }) => subject.namespaces);
  return [...new Set(spaces.filter(isWellKnown).map(({ name }) => name))];
}

async function keyOf(subjects: SubjectStore, name: string): Promise<AuthKey | undefined> {
  const found = await subjects.get(name);
  return found?.subject.namespaces.find((each) => each.name === name);
}
