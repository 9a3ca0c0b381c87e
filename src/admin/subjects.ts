import type { Subject, SubjectNamespace } from '../model/identity.ts';
import { parseName } from '../model/names.ts';
import { Conflict, type SubjectStore } from '../store/store.ts';
import { type AdminAnswer, type AdminCommand, done, failed } from './command.ts';
import { type AuthKey, isWellKnown, parseKey, randomKey, showKey } from './keys.ts';

/**
 * The `user` commands. Sentences and exit codes are wskadmin's (tools/admin/wskadmin), because scripts match on
 * them. Two checks are ours: a key that opens another namespace already, and a well-known key on a node that
 * other machines can reach, are refused.
 */

type Command<Do extends AdminCommand['do']> = Extract<AdminCommand, { readonly do: Do }>;

export interface SubjectRules {
  readonly store: SubjectStore;
  /** True on a node that other machines can reach. */
  readonly refuseWellKnownKeys: boolean;
}

/** CouchDB's answer to a document that is not there, which wskadmin shows as it is. */
const MISSING = '{"error":"not_found","reason":"missing"}';
const MIN_SUBJECT = 5;
const MAX_TRIES = 5;

export async function createUser(rules: SubjectRules, command: Command<'user create'>): Promise<AdminAnswer> {
  const { store } = rules;
  const subject = command.subject.trim();
  if (subject.length < MIN_SUBJECT) return failed('Subject name must be at least 5 characters', 2);
  if (command.namespace && command.namespace.trim() === '') return failed('Namespace must not be empty', 2);
  const name = command.namespace ? command.namespace.trim() : subject;
  if (parseName(name, '')?.name !== name) return failed('The namespace contains illegal characters', 2);
  const auth = command.auth ? parseKey(command.auth) : randomKey();
  if (typeof auth === 'string') return failed(auth, 2);
  if (command.genonly) return done(showKey(auth));
  if (rules.refuseWellKnownKeys && isWellKnown(auth)) {
    return failed('This key is known to everybody, and other machines can reach this node');
  }
  if (await opensAnother(store, auth, subject, name)) return failed('This key belongs to another namespace already');
  const problem = await change(store, subject, (found) => withKey(found, subject, { name, ...auth }, command.revoke));
  if (problem !== undefined) return failed(problem);
  return command.silent ? done() : done(showKey(auth));
}

export async function deleteUser({ store }: SubjectRules, command: Command<'user delete'>): Promise<AdminAnswer> {
  const subject = command.subject.trim();
  if (subject === '') return failed('Subject must not be empty', 2);
  if (command.namespace && command.namespace.trim() === '') return failed('Namespace must not be empty', 2);
  const found = await store.get(subject);
  if (!found) return failed(`Failed to delete subject (${MISSING})`);
  if (!command.namespace) {
    await store.delete(subject, found.rev);
    return done('Subject deleted');
  }
  const name = command.namespace.trim();
  const problem = await change(store, subject, (current) => {
    const namespaces = current?.namespaces ?? [];
    const rest = namespaces.filter((each) => each.name !== name);
    if (!current || rest.length === namespaces.length) return `Namespace "${name}" does not exist for "${subject}"`;
    return { ...current, namespaces: rest };
  });
  return problem === undefined ? done('Namespace deleted') : failed(problem);
}

export async function getUser({ store }: SubjectRules, command: Command<'user get'>): Promise<AdminAnswer> {
  const found = await store.get(command.subject.trim());
  if (!found) return failed(`Failed to get subject (${MISSING})`);
  const { namespaces } = found.subject;
  if (command.all) return done(...namespaces.map((each) => `${each.name}\t${showKey(each)}`));
  const name = command.namespace ?? command.subject.trim();
  const [first, ...others] = namespaces.filter((each) => each.name === name);
  if (!first || others.length > 0) return failed(`namespace "${name}" not found for "${command.subject}"`);
  return done(showKey(first));
}

export async function listUsers({ store }: SubjectRules, command: Command<'user list'>): Promise<AdminAnswer> {
  const { namespace, pick, all, key } = command;
  if (pick < 1) return failed('pick at least 1 identity to show', 2);
  // OpenWhisk's `identities` view leaves blocked subjects out.
  const found = (await store.find({ namespace })).filter(({ subject }) => !subject.blocked);
  const lines = found.flatMap(({ subject }) =>
    subject.namespaces
      .filter((each) => each.name === namespace)
      .map((each) => (key ? showKey(each) : `${showKey(each)}\t${subject.subject}`)),
  );
  if (lines.length === 0) return done(`no identities found for namespace "${namespace}"`);
  return done(...(all ? lines : lines.slice(0, pick)));
}

export async function whois({ store }: SubjectRules, command: Command<'user whois'>): Promise<AdminAnswer> {
  const [uuid, key] = command.auth.split(':');
  if (!uuid || !key) return failed('the credentials to look up are uuid:key', 2);
  const found = (await store.find({ uuid })).filter(({ subject }) => !subject.blocked);
  const lines = found.flatMap(({ subject }) =>
    subject.namespaces
      .filter((each) => each.uuid === uuid && each.key === key)
      .flatMap((each) => [`subject: ${subject.subject}`, `namespace: ${each.name}`]),
  );
  return lines.length > 0 ? done(...lines) : done('Subject id is not recognized');
}

/** The exit code counts those that could not be changed. */
export async function setBlocked(
  { store }: SubjectRules,
  command: Command<'user block' | 'user unblock'>,
): Promise<AdminAnswer> {
  const blocked = command.do === 'user block';
  const verb = blocked ? 'block' : 'unblock';
  const lines: string[] = [];
  let exit = 0;
  for (const subject of command.subjects.map((each) => each.trim()).filter(Boolean)) {
    const problem = await change(store, subject, (found) => (found ? { ...found, blocked } : MISSING));
    lines.push(
      problem === undefined ? `"${subject}" ${verb}ed successfully` : `Failed to ${verb} "${subject}" (${problem})`,
    );
    if (problem !== undefined) exit++;
  }
  return { lines, exit };
}

/** The subject with this key for the namespace, or the sentence that refuses it. */
function withKey(
  found: Subject | undefined,
  subject: string,
  added: SubjectNamespace,
  revoke: boolean,
): Subject | string {
  if (!found) return { subject, namespaces: [added] };
  if (found.blocked) return 'The subject you want to edit is blocked';
  const same = found.namespaces.filter((each) => each.name === added.name);
  if (same.length === 0) return { ...found, namespaces: [...found.namespaces, added] };
  if (!revoke) return 'Namespace already exists';
  if (same.length > 1) return 'Namespace is not unique';
  return { ...found, namespaces: found.namespaces.map((each) => (each.name === added.name ? added : each)) };
}

async function opensAnother(store: SubjectStore, { uuid }: AuthKey, owner: string, own: string): Promise<boolean> {
  const found = await store.find({ uuid });
  return found.some(({ subject: { subject, namespaces } }) =>
    namespaces.some((each) => each.uuid === uuid && (subject !== owner || each.name !== own)),
  );
}

/**
 * Reads, changes and writes a subject, again from the start when somebody else wrote in between.
 *
 * @param decide the subject as it is to be, or the sentence that refuses the change
 * @returns that sentence, or undefined when it is written
 */
export async function change(
  store: SubjectStore,
  subject: string,
  decide: (found: Subject | undefined) => Subject | string,
): Promise<string | undefined> {
  for (let tries = 1; ; tries++) {
    const found = await store.get(subject);
    const wanted = decide(found?.subject);
    if (typeof wanted === 'string') return wanted;
    try {
      await store.put(wanted, found?.rev);
      return undefined;
    } catch (error) {
      if (!(error instanceof Conflict) || tries === MAX_TRIES) throw error;
    }
  }
}
