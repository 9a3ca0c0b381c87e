import { timingSafeEqual } from 'node:crypto';
import type { Identity, SubjectNamespace } from '../model/identity.ts';
import { messages } from '../model/messages.ts';
import { Refusal } from '../model/refusal.ts';
import type { SubjectStore } from '../store/store.ts';

/** Identities that are kept; a host has few, but guessed keys must not fill the memory. */
const MAX_CACHED = 10_000;

/** Who is it? HTTP Basic with `uuid:key` (BasicAuthenticationDirective.scala). */
export class Authenticator {
  readonly #subjects: SubjectStore;
  readonly #byHeader = new Map<string, Identity>();
  readonly #byNamespace = new Map<string, Identity>();
  readonly #byUuid = new Map<string, Identity>();
  /** Grows when all is forgotten: what was being read then may be of before. */
  #age = 0;

  constructor(subjects: SubjectStore) {
    this.#subjects = subjects;
  }

  /** The caller, at once when the header was seen before. Throws or rejects with 401. */
  identify(header: string | undefined): Identity | Promise<Identity> {
    if (header === undefined) throw unauthorized(messages.authenticationMissing);
    return this.#byHeader.get(header) ?? this.#look(header);
  }

  /**
   * Whose a namespace is, at once when it was asked before: web actions run for the owner, whoever calls. Undefined when there is
   * no such namespace, or its subject is blocked.
   */
  ownerOf(namespace: string): Identity | undefined | Promise<Identity | undefined> {
    return this.#byNamespace.get(namespace) ?? this.#lookForOwner(namespace);
  }

  /** Whose key this was when somebody used it, and is: at once when it was asked before. Undefined when it is gone or its subject is blocked. */
  holderOf(uuid: string): Identity | undefined | Promise<Identity | undefined> {
    return this.#byUuid.get(uuid) ?? this.#lookForHolder(uuid);
  }

  /** Subjects, keys or limits were changed: nothing that is remembered holds. */
  forget(): void {
    this.#age++;
    this.#byHeader.clear();
    this.#byNamespace.clear();
    this.#byUuid.clear();
  }

  async #look(header: string): Promise<Identity> {
    const credentials = readBasic(header);
    if (!credentials) throw unauthorized(messages.authenticationMissing);
    const { uuid, key } = credentials;
    const age = this.#age;
    for (const { subject } of await this.#subjects.find({ uuid })) {
      const namespace = subject.namespaces.find((each) => each.uuid === uuid && isSame(each.key, key));
      if (!namespace || subject.blocked) continue;
      const identity = await this.#identity(subject.subject, namespace);
      if (age === this.#age) remember(this.#byHeader, header, identity);
      return identity;
    }
    throw unauthorized(messages.authenticationInvalid);
  }

  #lookForOwner(name: string): Promise<Identity | undefined> {
    return this.#lookFor({ namespace: name }, (each) => each.name === name, this.#byNamespace, name);
  }

  #lookForHolder(uuid: string): Promise<Identity | undefined> {
    return this.#lookFor({ uuid }, (each) => each.uuid === uuid, this.#byUuid, uuid);
  }

  async #lookFor(
    by: Parameters<SubjectStore['find']>[0],
    isIt: (namespace: SubjectNamespace) => boolean,
    known: Map<string, Identity>,
    as: string,
  ): Promise<Identity | undefined> {
    const age = this.#age;
    for (const { subject } of await this.#subjects.find(by)) {
      const namespace = subject.namespaces.find(isIt);
      if (!namespace || subject.blocked) continue;
      const identity = await this.#identity(subject.subject, namespace);
      if (age === this.#age) remember(known, as, identity);
      return identity;
    }
    return undefined;
  }

  async #identity(subject: string, { name, uuid, key }: SubjectNamespace): Promise<Identity> {
    return { subject, namespace: name, uuid, key, limits: (await this.#subjects.limits(name)) ?? {} };
  }
}

function remember(known: Map<string, Identity>, by: string, identity: Identity): void {
  if (known.size >= MAX_CACHED) known.clear();
  known.set(by, identity);
}

function readBasic(header: string): { uuid: string; key: string } | undefined {
  const [scheme, encoded] = header.split(' ', 2);
  if (scheme?.toLowerCase() !== 'basic' || encoded === undefined) return undefined;
  const [uuid, ...key] = Buffer.from(encoded, 'base64').toString().split(':');
  return { uuid: uuid ?? '', key: key.join(':') };
}

/** Takes as long for a wrong key as for a right one. */
export function isSame(a: string, b: string): boolean {
  const [x, y] = [Buffer.from(a), Buffer.from(b)];
  return x.length === y.length && timingSafeEqual(x, y);
}

function unauthorized(sentence: string): Refusal {
  const headers = { 'WWW-Authenticate': 'Basic realm="OpenWhisk secure realm",charset=UTF-8' };
  return new Refusal(401, sentence, { rejected: true, headers });
}
