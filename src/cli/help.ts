import type { BenchFlag } from './bench-options.ts';
import type { AdminSyntax } from './commands.ts';
import { dbCommands, dbOptions } from './db.ts';

/** What the help needs to know of a setting; config.ts describes all of them. */
export interface SettingLine {
  readonly group: string;
  readonly flag: string;
  readonly short: string | undefined;
  readonly alone: boolean;
  readonly sign: string;
  readonly standard: string;
  readonly what: string;
}

const WIDTH = 100;
const INDENT = 34;

export function mainHelp(version: string, admin: readonly AdminSyntax[]): string {
  const commands: [string, string][] = [
    ['serve', 'run a node in the foreground; the default'],
    ...admin.map((each): [string, string] => [`${each.do} ${each.argument}`, each.what]),
    ['images build [KIND...]', 'make the Docker images of the languages that need one'],
    ...dbRows('db '),
    ['bench', 'measure how fast this host, or any other OpenWhisk, answers'],
  ];
  return [
    `Whisklet ${version}: OpenWhisk as one executable for edge hosts`,
    '',
    'Usage: whisklet [COMMAND] [OPTIONS]',
    '',
    'Commands:',
    ...commands.flatMap(([name, what]) => row(name, what)),
    '',
    ...row('-h, --help', 'show this, or the options of a command: whisklet serve --help'),
    ...row('--version', 'show the version'),
    '',
    'user, limits and dead-letters work on a running node as well as on a stopped one; --data-dir says which.',
  ].join('\n');
}

export function serveHelp(settings: readonly SettingLine[]): string {
  const groups = [...new Set(settings.map(({ group }) => group))];
  return [
    'Usage: whisklet [serve] [OPTIONS]',
    '',
    'Runs a node in the foreground until SIGTERM or SIGINT. Every option is also an environment variable',
    '(--data-dir: WHISKLET_DATA_DIR) and a key of the TOML file that --config names (data-dir).',
    ...groups.flatMap((group) => [
      '',
      `${group}:`,
      ...settings.filter((each) => each.group === group).flatMap((each) => settingRow(each)),
    ]),
  ].join('\n');
}

export function adminHelp(syntax: AdminSyntax, common: readonly SettingLine[]): string {
  const flags = syntax.flags.flatMap(({ name, short, value, what }) => {
    const letter = name === 'namespace' ? '-ns, ' : short ? `-${short}, ` : '';
    return row(`${letter}--${name}${value ? ` ${value}` : ''}`, what);
  });
  return [
    `Usage: whisklet ${`${syntax.do} ${syntax.argument}`.trim()}${flags.length > 0 ? ' [OPTIONS]' : ''}`,
    '',
    `${syntax.what.charAt(0).toUpperCase()}${syntax.what.slice(1)}.`,
    '',
    'Options:',
    ...flags,
    ...commonRows(common),
  ].join('\n');
}

export function groupHelp(group: string, admin: readonly AdminSyntax[]): string {
  const members = admin.filter((each) => each.do.startsWith(`${group} `));
  return [
    `Usage: whisklet ${group} COMMAND [OPTIONS]`,
    '',
    ...members.flatMap((each) => row(`${each.do.slice(group.length + 1)} ${each.argument}`, each.what)),
  ].join('\n');
}

export function imagesHelp(common: readonly SettingLine[]): string {
  return [
    'Usage: whisklet images build [KIND...] [OPTIONS]',
    '',
    'Makes the Docker images of these kinds, or of all kinds of the manifest that need one. JavaScript needs none.',
    '',
    'Options:',
    ...row('--base FAMILY=IMAGE', 'build on this image instead of the one that the Dockerfile names: python=debian:12'),
    ...commonRows(common),
  ].join('\n');
}

export function dbHelp(common: readonly SettingLine[]): string {
  return [
    'Usage: whisklet db COMMAND [OPTIONS]',
    '',
    'Works on CouchDB where --couchdb or its variable names one, else on the data folder.',
    '',
    ...dbRows('').flatMap(([name, what]) => row(name, what)),
    '',
    'Options:',
    ...Object.entries(dbOptions).flatMap(([name, what]) => row(`--${name}`, what)),
    ...commonRows(common),
  ].join('\n');
}

function dbRows(prefix: string): [string, string][] {
  return Object.entries(dbCommands).map(([verb, { argument, what }]) => [
    `${prefix}${verb}${argument ? ` ${argument}` : ''}`,
    what,
  ]);
}

export function benchHelp(flags: readonly BenchFlag[]): string {
  return [
    'Usage: whisklet bench [OPTIONS]',
    '',
    'Measures the latency of an OpenWhisk API host, this one or another, with actions of its own that it takes away again.',
    'Host and key are those of wsk (~/.wskprops, or the file that WSK_CONFIG_FILE names).',
    '',
    'Options:',
    ...flags.flatMap(({ name, short, value, what }) =>
      row(`${short ? `-${short}, ` : ''}--${name}${value ? ` ${value}` : ''}`, what),
    ),
  ].join('\n');
}

function commonRows(common: readonly SettingLine[]): string[] {
  return common.flatMap((each) => settingRow({ ...each, short: undefined }));
}

function settingRow({ flag, short, alone, sign, standard, what }: SettingLine): string[] {
  const names = short ? `${short}, ${flag}` : flag;
  return row(`${names}${alone ? '' : ` ${sign}`}`, alone ? what : `${what} [${standard}]`);
}

/** `  name    what`, wrapped; a long name has a line of its own. */
function row(name: string, what: string): string[] {
  const lines = wrap(what, WIDTH - INDENT);
  const indented = lines.map((line) => ' '.repeat(INDENT) + line);
  const head = `  ${name}`;
  if (head.length >= INDENT - 1) return [head, ...indented];
  return [head.padEnd(INDENT) + lines[0], ...indented.slice(1)];
}

function wrap(text: string, width: number): string[] {
  const lines = [''];
  for (const word of text.split(' ')) {
    const line = lines[lines.length - 1] as string;
    if (line !== '' && line.length + word.length >= width) lines.push(word);
    else lines[lines.length - 1] = line === '' ? word : `${line} ${word}`;
  }
  return lines;
}
