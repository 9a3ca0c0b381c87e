import type { Mount, PlaceRoot } from './place-root.ts';
import { EXECUTABLE_IN_PLACE, RUNTIME_IN_PLACE } from './place-root.ts';
import { setProcessLimit } from './user-limit.ts';

/**
 * An isolation is a way to start a program apart from the rest of the host. It is only words: it turns what is to
 * be started into the command line that does so. `bubblewrap.ts`, `unshare.ts` and `plain.ts` are the ways;
 * `choose-isolation.ts` tries which of them this host has.
 *
 * All have in common: the first process joins the place's control groups; it may open 1024 files; it writes no core; the
 * kernel prefers it to the node when the machine is out of memory; it gains no privileges by what it executes;
 * and it dies with the node. The network is the host's, on purpose: actions call services, and what they
 * may reach is the operator's firewall to say.
 */
export interface Isolation {
  readonly name: 'bubblewrap' | 'unshare' | 'plain';
  /** For the operator. */
  readonly sentence: string;
  /** True when all processes of a place are a pid namespace, whose first process is the only child of the one started. */
  readonly hasNamespaces: boolean;
  command(launch: Launch): string[];
}

export interface Launch {
  /** Becomes the host name. */
  readonly id: string;
  readonly root: PlaceRoot;
  readonly program: Program;
  /** Files to which the first process writes `0` to join the place's groups. */
  readonly joinFiles: readonly string[];
  /** Processes and threads, where no group limits them. */
  readonly processLimit?: number;
  /** The user to become; absent when the node itself is not root. */
  readonly uid?: number;
  readonly tmpBytes: number;
}

/** A file that has another path in the place than on the host. */
export interface Located {
  readonly onHost: string;
  readonly inPlace: string;
}

/** What runs in a place. */
export interface Program {
  readonly command: Located;
  readonly args: readonly (string | Located)[];
  /** Beyond those of every place. */
  readonly mounts: readonly Mount[];
  /** Variables that it needs to be what it is. */
  readonly env: Readonly<Record<string, string>>;
}

/** This executable as a JavaScript runtime. */
export function ownProgram(executable: string, args: Program['args'], mounts: readonly Mount[]): Program {
  return {
    command: { onHost: executable, inPlace: EXECUTABLE_IN_PLACE },
    args,
    mounts,
    env: { BUN_BE_BUN: '1' },
  };
}

/** A file of a family's shim folder, which every place of that family has at the same path. */
export function shimFile(folder: string, name: string): { readonly file: Located; readonly mount: Mount } {
  return {
    file: { onHost: `${folder}/${name}`, inPlace: `${RUNTIME_IN_PLACE}/${name}` },
    mount: { from: folder, to: RUNTIME_IN_PLACE },
  };
}

function argvIn(where: keyof Located, { command, args }: Program): string[] {
  return [command, ...args].map((each) => (typeof each === 'string' ? each : each[where]));
}

/** Programs of util-linux and bubblewrap, where this host has them. */
export interface Tools {
  readonly bwrap: string | undefined;
  readonly unshare: string | undefined;
  readonly setpriv: string | undefined;
}

/**
 * The first steps, by the shell, so that no program of ours is needed: a group must be joined before anything
 * is started in it, and limits are inherited. Arguments: files of groups, `--`, then what to become.
 */
const FIRST_STEPS = `
while [ "$1" != -- ]; do echo 0 > "$1" || exit 71; shift; done
shift
echo 500 > /proc/self/oom_score_adj
ulimit -n 1024 && ulimit -c 0 || exit 71
exec "$@"
`;

function withFirstSteps({ joinFiles }: Launch, argv: readonly string[]): string[] {
  return ['/bin/sh', '-c', FIRST_STEPS, 'sh', ...joinFiles, '--', ...argv];
}

/** The last step: only there is the limit counted for the place alone, by its user or its user namespace, where it has one. */
function withProcessLimit({ processLimit }: Launch, argv: readonly string[]): string[] {
  if (processLimit === undefined) return [...argv];
  const step = `${setProcessLimit(processLimit)}; exec "$@"`;
  return ['/bin/sh', '-c', step, 'sh', ...argv];
}

/**
 * The whole command line: the first steps, the way into the place, the last step, the program.
 *
 * @param enter what starts what follows it apart from the rest of the host
 */
export function commandLine(launch: Launch, where: keyof Located, enter: readonly string[]): string[] {
  return withFirstSteps(launch, [...enter, ...withProcessLimit(launch, argvIn(where, launch.program))]);
}

/** From root to a user without any right. */
export function dropTo(uid: number, setpriv: string): string[] {
  const user = ['--reuid', String(uid), '--regid', String(uid), '--clear-groups'];
  return [setpriv, ...user, '--inh-caps=-all', '--bounding-set=-all', '--no-new-privs'];
}
