import type { AdminCommand } from '../admin/command.ts';
import { limitNames } from '../admin/limits.ts';
import type { UserLimits } from '../model/limits.ts';
import type { Flag } from './flags.ts';
import { size, type ValueType, whole } from './values.ts';

/** What stands on a command's line, as it was read: names of arguments and options with their texts. */
export interface Given {
  readonly words: readonly string[];
  text(flag: string): string | undefined;
  texts(flag: string): readonly string[];
  has(flag: string): boolean;
}

export interface AdminFlag extends Flag {
  readonly what: string;
  /** How its value is called in the help: `UUID:KEY`. */
  readonly value?: string;
}

/** A command of `whisklet user` or `whisklet limits`, with wskadmin's words, or of `whisklet dead-letters`. */
export interface AdminSyntax {
  readonly do: AdminCommand['do'];
  readonly what: string;
  /** `SUBJECT`; `SUBJECT...` takes one or more; empty takes none. */
  readonly argument: string;
  readonly flags: readonly AdminFlag[];
  /** @throws UsageError */
  readonly make: (given: Given) => AdminCommand;
}

/** The command line asks for what there is not. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

const namespaceFlag = (what: string): AdminFlag => ({ name: 'namespace', value: 'NAMESPACE', what });

export const adminCommands: readonly AdminSyntax[] = [
  {
    do: 'user create',
    what: 'create a subject, or give it one more namespace, and show the key',
    argument: 'SUBJECT',
    flags: [
      { name: 'auth', short: 'u', value: 'UUID:KEY', what: 'the key; a random one is made without it' },
      namespaceFlag("the namespace that the key opens; the subject's own without it"),
      { name: 'revoke', short: 'r', alone: true, what: 'replace the key of a namespace that is there already' },
      { name: 'genonly', short: 'g', alone: true, what: 'make a key, show it, and store nothing' },
      { name: 'silent', short: 's', alone: true, what: 'do not show the key' },
    ],
    make: (given) => ({
      do: 'user create',
      subject: first(given),
      ...optional('auth', given.text('auth')),
      ...optional('namespace', given.text('namespace')),
      revoke: given.has('revoke'),
      genonly: given.has('genonly'),
      silent: given.has('silent'),
    }),
  },
  {
    do: 'user delete',
    what: 'delete a subject, or only one of its namespaces',
    argument: 'SUBJECT',
    flags: [namespaceFlag('delete only the key of this namespace')],
    make: (given) => ({ do: 'user delete', subject: first(given), ...optional('namespace', given.text('namespace')) }),
  },
  {
    do: 'user get',
    what: "show a subject's key",
    argument: 'SUBJECT',
    flags: [
      namespaceFlag("the namespace that the key opens; the subject's own without it"),
      { name: 'all', short: 'a', alone: true, what: 'show all namespaces of the subject and their keys' },
    ],
    make: (given) => ({
      do: 'user get',
      subject: first(given),
      ...optional('namespace', given.text('namespace')),
      all: given.has('all'),
    }),
  },
  {
    do: 'user whois',
    what: 'show whose key it is',
    argument: 'UUID:KEY',
    flags: [],
    make: (given) => ({ do: 'user whois', auth: first(given) }),
  },
  {
    do: 'user block',
    what: 'refuse the keys of subjects until they are unblocked',
    argument: 'SUBJECT...',
    flags: [],
    make: (given) => ({ do: 'user block', subjects: given.words }),
  },
  {
    do: 'user unblock',
    what: 'take the keys of blocked subjects again',
    argument: 'SUBJECT...',
    flags: [],
    make: (given) => ({ do: 'user unblock', subjects: given.words }),
  },
  {
    do: 'user list',
    what: 'show the keys that open a namespace',
    argument: 'NAMESPACE',
    flags: [
      { name: 'pick', short: 'p', value: 'N', what: 'show no more than N keys; 1 without it' },
      { name: 'all', short: 'a', alone: true, what: 'show all keys' },
      { name: 'key', short: 'k', alone: true, what: 'show only the keys, without the subjects' },
    ],
    make: (given) => ({
      do: 'user list',
      namespace: first(given),
      pick: read(whole(Number.MIN_SAFE_INTEGER), given, 'pick') ?? 1,
      all: given.has('all'),
      key: given.has('key'),
    }),
  },
  {
    do: 'limits set',
    what: 'set limits of a namespace; the others stay as they are',
    argument: 'NAMESPACE',
    flags: limitNames.map((name): AdminFlag => ({ name, many: name === 'allowedKinds', ...limitTexts(name) })),
    make: (given) => ({ do: 'limits set', namespace: first(given), limits: readLimits(given) }),
  },
  {
    do: 'limits get',
    what: 'show the limits of a namespace',
    argument: 'NAMESPACE',
    flags: [],
    make: (given) => ({ do: 'limits get', namespace: first(given) }),
  },
  {
    do: 'limits delete',
    what: "delete the limits of a namespace, so that the system's apply",
    argument: 'NAMESPACE',
    flags: [],
    make: (given) => ({ do: 'limits delete', namespace: first(given) }),
  },
  {
    do: 'dead-letters list',
    what: 'show the accepted work that was given up: id, time, namespace, action or trigger, why',
    argument: '',
    flags: [],
    make: () => ({ do: 'dead-letters list' }),
  },
  {
    do: 'dead-letters get',
    what: 'show all that is known of a dead letter',
    argument: 'ACTIVATION',
    flags: [],
    make: (given) => ({ do: 'dead-letters get', activationId: first(given) }),
  },
  {
    do: 'dead-letters replay',
    what: 'have dead letters done once more, as new activations; a stopped node does them when it starts',
    argument: 'ACTIVATION...',
    flags: [],
    make: (given) => ({ do: 'dead-letters replay', activationIds: given.words }),
  },
  {
    do: 'dead-letters delete',
    what: 'delete dead letters; their records stay',
    argument: 'ACTIVATION...',
    flags: [],
    make: (given) => ({ do: 'dead-letters delete', activationIds: given.words }),
  },
];

type LimitName = (typeof limitNames)[number];

/** `minActionMemory` becomes "least memory of an action". */
function limitTexts(name: LimitName): { value: string; what: string } {
  switch (name) {
    case 'invocationsPerMinute':
      return { value: 'N', what: 'invocations in a minute' };
    case 'firesPerMinute':
      return { value: 'N', what: 'trigger fires in a minute' };
    case 'concurrentInvocations':
      return { value: 'N', what: 'invocations at once' };
    case 'allowedKinds':
      return { value: 'KIND...', what: 'the only kinds of runtimes that may be used' };
    case 'storeActivations':
      return { value: 'yes|no', what: 'whether activation records are stored' };
    case 'maxParameterSize':
      return { value: 'SIZE', what: "greatest size of an action's parameters, such as '1 MB'" };
    case 'maxPayloadSize':
      return { value: 'SIZE', what: 'greatest payload and result of one call' };
    case 'truncationSize':
      return { value: 'SIZE', what: 'how much of a longer result its error shows' };
    default:
      return { value: 'N', what: ownRange(name) };
  }
}

function ownRange(name: string): string {
  const [, bound, of] = /^(min|max)Action(\w+)$/.exec(name) as unknown as [string, string, string];
  const units: Readonly<Record<string, string>> = {
    Memory: 'memory of an action in MB',
    Logs: 'log limit of an action in MB',
    Timeout: 'time limit of an action in ms',
    Concurrency: 'number of calls at once in a container',
  };
  return `${bound === 'min' ? 'least' : 'greatest'} ${units[of]}`;
}

/** wskadmin's words for a boolean. */
const yesNo: ValueType<boolean> = {
  expected: 'a valid boolean',
  sign: 'yes|no',
  read: (raw) => {
    const word = String(raw).toLowerCase();
    return ['yes', 'true'].includes(word) ? true : ['no', 'false'].includes(word) ? false : undefined;
  },
  show: String,
};

function readLimits(given: Given): UserLimits {
  const limits: Record<string, unknown> = {};
  for (const name of limitNames) {
    if (!given.has(name)) continue;
    if (name === 'allowedKinds') {
      limits[name] = given.texts(name);
    } else if (name === 'storeActivations') {
      limits[name] = read(yesNo, given, name);
    } else if (name.endsWith('Size')) {
      read(size(), given, name);
      limits[name] = given.text(name);
    } else {
      limits[name] = read(whole(0), given, name);
    }
  }
  return limits;
}

function read<T>(type: ValueType<T>, given: Given, flag: string): T | undefined {
  const raw = given.text(flag);
  if (raw === undefined) return undefined;
  const value = type.read(raw);
  if (value === undefined) throw new UsageError(`--${flag}: '${raw}' is not ${type.expected}`);
  return value;
}

function first(given: Given): string {
  return given.words[0] as string;
}

function optional<K extends string>(name: K, value: string | undefined): { [P in K]?: string } {
  return value === undefined ? {} : ({ [name]: value } as { [P in K]?: string });
}
