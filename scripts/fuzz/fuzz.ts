import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Document, Parameter, Path, Schema } from '../../src/api/description/openapi.ts';
import { GUEST_KEY, TestNode } from '../../test/util/node.ts';
import { actions, making, type Step } from '../../test/util/walk.ts';
import { temporaryFolder } from '../../test/util/whisklet.ts';

/**
 * Fuzzes a node of its own, from the node's own description: schemathesis makes requests that are as described, and requests
 * that are not, and holds each answer to the description and to checks.py. Bounded in time and in requests; nothing but this
 * node can be reached.
 */
export interface FuzzOptions {
  /** The program of schemathesis: setup.sh prints it. */
  readonly schemathesis: string;
  readonly seconds: number;
  /** The same seed makes the same requests, as far as time allows. */
  readonly seed: number;
}

export interface Fuzzed {
  /** What was wrong; empty when nothing was. */
  readonly problems: readonly string[];
  /** What schemathesis said. */
  readonly report: string;
}

const REQUESTS_PER_SECOND = 200;
const REQUEST_SECONDS = 10;
/** What it takes beyond its time: to load, to shrink what it has found, to report. */
const GRACE_SECONDS = 60;
const RESTORE_MS = 500;
/** Nobody listens there: whatever is not meant for the node goes nowhere. */
const NOWHERE = 'http://127.0.0.1:9';

const checks = [
  ...['status_code_conformance', 'content_type_conformance', 'response_headers_conformance'],
  ...['response_schema_conformance', 'ignored_auth', 'no_fault', 'no_stack_trace'],
];

export async function fuzz({ schemathesis, seconds, seed }: FuzzOptions): Promise<Fuzzed> {
  const folder = temporaryFolder();
  const node = new TestNode();
  try {
    await node.start();
    const file = join(folder.path, 'description.json');
    const { json } = await node.ask('GET', '/api-docs', { key: null });
    writeFileSync(file, JSON.stringify(aimed(json as Document)));
    for (const step of making) await put(node, step);
    const stop = new AbortController();
    const restored = restore(node, stop.signal);
    const { exit, report } = await run(schemathesis, [file, node.address, seconds, seed], folder.path);
    stop.abort();
    const problems = [...(exit === 0 ? [] : [`schemathesis ended with ${exit}`]), ...(await restored)];
    await node.put('alive', actions.echo as string);
    const alive = await node.invoke('alive', { n: 1 });
    if (alive.status !== 200) problems.push(`the node does not run actions any more: ${alive.text}`);
    const { err } = await node.stop();
    const faults = err.split('\n').filter((line) => line.includes('[ERROR]'));
    return { problems: [...problems, ...faults.map((line) => `the node's log: ${line}`)], report };
  } finally {
    await node.end();
    rmSync(folder.path, { recursive: true, force: true });
  }
}

async function run(
  program: string,
  [file, url, seconds, seed]: readonly [string, string, number, number],
  cwd: string,
) {
  const args = [
    ...['run', file, '--url', url, '--auth', GUEST_KEY, '--seed', seed],
    // What needs no key takes no input.
    ...[
      '--phases',
      'coverage,fuzzing',
      '--exclude-tag',
      'Server',
      '--checks',
      checks.join(','),
      '--continue-on-failure',
    ],
    ...['--max-time', seconds, '--rate-limit', `${REQUESTS_PER_SECOND}/s`, '--request-timeout', REQUEST_SECONDS],
    // Two at once break CPython's own parser now and then.
    ...['--workers', 1, '--warnings', 'off', '--no-color'],
  ].map(String);
  const child = Bun.spawn([program, ...args], {
    cwd,
    env: {
      ...{ PATH: process.env.PATH ?? '', HOME: cwd, PYTHONPATH: import.meta.dir, PYTHONDONTWRITEBYTECODE: '1' },
      ...{ SCHEMATHESIS_HOOKS: 'checks', HTTP_PROXY: NOWHERE, HTTPS_PROXY: NOWHERE, NO_PROXY: '127.0.0.1' },
    },
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: (seconds + GRACE_SECONDS) * 1000,
    killSignal: 'SIGKILL',
  });
  const [out, err, exit] = await Promise.all([child.stdout.text(), child.stderr.text(), child.exited]);
  return { exit, report: out + err };
}

/** What is deleted comes back, so that there is always something to be found; and somebody else writes meanwhile. */
async function restore(node: TestNode, until: AbortSignal): Promise<string[]> {
  const problems: string[] = [];
  while (!until.aborted) {
    for (const step of making) {
      const answer = await put(node, step);
      if (answer.status >= 500) problems.push(`${step.method} ${step.path}: ${answer.status} ${answer.text}`);
    }
    await Bun.sleep(RESTORE_MS);
  }
  return problems;
}

function put(node: TestNode, { method, path, body }: Step) {
  return node.ask(method, `${path.replace('?overwrite=true', '')}?overwrite=true`, { body });
}

/** Names that lead somewhere, among those that schemathesis makes up. */
const names: Readonly<Record<string, readonly string[]>> = {
  packageName: ['tools', 'bound', 'default', 'fuzzed'],
  actionName: ['echo', 'fails', 'breaks', 'lists', 'full', 'sequence', 'fuzzed', 'tools'],
  triggerName: ['tick', 'idle', 'fuzzed'],
  ruleName: ['each', 'fuzzed'],
};
const webNames = ['echo.json', 'echo.text', 'echo.http', 'fails', 'breaks.json', 'lists.json', 'full'];

/** The description with parameters that hit. */
function aimed(document: Document): Document {
  const paths = Object.entries(document.paths).map(([path, methods]) => {
    const isWeb = path.startsWith('/api/v1/web/');
    const better = Object.entries(methods).map(([method, operation]) => {
      // A stream does not end.
      const parameters = operation.parameters?.filter(({ name }) => name !== 'stream').map((each) => aim(each, isWeb));
      // What a web action answers is its own affair.
      const responses = isWeb ? { default: { description: 'Anything' } } : operation.responses;
      return [method, { ...operation, responses, ...(parameters && { parameters }) }];
    });
    return [path, Object.fromEntries(better) as Path];
  });
  return { ...document, paths: Object.fromEntries(paths) as Document['paths'] };
}

function aim(parameter: Parameter, isWeb: boolean): Parameter {
  const { name } = parameter;
  if (parameter.in !== 'path') return parameter;
  if (name === 'namespace') return { ...parameter, schema: oneOf(isWeb ? ['guest'] : ['_', 'guest']) };
  const known = isWeb && name === 'actionName' ? webNames : names[name];
  return known ? { ...parameter, schema: { anyOf: [oneOf(known), anything] } } : parameter;
}

/** Texts that are no names, too; faster to be made than what has a pattern. */
const anything: Schema = { type: 'string', minLength: 1, maxLength: 256 };

function oneOf(values: readonly string[]): Schema {
  return { type: 'string', enum: values };
}
