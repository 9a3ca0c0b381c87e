import type { AdminAnswer, AdminCommand } from './admin/command.ts';
import { parseAdmin, printAnswer } from './cli/admin.ts';
import { type AdminSyntax, adminCommands, UsageError } from './cli/commands.ts';
import { parseDb } from './cli/db.ts';
import { readFlags } from './cli/flags.ts';
import { adminHelp, benchHelp, dbHelp, groupHelp, imagesHelp, mainHelp, serveHelp } from './cli/help.ts';
import { type Io, standardIo } from './cli/io.ts';
import { suggestion } from './cli/nearest.ts';
import {
  describeSettings,
  loadSettings,
  loadWskProperties,
  type Settings,
  SettingsError,
  settingFlags,
} from './config.ts';
import { build } from './node/build-info.ts';
import { homeFolder } from './settings/home.ts';

/**
 * The command line: finds the command, prints help, and loads what the command needs only then, so that help is
 * there at once. Exit codes: 0 done, 1 could not be done, 2 asked wrongly.
 */

const groups = ['user', 'limits', 'dead-letters'];
const words = ['serve', 'images', 'bench', 'db', ...groups];

async function main(args: readonly string[], io: Io): Promise<number> {
  const [word = 'serve', ...rest] = args;
  if (word === '--version') return say(io, `whisklet ${build.version} (${build.commit})`);
  if (word === '--help' || word === '-h' || word === 'help') return say(io, mainHelp(build.version, adminCommands));
  if (word === 'serve') return serveCommand(rest, io);
  if (word.startsWith('-')) return serveCommand(args, io);
  if (word === 'images') return imagesCommand(rest, io);
  if (word === 'db') return dbCommand(rest, io);
  if (word === 'bench') return benchCommand(rest, io);
  if (groups.includes(word)) return adminCommand(word, rest, io);
  throw new UsageError(`unknown command '${word}'${suggestion(word, words) || '.'} See whisklet --help`);
}

async function serveCommand(args: readonly string[], io: Io): Promise<number> {
  if (wantsHelp(args)) return say(io, serveHelp(describeSettings()));
  const settings = await readSettingsOnly(args);
  const [{ serve }, { startNode }] = await Promise.all([import('./cli/serve.ts'), import('./node.ts')]);
  const start = (stop: AbortSignal) => startNode(settings, stop);
  return serve({ start, drainTimeout: settings.drainTimeout, io, signals: process });
}

async function adminCommand(group: string, args: readonly string[], io: Io): Promise<number> {
  const [verb = '', ...rest] = args;
  const syntax = adminCommands.find((each) => each.do === `${group} ${verb}`);
  if (!syntax) {
    if (verb === '' || verb.startsWith('-')) return say(io, groupHelp(group, adminCommands), wantsHelp(args) ? 0 : 2);
    const known = adminCommands.map((each) => each.do);
    throw new UsageError(
      `unknown command '${group} ${verb}'${suggestion(`${group} ${verb}`, known) || '.'} See whisklet ${group} --help`,
    );
  }
  if (wantsHelp(rest)) return say(io, adminHelp(syntax, describeSettings('admin')));
  const { command, flags } = understand(syntax, rest);
  return printAnswer(await carryOut(command, await loadSettings(flags)), io);
}

function understand(syntax: AdminSyntax, args: readonly string[]) {
  try {
    return parseAdmin(syntax, args, settingFlags('admin'));
  } catch (error) {
    if (error instanceof UsageError) throw new UsageError(`${syntax.do}: ${error.message}`);
    throw error;
  }
}

/** The running node does it; where none runs, this process does, holding the data folder meanwhile. */
async function carryOut(command: AdminCommand, settings: Settings): Promise<AdminAnswer> {
  const { askNode } = await import('./admin/socket.ts');
  const answer = await askNode(settings.dataDir, command);
  if (answer) return answer;
  const { carryOutHere } = await import('./offline/admin.ts');
  return carryOutHere(settings, command);
}

async function imagesCommand(args: readonly string[], io: Io): Promise<number> {
  if (wantsHelp(args) || args.length === 0) {
    return say(io, imagesHelp(describeSettings('images')), args.length === 0 ? 2 : 0);
  }
  const { parseImages } = await import('./cli/images.ts');
  const { kinds, bases, flags } = parseImages(args, settingFlags('images'));
  const settings = await loadSettings(flags);
  const { runBuild } = await import('./offline/images.ts');
  const built = await runBuild(settings, { kinds, bases, onLine: io.out });
  return say(
    io,
    built.length > 0 ? `Built ${built.join(', ')}` : 'No kind of the manifest needs an image of our making',
  );
}

async function dbCommand(args: readonly string[], io: Io): Promise<number> {
  if (wantsHelp(args) || args.length === 0) {
    return say(io, dbHelp(describeSettings('db')), args.length === 0 ? 2 : 0);
  }
  const { command, flags } = parseDb(args, settingFlags('db'));
  const { runDb } = await import('./offline/db.ts');
  return runDb(command, await loadSettings(flags), io.out);
}

async function benchCommand(args: readonly string[], io: Io): Promise<number> {
  const { benchFlags, parseBench } = await import('./cli/bench-options.ts');
  if (wantsHelp(args)) return say(io, benchHelp(benchFlags));
  const parsed = await parseBench(args, await loadWskProperties(), homeFolder());
  const { bench } = await import('./cli/bench.ts');
  return bench({ parsed, version: build.version, io, signals: process });
}

async function readSettingsOnly(args: readonly string[]): Promise<Settings> {
  const { values, positionals, problems } = readFlags(args, settingFlags('serve'));
  const all = [...problems, ...positionals.map((word) => `unexpected '${word}'`)];
  if (all.length > 0) throw new SettingsError(all);
  return loadSettings(values);
}

function wantsHelp(args: readonly string[]): boolean {
  const end = args.indexOf('--');
  const options = end < 0 ? args : args.slice(0, end);
  return options.includes('--help') || options.includes('-h');
}

function say(io: Io, text: string, exit = 0): number {
  io.out(text);
  return exit;
}

/** What an operator can do about a failure, in one line; the system's errors by their codes. */
function explain(error: unknown): string {
  const { code, message, port } = error as { code?: unknown; message?: string; port?: number };
  switch (code) {
    case 'EADDRINUSE':
      return `port ${port} is taken: stop what listens on it, or choose another with --port`;
    case 'EADDRNOTAVAIL':
      return 'this machine does not have one of the addresses of --host';
    case 'EACCES':
    case 'EPERM':
      return `${message}: give this user the right, or choose another folder with --data-dir or port with --port`;
    case 'ENOSPC':
      return `the disk is full: ${message}`;
    default:
      return message ?? String(error);
  }
}

try {
  process.exitCode = await main(process.argv.slice(2), standardIo);
} catch (error) {
  for (const line of explain(error).split('\n')) standardIo.err(`whisklet: ${line}`);
  process.exitCode = error instanceof UsageError ? 2 : 1;
}
// Whatever is still open must not keep a process alive whose work is done.
process.exit();
