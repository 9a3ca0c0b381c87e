import { parseArgs } from 'node:util';
import { OptionsError, type SandboxName, sandboxNames } from './options.ts';

/** The command line of `bun bench:compare`. Pure. */
export interface CompareOptions {
  /** Undefined for the commit before, or the last one when files differ from it. */
  readonly ref: string | undefined;
  readonly rounds: number;
  readonly only: readonly string[];
  readonly sandbox: SandboxName;
  readonly json: string | undefined;
  readonly help: boolean;
}

/** What is mostly asked; the rest by `--only`. */
const STANDARD = ['warm', 'prewarmed', 'throughput'];
const ROUNDS = 7;
/** With fewer the test could not be sure of anything. */
const LEAST_ROUNDS = 4;

export const compareUsage = `bun bench:compare [REF] [options]

Measures this tree and another commit in turn, and says which differences are more than noise.

  REF                 a commit, a branch, a tag; without it the last commit when files differ from it, else the one before
  --only NAME,…       measures only these: ${STANDARD.join(',')} without it; bun bench --help lists them
  --rounds N          how often each is measured, in a process of its own: ${ROUNDS} without it, ${LEAST_ROUNDS} at least
  --sandbox NAME      local (the default) or docker
  --json FILE         also writes what was measured
  --help`;

/** @throws OptionsError with one sentence about what is wrong */
export function readCompareOptions(args: readonly string[]): CompareOptions {
  const { values, positionals } = parse(args);
  const { sandbox = 'local', only, rounds = String(ROUNDS), json, help = false } = values;
  const known = sandboxNames.find((name) => name === sandbox);
  if (!known) throw new OptionsError(`there is no sandbox '${sandbox}'`);
  if (positionals.length > 1) throw new OptionsError(`unexpected '${positionals[1]}'`);
  if (!/^\d+$/.test(rounds) || Number(rounds) < LEAST_ROUNDS) {
    throw new OptionsError(`--rounds: '${rounds}' is not a whole number from ${LEAST_ROUNDS} up`);
  }
  return {
    ...{ ref: positionals[0], rounds: Number(rounds), sandbox: known, json, help },
    only: only?.split(',').map((name) => name.trim()) ?? STANDARD,
  };
}

function parse(args: readonly string[]) {
  const text = { type: 'string' } as const;
  const options = { only: text, rounds: text, sandbox: text, json: text, help: { type: 'boolean' } as const };
  try {
    return parseArgs({ args: [...args], options, allowPositionals: true });
  } catch (error) {
    throw new OptionsError((error as Error).message);
  }
}
