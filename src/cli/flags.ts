import { parseArgs } from 'node:util';
import { suggestion } from './nearest.ts';

/** An option of a command. */
export interface Flag {
  /** Without the dashes: `data-dir`. */
  readonly name: string;
  /** One letter: `-p`. */
  readonly short?: string;
  /** Stands alone, without a value. */
  readonly alone?: boolean;
  /** May be given several times; all values count. Otherwise the last one wins. */
  readonly many?: boolean;
}

export interface ReadFlags {
  /** By name: what was given, in order; `true` for an option that stood alone. */
  readonly values: ReadonlyMap<string, readonly (string | true)[]>;
  readonly positionals: readonly string[];
  /** Sentences about what is wrong; empty when all is well. */
  readonly problems: readonly string[];
}

/**
 * Reads a command line: `--name value`, `--name=value`, `-n value`, `--` before what only looks like an option.
 * Every problem is found, not only the first.
 */
export function readFlags(args: readonly string[], flags: readonly Flag[]): ReadFlags {
  const options: Record<string, { type: 'string' | 'boolean'; short?: string; multiple: true }> = {};
  for (const { name, short, alone } of flags) {
    options[name] = { type: alone ? 'boolean' : 'string', multiple: true, ...(short ? { short } : {}) };
  }
  const { tokens } = parseArgs({ args: [...args], options, strict: false, allowPositionals: true, tokens: true });
  const byName = new Map(flags.map((flag) => [flag.name, flag]));
  const values = new Map<string, (string | true)[]>();
  const positionals: string[] = [];
  const problems: string[] = [];
  let afterProblem = -1;
  for (const token of tokens) {
    if (token.kind === 'positional') {
      // What follows a misspelt option is its value, and no second mistake.
      if (token.index !== afterProblem) positionals.push(token.value);
      continue;
    }
    if (token.kind !== 'option') continue;
    const flag = byName.get(token.name);
    const isSwallowed = !token.inlineValue && token.value?.startsWith('--') && token.value.length > 2;
    if (!flag) {
      const known = flags.map((each) => `--${each.name}`);
      problems.push(`unknown option '${token.rawName}'${suggestion(token.rawName, known)}`);
      afterProblem = token.inlineValue ? -1 : token.index + 1;
    } else if (!flag.alone && (token.value === undefined || isSwallowed)) {
      problems.push(`${token.rawName} needs a value`);
      afterProblem = token.index + 2;
    } else {
      const given = flag.many ? (values.get(flag.name) ?? []) : [];
      values.set(flag.name, [...given, token.value ?? true]);
    }
  }
  return { values, positionals, problems };
}
