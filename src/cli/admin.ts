import type { AdminAnswer, AdminCommand } from '../admin/command.ts';
import { type AdminSyntax, type Given, UsageError } from './commands.ts';
import { type Flag, type ReadFlags, readFlags } from './flags.ts';
import type { Io } from './io.ts';

/** A command line of `user`, `limits` or `dead-letters`, understood. */
export interface ParsedAdmin {
  readonly command: AdminCommand;
  /** The settings that stood on the line: `--data-dir`. */
  readonly flags: ReadFlags['values'];
}

/**
 * Reads what follows `whisklet user create`.
 *
 * @param common options of every command, which are not this command's to understand
 * @throws UsageError
 */
export function parseAdmin(syntax: AdminSyntax, args: readonly string[], common: readonly Flag[]): ParsedAdmin {
  const {
    values,
    positionals: words,
    problems,
  } = readFlags(likeArgparse(args, syntax.flags), [...syntax.flags, ...common]);
  if (problems.length > 0) throw new UsageError(problems.join('\n'));
  if (words.length === 0 && syntax.argument !== '')
    throw new UsageError(`the following arguments are required: ${syntax.argument}`);
  const most = syntax.argument === '' ? 0 : syntax.argument.endsWith('...') ? words.length : 1;
  if (words.length > most) throw new UsageError(`unrecognized arguments: ${words.slice(most).join(' ')}`);
  const texts = (flag: string) => (values.get(flag) ?? []).map(String);
  const given: Given = { words, texts, text: (flag) => texts(flag).at(-1), has: (flag) => values.has(flag) };
  return { command: syntax.make(given), flags: values };
}

/**
 * Rewrites what Python's argparse understands and node's parseArgs does not: `-ns X`, and several values after
 * an option (`--allowedKinds nodejs:20 python:3`).
 */
function likeArgparse(args: readonly string[], flags: readonly Flag[]): string[] {
  const many = new Set(flags.filter((flag) => flag.many).map((flag) => `--${flag.name}`));
  const result: string[] = [];
  let repeating: string | undefined;
  for (const [index, arg] of args.entries()) {
    const isOption = arg.startsWith('-') && arg.length > 1;
    if (isOption) repeating = undefined;
    if (arg === '--') return [...result, ...args.slice(index)];
    if (arg === '-ns' || arg.startsWith('-ns=')) result.push(`--namespace${arg.slice(3)}`);
    else if (many.has(arg)) repeating = arg;
    else if (repeating) result.push(`${repeating}=${arg}`);
    else result.push(arg);
  }
  return result;
}

/** Prints the answer and gives the exit code. */
export function printAnswer(answer: AdminAnswer, io: Io): number {
  for (const line of answer.lines) io.out(line);
  return answer.exit;
}
