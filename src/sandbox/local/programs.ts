import { existsSync, readdirSync, realpathSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import type { RuntimeSpec } from '../../model/manifest.ts';
import { run } from '../run.ts';
import { commonShim, ownShim } from '../shim-names.ts';
import { type Located, ownProgram, type Program, shimFile } from './isolation.ts';
import type { Mount } from './place-root.ts';

export interface ProgramsOptions {
  /** Holds `<family>/shim.*`. */
  readonly shimsDir: string;
  readonly executable: string;
  /** Runs a program in a place of this host to its end; answers why it failed. */
  readonly tryOut: (program: Program) => Promise<string | undefined>;
}

/**
 * Which program runs the shim of a kind on this host. Decided once for each family and list of commands, by
 * really running it in a place, and remembered: afterwards it costs a start nothing.
 */
export class Programs {
  readonly #options: ProgramsOptions;
  readonly #known = new Map<string, Promise<Program | string>>();

  constructor(options: ProgramsOptions) {
    this.#options = options;
  }

  /** The program, or a sentence that says why there is none. */
  find(runtime: RuntimeSpec): Promise<Program | string> {
    const key = `${runtime.family} ${runtime.commands?.join(' ') ?? ''}`;
    const known = this.#known.get(key) ?? this.#find(runtime);
    this.#known.set(key, known);
    return known;
  }

  async #find({ kind, family, commands }: RuntimeSpec): Promise<Program | string> {
    const { shimsDir, executable, tryOut } = this.#options;
    const folder = join(shimsDir, family ?? '');
    const names = family && existsSync(folder) ? readdirSync(folder) : [];
    const name = commands ? commonShim(names) : ownShim(names);
    if (!name) return `kind ${kind} cannot run here: there is no shim for '${family}'`;
    const { file, mount } = shimFile(folder, name);
    if (!commands) return ownProgram(executable, [file], [mount]);

    const reasons: string[] = [];
    for (const candidate of commands.flatMap(candidates)) {
      const interpreter = await resolveInterpreter(candidate);
      if (typeof interpreter === 'string') {
        reasons.push(`${candidate}: ${interpreter}`);
        continue;
      }
      const { command, mounts } = interpreter;
      const reason = await tryOut({ command, mounts, args: ['--version'], env: {} });
      if (reason === undefined) return { command, args: [file], mounts: [...mounts, mount], env: {} };
      reasons.push(`${candidate}: ${reason}`);
    }
    const why = reasons.length > 0 ? ` (${reasons.join('; ')})` : '';
    return `kind ${kind} cannot run here: this host has no ${commands.join(', nor ')} for it${why}`;
  }
}

/** Where a command may be: first where every user of the host has it, for places are not the node's user. */
function candidates(command: string): string[] {
  const common = ['/usr/bin', '/usr/local/bin']
    .map((folder) => join(folder, command))
    .filter((path) => existsSync(path));
  const found = Bun.which(command);
  return [...new Set([...common, ...(found ? [found] : [])])];
}

interface Interpreter {
  readonly command: Located;
  readonly mounts: readonly Mount[];
}

const ASK_PYTHON = 'import os, sys; print(os.path.realpath(sys.executable)); print(sys.base_prefix)';

/** The real program behind links and version managers (pyenv's commands are scripts), and the folder that it needs. */
async function resolveInterpreter(command: string): Promise<Interpreter | string> {
  let path = realpathSync(command);
  let prefix = dirname(path);
  if (basename(command).startsWith('python')) {
    const { code, output, errors } = await run([command, '-I', '-c', ASK_PYTHON], 5_000);
    const [executable, base] = output.trim().split('\n');
    if (code !== 0 || !executable || !base) return errors.trim().split('\n').at(-1) || 'it does not work';
    path = executable;
    prefix = base;
  }
  const located = { onHost: path, inPlace: path };
  if (isOfSystem(path) && isOfSystem(prefix)) return { command: located, mounts: [] };
  // Mounting a whole root or home for the sake of one program would show what no place may see.
  if (prefix.split('/').length < 4) return `it needs all of ${prefix}`;
  return { command: located, mounts: [{ from: prefix, to: prefix }] };
}

function isOfSystem(path: string): boolean {
  return /^\/(usr|bin|lib\w*)(\/|$)/.test(path);
}
