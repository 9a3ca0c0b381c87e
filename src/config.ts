import { homedir } from 'node:os';
import { join } from 'node:path';
import { type Flag, readFlags } from './cli/flags.ts';
import { suggestion } from './cli/nearest.ts';
import * as value from './cli/values.ts';
import { parseWskProperties, type WskProperties } from './cli/wskprops.ts';
import { couchAddress, couchdb } from './couchdb-settings.ts';
import { kafka } from './kafka-settings.ts';
import { MB, type SystemLimits, systemLimits } from './model/limits.ts';
import { showDuration, showSize } from './model/units.ts';
import { type Command, of, optional, type Setting } from './setting.ts';

/**
 * The one table of settings, and the only reader of the environment. From a key such as `dataDir` follow all of
 * its names: the option `--data-dir`, the variable `WHISKLET_DATA_DIR`, the key `data-dir` in the TOML file (and
 * `[limits] memory-max` for `limitsMemoryMax`). An option wins over a variable, that over the file, that over the
 * default. What nobody knows is refused by name. `--help` and docs/config.md are written from this table.
 */

const path = value.path(homedir());
const key = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}:[^\s:]{64,}$/i;

const node = {
  config: optional(path, 'none', 'TOML file with settings; the only setting that cannot stand in that file.', {
    short: 'c',
    also: ['admin', 'images', 'db'],
  }),
  port: of(value.whole(0, 65_535), 3233, 'TCP port of the API; 0 takes a free one.', { short: 'p' }),
  host: optional(
    value.list('ADDRESS', 'an address of this machine'),
    "127.0.0.1, and the address of Docker's bridge when Docker runs the actions",
    "Addresses to listen on. When others than loopback and Docker's bridge are among them, OpenWhisk's well-known keys are refused and random ones are made.",
  ),
  dataDir: of(path, path.read('~/.whisklet') as string, 'Folder of everything that survives a restart.', {
    short: 'd',
    also: ['admin', 'images', 'db'],
  }),
  clean: of(value.flag, false, 'Deletes all data in the data folder before starting.'),
  users: of(
    value.map(
      'NAME=UUID:KEY',
      'name=uuid:key, with a key of at least 64 characters',
      (name, auth) => name.length > 0 && key.test(auth),
    ),
    new Map(),
    'Subjects that are to exist with these keys, each with a namespace of its own name; in TOML the table `[users]` with lines `name = "uuid:key"`.',
    { shownDefault: 'none but guest and whisk.system' },
  ),
  apiHost: optional(
    value.text(),
    'the address that actions can reach this node at',
    'What actions see as `__OW_API_HOST`.',
  ),
  webDomain: optional(
    value.domain,
    'none',
    'Domain whose subdomains are namespaces: `guest.DOMAIN/pkg/hello` is the web action `/api/v1/web/guest/pkg/hello`, and `guest.DOMAIN` is `public/index.html`.',
  ),
  blockingWait: of(
    value.duration(),
    60_000,
    'How long a blocking call waits before it is answered with 202 and the activation id.',
  ),
  maxTries: of(
    value.whole(1),
    3,
    'How often accepted work (answered with 202) is begun while the node ends each time before it does, until it is given up as a dead letter; 1 never begins it twice.',
  ),
  otlp: optional(
    value.server,
    'none: calls are not traced',
    "Address of an OpenTelemetry collector that traces go to, as OTLP over HTTP: 'http://127.0.0.1:4318', perhaps with `user:password@`.",
  ),
  otlpPercent: of(
    value.whole(0, 100),
    100,
    'Share of calls that are traced, in percent, of those that bring no `traceparent`; those that bring one say it themselves.',
  ),
  drainTimeout: of(value.duration(), 30_000, 'How long running work may take to finish when the node stops.'),
  logLevel: of(value.choice('debug', 'info', 'warn', 'error'), 'info', 'The least important lines that are logged.'),
  logFormat: of(value.choice('text', 'json'), 'text', 'Log lines for people, or one JSON object a line.'),
};

const pool = {
  manifest: optional(
    path,
    'the one that is built in',
    "JSON file with the kinds of runtimes, in the format of OpenWhisk's manifest.",
    { short: 'm', also: ['images'] },
  ),
  sandbox: of(
    value.choice('auto', 'docker', 'local'),
    'auto',
    'Where actions run: in Docker containers, or in isolated processes of this machine. `auto` takes Docker when its engine answers.',
  ),
  poolMemory: optional(
    value.megabytes(1),
    "half of the machine's or the cgroup's memory",
    'Memory of all containers together, counted by their limits.',
  ),
  keepAlive: of(value.duration(), 600_000, 'How long an idle warm container is kept.'),
  readyTimeout: of(
    value.duration(1),
    30_000,
    "A runtime that is not ready so long after its place was started is given up. An image's first start may be slow.",
  ),
  stemCells: optional(
    value.whole(0),
    'as the manifest says',
    'Prewarmed containers of each kind that has stem cells in the manifest; 0 for none.',
  ),
  pull: of(
    value.choice('never', 'missing', 'always'),
    'missing',
    'Whether the Docker engine pulls an image: never, when it is not there, or before its first use in any case.',
    { also: ['images'] },
  ),
  dockerSocket: of(
    value.text(),
    '/var/run/docker.sock',
    'Socket of the Docker engine: a path, or an address such as `tcp://127.0.0.1:2375`.',
    {
      alias: ['DOCKER_HOST'],
      also: ['images'],
    },
  ),
};

const activations = {
  activationsMaxAge: of(value.duration(1000), 7 * 86_400_000, 'Activation records older than this are deleted.'),
  activationsMaxSize: of(
    value.size(MB),
    1024 * MB,
    'When the activation records take more than this, the oldest are deleted.',
  ),
};

const std = systemLimits;
const limits = {
  limitsInvocationsPerMinute: of(value.whole(0), std.invocationsPerMinute, 'Invocations of one namespace in a minute.'),
  limitsConcurrentInvocations: of(
    value.whole(0),
    std.concurrentInvocations,
    'Invocations of one namespace at once, running or waiting.',
  ),
  limitsFiresPerMinute: of(value.whole(0), std.firesPerMinute, 'Trigger fires of one namespace in a minute.'),
  limitsTimeoutMin: of(value.duration(1), std.timeout.min, 'Least time limit of an action.'),
  limitsTimeoutStd: of(value.duration(1), std.timeout.std, 'Time limit of an action that does not say.'),
  limitsTimeoutMax: of(value.duration(1), std.timeout.max, 'Greatest time limit of an action.'),
  limitsMemoryMin: of(value.megabytes(1), std.memory.min, 'Least memory of an action.'),
  limitsMemoryStd: of(value.megabytes(1), std.memory.std, 'Memory of an action that does not say.'),
  limitsMemoryMax: of(value.megabytes(1), std.memory.max, 'Greatest memory of an action.'),
  limitsLogsMin: of(value.megabytes(), std.logs.min, 'Least log limit of an action.'),
  limitsLogsStd: of(value.megabytes(), std.logs.std, 'Log limit of an action that does not say.'),
  limitsLogsMax: of(value.megabytes(), std.logs.max, 'Greatest log limit of an action.'),
  limitsConcurrencyMax: of(value.whole(1), std.concurrency.max, 'Greatest number of calls at once in one container.'),
  limitsParameterSize: of(value.size(1), std.parameterBytes, 'Parameters of an action, a package or a trigger.'),
  limitsPayloadSize: of(value.size(1), std.payloadBytes, 'Payload of one call.'),
  limitsResultSize: of(
    value.size(1),
    std.resultBytes,
    'Result of one activation; a longer one is cut and becomes an error.',
  ),
  limitsCodeSize: of(value.size(1), std.codeBytes, 'Code of an action.'),
  limitsSequenceLength: of(value.whole(1), std.sequenceLength, 'Actions in a sequence.'),
};

const table = { ...node, ...pool, ...activations, ...couchdb, ...kafka, ...limits };
const groups = {
  Node: node,
  'Sandboxes and pool': pool,
  'Activation records': activations,
  CouchDB: couchdb,
  'Kafka and several nodes': kafka,
  Limits: limits,
};

type Table = typeof table;
type Key = keyof Table;
type Values = { readonly [K in Key]: Table[K] extends Setting<infer T> ? T : never };

/** What the node is told: durations in milliseconds, memory in megabytes, other sizes in bytes. Frozen. */
export type Settings = Omit<Values, 'config' | `limits${string}`> & { readonly limits: SystemLimits };

/** The operator asked for what cannot be. Each problem is one sentence that names the setting. */
export class SettingsError extends Error {
  override readonly name = 'SettingsError';
  readonly problems: readonly string[];

  constructor(problems: readonly string[]) {
    super(problems.join('\n'));
    this.problems = problems;
  }
}

const PREFIX = 'WHISKLET_';
/** Variables with this prefix belong to the project's own tests. */
const TEST_PREFIX = 'WHISKLET_TEST_';

const keys = Object.keys(table) as Key[];
const settings: Readonly<Record<string, Setting<unknown>>> = table;
const nameOf = (key: string) => key.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
const variableOf = (key: string) => PREFIX + nameOf(key).replaceAll('-', '_').toUpperCase();
const byName: ReadonlyMap<string, Key> = new Map(keys.map((key) => [nameOf(key), key]));
const fileNames = [...byName.keys()].filter((name) => name !== 'config');
const byVariable: ReadonlyMap<string, Key> = new Map(keys.map((key) => [variableOf(key), key]));

/** One line of `--help` and docs/config.md. */
export interface SettingText {
  readonly group: string;
  readonly flag: string;
  readonly short: string | undefined;
  readonly variable: string;
  readonly tomlKey: string;
  readonly expected: string;
  readonly sign: string;
  readonly alone: boolean;
  readonly standard: string;
  readonly what: string;
  readonly alias: readonly string[];
}

export function describeSettings(command: Command = 'serve'): SettingText[] {
  return Object.entries(groups).flatMap(([group, members]) =>
    Object.entries<Setting<unknown>>(members)
      .filter(([, setting]) => isOf(setting, command))
      .map(([key, setting]) => ({
        group,
        flag: `--${nameOf(key)}`,
        short: setting.short && `-${setting.short}`,
        variable: variableOf(key),
        tomlKey: nameOf(key).replace(/^limits-/, 'limits.'),
        expected: setting.type.expected,
        sign: setting.type.sign,
        alone: setting.type.alone === true,
        standard: setting.shownDefault ?? setting.type.show(setting.default),
        what: setting.what,
        alias: setting.alias ?? [],
      })),
  );
}

function isOf(setting: Setting<unknown>, command: Command): boolean {
  return command === 'serve' || setting.also?.includes(command) === true;
}

/** The options that a command takes: all for `serve`, a few for the others (without their letters, which wskadmin uses). */
export function settingFlags(command: Command): Flag[] {
  return keys.flatMap((key): Flag[] => {
    const setting = settings[key] as Setting<unknown>;
    if (!isOf(setting, command)) return [];
    const { type, short } = setting;
    const letter = command === 'serve' && short ? { short } : {};
    return [{ name: nameOf(key), ...letter, alone: type.alone === true, many: type.many === true }];
  });
}

export interface Sources {
  /** By option name, as `readFlags` gives them. */
  readonly flags: ReadonlyMap<string, readonly (string | true)[]>;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Reads the settings file; throws when there is none. */
  readonly readFile: (path: string) => Promise<string>;
}

/** Reads the settings from the options given, the process's environment and the file that they name. */
export function loadSettings(flags: Sources['flags']): Promise<Settings> {
  return readSettings({ flags, env: process.env, readFile: (path) => Bun.file(path).text() });
}

/** What wsk knows of this user: the file that WSK_CONFIG_FILE names, or `~/.wskprops`; nothing where there is none. */
export async function loadWskProperties(): Promise<WskProperties> {
  const file = Bun.file(process.env.WSK_CONFIG_FILE || join(homedir(), '.wskprops'));
  return (await file.exists()) ? parseWskProperties(await file.text()) : {};
}

/** The settings of a command line that has nothing but settings on it; for tests and scripts. */
export async function settingsFrom(...args: string[]): Promise<Settings> {
  const { values, positionals, problems } = readFlags(args, settingFlags('serve'));
  const unexpected = positionals.map((word) => `unexpected '${word}'`);
  if (problems.length + unexpected.length > 0) throw new SettingsError([...problems, ...unexpected]);
  return readSettings({ flags: values, env: {}, readFile: (path) => Bun.file(path).text() });
}

/** @throws SettingsError with all problems at once */
export async function readSettings(sources: Sources): Promise<Settings> {
  const problems: string[] = [];
  const found = new Map<Key, unknown>();
  const take = (key: Key, raw: unknown, from: string) => {
    const { type } = settings[key] as Setting<unknown>;
    const read = type.read(raw);
    if (read !== undefined) found.set(key, read);
    else problems.push(`${from}: ${type.secret ? 'the value' : shown(raw)} is not ${type.expected}`);
  };
  takeEnv(sources.env, take, problems);
  for (const [name, given] of sources.flags) {
    const key = byName.get(name);
    if (!key) continue;
    const texts = given.map(String);
    take(key, settings[key]?.type.many ? texts : texts.at(-1), `--${name}`);
  }
  // The file comes last because the others name it, but gives way to what they have set.
  const file = found.get('config');
  if (typeof file === 'string') {
    const before = new Map(found);
    await takeFile(file, sources.readFile, take, problems);
    for (const [key, read] of before) found.set(key, read);
  }
  const result = assemble(found, problems);
  if (problems.length > 0) throw new SettingsError(problems);
  return result;
}

type Take = (key: Key, raw: unknown, from: string) => void;

function takeEnv(env: Sources['env'], take: Take, problems: string[]): void {
  for (const key of keys) {
    const alias = settings[key]?.alias?.find((name) => env[name]);
    if (alias) take(key, env[alias], alias);
  }
  const address = couchAddress(env);
  if (address !== undefined) take('couchdb', address, "OpenWhisk's variables of CouchDB");
  for (const [variable, raw] of Object.entries(env)) {
    if (!variable.startsWith(PREFIX) || variable.startsWith(TEST_PREFIX) || raw === undefined) continue;
    const key = byVariable.get(variable);
    if (key) take(key, raw, variable);
    else problems.push(`unknown environment variable '${variable}'${suggestion(variable, byVariable.keys())}`);
  }
}

async function takeFile(file: string, read: Sources['readFile'], take: Take, problems: string[]): Promise<void> {
  let root: object;
  try {
    root = Bun.TOML.parse(await read(file));
  } catch (error) {
    problems.push(`the settings file ${file} cannot be read: ${(error as Error).message}`);
    return;
  }
  const walk = (values: object, prefix: string) => {
    for (const [part, raw] of Object.entries(values)) {
      const name = prefix + part;
      const key = byName.get(name);
      if (key && key !== 'config') take(key, raw, `${name} in ${file}`);
      else if (typeof raw === 'object' && raw !== null && !Array.isArray(raw)) walk(raw, `${name}-`);
      else problems.push(`unknown setting '${name}' in ${file}${suggestion(name, fileNames)}`);
    }
  };
  walk(root, '');
}

function shown(raw: unknown): string {
  return typeof raw === 'string' ? `'${raw}'` : JSON.stringify(raw);
}

function assemble(found: ReadonlyMap<Key, unknown>, problems: string[]): Settings {
  const all = Object.fromEntries(keys.map((key) => [key, found.get(key) ?? settings[key]?.default])) as Values;
  const ranges = {
    timeout: { min: all.limitsTimeoutMin, std: all.limitsTimeoutStd, max: all.limitsTimeoutMax },
    memory: { min: all.limitsMemoryMin, std: all.limitsMemoryStd, max: all.limitsMemoryMax },
    logs: { min: all.limitsLogsMin, std: all.limitsLogsStd, max: all.limitsLogsMax },
  };
  for (const [name, { min, std, max }] of Object.entries(ranges)) {
    const show = (amount: number) => (name === 'timeout' ? showDuration(amount) : showSize(amount * MB));
    if (min <= std && std <= max) continue;
    problems.push(
      `limits-${name}-min, -std and -max must rise, but they are ${show(min)}, ${show(std)} and ${show(max)}`,
    );
  }
  if (all.poolMemory !== undefined && all.poolMemory < ranges.memory.std) {
    problems.push(
      `pool-memory: ${showSize(all.poolMemory * MB)} does not hold one container of ${showSize(ranges.memory.std * MB)} (limits-memory-std)`,
    );
  }
  if (all.kafka !== undefined && all.couchdb === undefined) {
    problems.push("kafka: nodes that do each other's work share the store that it is about; set couchdb, too");
  }
  const own = Object.entries(all).filter(([key]) => key !== 'config' && !key.startsWith('limits'));
  return Object.freeze({
    ...(Object.fromEntries(own) as Omit<Values, 'config' | `limits${string}`>),
    limits: Object.freeze({
      ...ranges,
      concurrency: { ...std.concurrency, max: all.limitsConcurrencyMax },
      parameterBytes: all.limitsParameterSize,
      payloadBytes: all.limitsPayloadSize,
      resultBytes: all.limitsResultSize,
      codeBytes: all.limitsCodeSize,
      invocationsPerMinute: all.limitsInvocationsPerMinute,
      concurrentInvocations: all.limitsConcurrentInvocations,
      firesPerMinute: all.limitsFiresPerMinute,
      sequenceLength: all.limitsSequenceLength,
    }),
  });
}
