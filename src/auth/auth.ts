import { timingSafeEqual } from 'node:crypto';
import type { Identity } from '../model/identity.ts';
import { messages } from '../model/messages.ts';
import { Refusal } from '../model/refusal.ts';
import type { SubjectStore } from '../store/store.ts';

/** Identities that are kept; a host has few, but guessed keys must not fill the memory. */
const MAX_CACHED = 10_000;

/** Who is it? HTTP Basic with `uuid:key` (BasicAuthenticationDirective.scala). */
export class Authenticator {
  readonly #subjects: SubjectStore;
  readonly #byHeader = new Map<string, Identity>();

  constructor(subjects: SubjectStore) {
    this.#subjects = subjects;
  }

  /** The caller, at once when the header was seen before. Throws or rejects with 401. */
  identify(header: string | undefined): Identity | Promise<Identity> {
    if (header === undefined) throw unauthorized(messages.authenticationMissing);
    return this.#byHeader.get(header) ?? this.#look(header);
  }

  /** Subjects, keys or limits were changed: nothing that is remembered holds. */
  forget(): void {
    this.#byHeader.clear();
  }

  async #look(header: string): Promise<Identity> {
    const credentials = readBasic(header);
    if (!credentials) throw unauthorized(messages.authenticationMissing);
    const { uuid, key } = credentials;
    for (const { subject } of await this.#subjects.find({ uuid })) {
      const namespace = subject.namespaces.find((each) => each.uuid === uuid && isSame(each.key, key));
      if (!namespace || subject.blocked) continue;
      const limits = (await this.#subjects.limits(namespace.name)) ?? {};
      const identity = { subject: subject.subject, namespace: namespace.name, uuid, key, limits };
      if (this.#byHeader.size >= MAX_CACHED) this.#byHeader.clear();
      this.#byHeader.set(header, identity);
      return identity;
    }
    throw unauthorized(messages.authenticationInvalid);
  }
}

function readBasic(header: string): { uuid: string; key: string } | undefined {
  const [scheme, encoded] = header.split(' ', 2);
  if (scheme?.toLowerCase() !== 'basic' || encoded === undefined) return undefined;
  const [uuid, ...key] = Buffer.from(encoded, 'base64').toString().split(':');
  return { uuid: uuid ?? '', key: key.join(':') };
}

/** Takes as long for a wrong key as for a right one. */
function isSame(a: string, b: string): boolean {
  const [x, y] = [Buffer.from(a), Buffer.from(b)];
  return x.length === y.length && timingSafeEqual(x, y);
}

function unauthorized(sentence: string): Refusal {
  const headers = { 'WWW-Authenticate': 'Basic realm="OpenWhisk secure realm",charset=UTF-8' };
  return new Refusal(401, sentence, { rejected: true, headers });
}
