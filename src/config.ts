import { join } from 'node:path';
import { type Flag, readFlags } from './cli/flags.ts';
import { suggestion } from './cli/nearest.ts';
import { parseWskProperties, type WskProperties } from './cli/wskprops.ts';
import { MB, type SystemLimits } from './model/limits.ts';
import { showSize } from './model/units.ts';
import { couchAddress, couchdb } from './settings/couchdb.ts';
import { homeFolder } from './settings/home.ts';
import { kafka } from './settings/kafka.ts';
import { limits, limitsFrom } from './settings/limits.ts';
import { activations, node, pool } from './settings/node.ts';
import type { Command, Setting } from './settings/setting.ts';

/**
 * The one table of settings, and the only reader of the environment. From a key such as `dataDir` follow all of
 * its names: the option `--data-dir`, the variable `WHISKLET_DATA_DIR`, the key `data-dir` in the TOML file (and
 * `[limits] memory-max` for `limitsMemoryMax`). An option wins over a variable, that over the file, that over the
 * default. What nobody knows is refused by name. `--help` and docs/config.md are written from this table.
 * Its rows stand in `settings/`, by group.
 */

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
  const file = Bun.file(process.env.WSK_CONFIG_FILE || join(homeFolder(), '.wskprops'));
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
  const systemLimits = limitsFrom(all, problems);
  if (all.poolMemory !== undefined && all.poolMemory < systemLimits.memory.std) {
    problems.push(
      `pool-memory: ${showSize(all.poolMemory * MB)} does not hold one container of ${showSize(systemLimits.memory.std * MB)} (limits-memory-std)`,
    );
  }
  if (all.kafka !== undefined && all.couchdb === undefined) {
    problems.push("kafka: nodes that do each other's work share the store that it is about; set couchdb, too");
  }
  const own = Object.entries(all).filter(([key]) => key !== 'config' && !key.startsWith('limits'));
  return Object.freeze({
    ...(Object.fromEntries(own) as Omit<Values, 'config' | `limits${string}`>),
    limits: systemLimits,
  });
}
