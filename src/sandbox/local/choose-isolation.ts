import { run } from '../run.ts';
import { bubblewrap } from './bubblewrap.ts';
import { type Isolation, type Launch, ownProgram, type Tools } from './isolation.ts';
import type { PlaceRoot } from './place-root.ts';
import { plain } from './plain.ts';
import { unshare } from './unshare.ts';

export interface ChooseOptions {
  readonly root: PlaceRoot;
  readonly executable: string;
  /** Something that no place may see. */
  readonly hidden: string;
  /** The user to try with; absent when the node itself is not root. */
  readonly uid: number | undefined;
  /** Only this one, rather than the best that works. */
  readonly only?: Isolation['name'];
}

const WAYS = { bubblewrap, unshare, plain } as const;

/**
 * The best isolation that really works on this host: each is tried with this executable, best first. Answers
 * why not when not even a plain process can be started without the rights of root.
 */
export async function chooseIsolation(options: ChooseOptions): Promise<Isolation | string> {
  const tools: Tools = { bwrap: which('bwrap'), unshare: which('unshare'), setpriv: which('setpriv') };
  const names = options.only ? [options.only] : (Object.keys(WAYS) as Isolation['name'][]);
  const reasons: string[] = [];
  for (const name of names) {
    const way = WAYS[name](tools);
    const reason = typeof way === 'string' ? way : await whyNot(way, options);
    if (typeof way !== 'string' && reason === undefined) return way.hasNamespaces ? way : withReasons(way, reasons);
    reasons.push(`${name}: ${reason}`);
  }
  return `no action can be started on this host (${reasons.join('; ')})`;
}

/** Whoever wants isolation hears what is in its way. */
function withReasons(way: Isolation, reasons: readonly string[]): Isolation {
  return reasons.length > 0 ? { ...way, sentence: `${way.sentence} (${reasons.join('; ')})` } : way;
}

/** Programs that come with the system are found even when the node was started with an odd PATH. */
function which(name: string): string | undefined {
  return Bun.which(name, { PATH: '/usr/bin:/bin:/usr/sbin:/sbin:/usr/local/bin' }) ?? undefined;
}

/** What a place tells of itself. */
interface Report {
  readonly uid: number;
  readonly hasRights: boolean;
  readonly gainsRights: boolean;
  readonly seesHidden: boolean;
}

const REPORT = `
const fs = require('node:fs');
const status = fs.readFileSync('/proc/self/status', 'utf8');
fs.writeSync(1, JSON.stringify({
  uid: process.getuid(),
  hasRights: !/^CapEff:\\s*0+$/m.test(status),
  gainsRights: !/^NoNewPrivs:\\s*1$/m.test(status),
  seesHidden: fs.existsSync(process.argv.at(-1)),
}));
`;

function readReport(output: string): Report | undefined {
  try {
    return JSON.parse(output) as Report;
  } catch {
    return undefined;
  }
}

async function whyNot(isolation: Isolation, options: ChooseOptions): Promise<string | undefined> {
  const { root, executable, hidden, uid } = options;
  const program = ownProgram(executable, ['-e', REPORT, hidden], []);
  const launch: Launch = {
    ...{ id: 'whisklet-try', root, program, joinFiles: [], tmpBytes: 1024 * 1024 },
    ...(uid !== undefined && { uid }),
  };
  const { code, output, errors } = await run(isolation.command(launch), 5_000, program.env);
  if (code !== 0) return errors.trim().split('\n').at(-1) || 'it does not start within 5 s';
  const report = readReport(output);
  if (!report) return `it does not report on itself: ${output.trim().split('\n')[0]}`;
  if (report.uid === 0) return 'the code would run as root';
  if (report.hasRights) return 'the code would have capabilities';
  if (!isolation.hasNamespaces) return undefined;
  if (report.gainsRights) return 'the code could gain privileges';
  if (report.seesHidden) return 'the data of the node would be seen';
  return undefined;
}
