import { parseArgs } from 'node:util';

/** The command line of `bun bench`. Pure. */

export const sandboxNames = ['local', 'docker'] as const;
export type SandboxName = (typeof sandboxNames)[number];

export interface Options {
  /** Names of what is measured; undefined for all. */
  readonly only: ReadonlySet<string> | undefined;
  readonly sandbox: SandboxName | 'all';
  readonly quick: boolean;
  readonly json: string | undefined;
  /** Files to write: a page with everything, a picture for the README. */
  readonly report: string | undefined;
  readonly picture: string | undefined;
  /** Measure several nodes, too. */
  readonly cluster: ClusterOptions | undefined;
  /** Measure others, too. */
  readonly peers: boolean;
  readonly help: boolean;
}

/** A broker and a CouchDB that the nodes under measurement may use. */
export interface ClusterOptions {
  /** `127.0.0.1:9092`. */
  readonly kafka: string;
  /** `http://user:password@127.0.0.1:5984`. */
  readonly couchdb: string;
}

export class OptionsError extends Error {}

export function usage(names: readonly string[]): string {
  return `bun bench [options]

  --only NAME,…       measures only these: ${names.join(', ')}
  --sandbox NAME      local, docker, or all that this machine has (the default)
  --quick             fewer rounds: for a first look, not for a figure to be told
  --peers             also measures workerd and functions-framework, which npm installs into bench/peers
  --kafka HOST:PORT --couchdb URL
                      also measures two nodes that share these
  --json FILE         also writes all figures with their rounds
  --report FILE       also writes a page with all distributions and steps; it opens offline
  --picture FILE      also writes a picture of the most important figures, as SVG
  --help

Exits with 1 when a promise of docs/performance.md is broken.`;
}

/** @throws OptionsError with one sentence about what is wrong */
export function readOptions(args: readonly string[], names: readonly string[]): Options {
  let values: ReturnType<typeof parse>;
  try {
    values = parse(args);
  } catch (error) {
    throw new OptionsError((error as Error).message);
  }
  const {
    sandbox = 'all',
    only,
    quick = false,
    json,
    report,
    picture,
    kafka,
    couchdb,
    peers = false,
    help = false,
  } = values;
  if (sandbox !== 'all' && !isSandbox(sandbox)) throw new OptionsError(`there is no sandbox '${sandbox}'`);
  const chosen = only?.split(',').map((name) => name.trim());
  const unknown = chosen?.find((name) => !names.includes(name));
  if (unknown !== undefined) throw new OptionsError(`'${unknown}' is none of ${names.join(', ')}`);
  if ((kafka === undefined) !== (couchdb === undefined)) throw new OptionsError('--kafka and --couchdb go together');
  const cluster = kafka === undefined || couchdb === undefined ? undefined : { kafka, couchdb };
  return { only: chosen && new Set(chosen), sandbox, quick, json, report, picture, cluster, peers, help };
}

function parse(args: readonly string[]) {
  const text = { type: 'string' } as const;
  const flag = { type: 'boolean' } as const;
  const files = { json: text, report: text, picture: text, kafka: text, couchdb: text };
  const flags = { quick: flag, peers: flag, help: flag };
  return parseArgs({ args: [...args], options: { only: text, sandbox: text, ...files, ...flags } }).values;
}

function isSandbox(name: string): name is SandboxName {
  return (sandboxNames as readonly string[]).includes(name);
}
