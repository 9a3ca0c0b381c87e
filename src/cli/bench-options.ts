import { readFile } from 'node:fs/promises';
import { echoIn } from '../load/actions.ts';
import { type BenchMode, type BenchOptions, benchModes } from '../load/bench.ts';
import { isObject } from '../model/json.ts';
import { parseSize } from '../model/units.ts';
import { UsageError } from './commands.ts';
import { type Flag, readFlags } from './flags.ts';
import { choice, duration, path, type ValueType, whole } from './values.ts';
import { addressOf, type WskProperties } from './wskprops.ts';

export interface BenchFlag extends Flag {
  readonly value?: string;
  readonly what: string;
}

const seconds = duration(100);
const modes = choice<BenchMode>(...benchModes);

export const benchFlags: readonly BenchFlag[] = [
  { name: 'apihost', value: 'HOST', what: "the host: an address, or a name for https; wsk's without it" },
  { name: 'auth', short: 'u', value: 'UUID:KEY', what: "the key; wsk's without it" },
  { name: 'insecure', short: 'i', alone: true, what: 'take a certificate that nobody vouches for' },
  {
    name: 'mode',
    value: modes.sign,
    what: 'warm: one action, again and again (the default); cold: a new action for each call; burst: as many new actions at once as there are connections; mix: many actions at random',
  },
  { name: 'concurrency', short: 'c', value: 'N', what: 'connections; 1 without it, 64 with --rate, 50 in a burst' },
  {
    name: 'rate',
    short: 'r',
    value: 'N',
    what: 'calls a second, whatever the answers do; without it each connection sends its next call when it has its answer',
  },
  { name: 'duration', short: 'd', value: 'DURATION', what: 'how long; 10 s without it' },
  {
    name: 'payload',
    value: 'JSON|SIZE|@FILE',
    what: 'what the action is called with: an object, or a size such as 1 MB',
  },
  { name: 'kind', value: 'KIND', what: 'language of the actions: nodejs:default without it' },
  { name: 'actions', value: 'N', what: 'how many actions a mix has; 100 without it' },
  { name: 'timeout', value: 'DURATION', what: 'when an answer is waited for no longer; 70 s without it' },
  { name: 'report', value: 'FILE', what: 'write a report as one HTML file' },
  { name: 'json', alone: true, what: 'print the result as JSON: latencies in µs, steps and bursts in ms' },
];

export interface ParsedBench {
  readonly options: BenchOptions;
  readonly report: string | undefined;
  readonly json: boolean;
}

const defaults = { rateConnections: 64, burst: 50, durationMs: 10_000, timeoutMs: 70_000, actions: 100 };
/** Actions that are made before a load of first calls: more are asked for only by mistake. */
const MAX_COLD = 10_000;
const PAYLOAD = '{"name":"Whisklet"}';

/**
 * Reads what follows `whisklet bench`.
 *
 * @param home of the user, for `~`
 * @throws UsageError
 */
export async function parseBench(args: readonly string[], wsk: WskProperties, home: string): Promise<ParsedBench> {
  const { values, positionals, problems } = readFlags(args, benchFlags);
  const all = [...problems, ...positionals.map((word) => `unexpected '${word}'`)];
  if (all.length > 0) throw new UsageError(all.join('\n'));
  const text = (name: string) => values.get(name)?.at(-1) as string | undefined;
  const read = <T>(type: ValueType<T>, name: string): T | undefined => {
    const raw = text(name);
    if (raw === undefined) return undefined;
    const value = type.read(raw);
    if (value === undefined) throw new UsageError(`--${name}: '${raw}' is not ${type.expected}`);
    return value;
  };
  const mode = read(modes, 'mode') ?? 'warm';
  const rate = read(whole(1, 1_000_000), 'rate');
  if (mode === 'burst' && rate !== undefined) throw new UsageError('--rate: a burst has none, all of it comes at once');
  const durationMs = read(seconds, 'duration') ?? defaults.durationMs;
  if (mode === 'cold' && rate !== undefined && (durationMs / 1000) * rate > MAX_COLD) {
    throw new UsageError(
      `--rate: ${(durationMs / 1000) * rate} first calls need as many actions, and no more than ${MAX_COLD} are made`,
    );
  }
  const standard = mode === 'burst' ? defaults.burst : rate === undefined ? 1 : defaults.rateConnections;
  const kind = text('kind') ?? 'nodejs:default';
  const code = echoIn(kind);
  if (code === undefined)
    throw new UsageError(`--kind: no action of '${kind}' is known here that answers its arguments`);
  return {
    options: {
      ...{ mode, rate, kind, code },
      ...whereOf(text('apihost') ?? wsk.apihost, text('auth') ?? wsk.auth),
      insecure: values.has('insecure'),
      concurrency: read(whole(1, 10_000), 'concurrency') ?? standard,
      durationMs,
      payload: await payloadOf(text('payload')),
      actions: read(whole(1, 10_000), 'actions') ?? defaults.actions,
      timeoutMs: read(seconds, 'timeout') ?? defaults.timeoutMs,
    },
    report: read(path(home), 'report'),
    json: values.has('json'),
  };
}

function whereOf(apihost: string | undefined, auth: string | undefined): { address: string; auth: string } {
  if (apihost === undefined)
    throw new UsageError('no host: give --apihost, or let wsk know it (wsk property set --apihost)');
  if (auth === undefined) throw new UsageError('no key: give --auth, or let wsk know it (wsk property set --auth)');
  const address = addressOf(apihost);
  if (address === undefined) throw new UsageError(`--apihost: '${apihost}' is no address`);
  return { address, auth };
}

async function payloadOf(given: string | undefined): Promise<string> {
  if (given === undefined) return PAYLOAD;
  const bytes = parseSize(given);
  if (bytes !== undefined) return JSON.stringify({ text: 'x'.repeat(Math.max(0, bytes - '{"text":""}'.length)) });
  const text = given.startsWith('@') ? await readPayload(given.slice(1)) : given;
  try {
    const value: unknown = JSON.parse(text);
    if (isObject(value)) return JSON.stringify(value);
  } catch {
    // Said below.
  }
  throw new UsageError(
    `--payload: '${given.slice(0, 40)}' is no JSON object, no size such as 1 MB and no @FILE with an object`,
  );
}

async function readPayload(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    throw new UsageError(`--payload: ${(error as Error).message}`);
  }
}
