import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { Connection } from '../../src/load/connection.ts';
import { Crowd, callOneByOne } from '../../src/load/load.ts';
import { encodeRequest } from '../../src/load/request.ts';
import { type Figure, figure } from '../measure/figure.ts';
import { alternate, type Meter, type Rounds } from '../measure/rounds.ts';
import { summarize } from '../measure/stats.ts';
import { BenchNode } from '../node/node.ts';
import type { Cleanup } from '../process/cleanup.ts';
import { Program } from '../process/program.ts';
import { proveNothingIsFaked } from '../whole/prove.ts';
import { ECHO, PAYLOAD, type Scenario, type Scene } from '../whole/scenario.ts';
import { freePort } from '../whole/start.ts';

/**
 * Others that answer the same function to the same client in the same run: workerd, where it is an isolate in the server's own process,
 * and Google's functions-framework, where it is a handler of an Express server. Neither keeps a record or a log, knows a key or a limit,
 * or keeps one function from another by more than the isolate. Only with `--peers`.
 */
export const peers: Scenario = {
  name: 'peers',
  sandboxes: ['local'],
  async measure(scene) {
    const { sandbox, sizes, cleanup, say } = scene;
    say('installing');
    await install();
    const node = await BenchNode.start({ sandbox });
    cleanup.add(() => node.stop());
    await node.api.putAction('echo', { code: ECHO });
    // Shared by the calls under way, as the functions of the others are.
    await node.api.putAction('shared', { code: ECHO, concurrency: 100 });
    const plain = encodeRequest({ method: 'POST', path: '/', body: PAYLOAD });
    const all: Record<string, Subject> = {
      Whisklet: {
        address: node.address,
        one: node.api.invocation('echo', PAYLOAD),
        many: node.api.invocation('shared', PAYLOAD),
      },
      workerd: { address: await startWorkerd(cleanup), one: plain, many: plain },
      'functions-framework': { address: await startFramework(cleanup), one: plain, many: plain },
    };
    const figures = await compare(scene, all);
    await proveNothingIsFaked(node, 'echo', sizes.warmUpCalls + sizes.rounds * (sizes.calls + FRESH_CALLS));
    return figures;
  },
};

interface Subject {
  readonly address: string;
  /** A call that nothing else runs beside. */
  readonly one: Uint8Array;
  /** A call with others under way. */
  readonly many: Uint8Array;
}

const CONNECTIONS = 16;
/** On a connection that was just opened: the others close theirs when it rests. */
const FRESH_CALLS = 50;

async function compare({ sizes, say }: Scene, all: Readonly<Record<string, Subject>>): Promise<Figure[]> {
  const { rounds, calls, warmUpCalls, slowRounds, loadMs } = sizes;
  const meters = (meter: (subject: Subject) => Promise<readonly number[]>): Record<string, Meter> =>
    Object.fromEntries(Object.entries(all).map(([name, subject]) => [name, () => meter(subject)]));
  const oneByOne = async ({ address, one }: Subject, count: number) => {
    const connection = await Connection.open(address);
    try {
      if (count !== warmUpCalls) await callOneByOne(connection, one, FRESH_CALLS);
      return await callOneByOne(connection, one, count);
    } finally {
      connection.close();
    }
  };
  const together = async ({ address, many }: Subject) => {
    const crowd = await Crowd.open(address, CONNECTIONS);
    try {
      return [(await crowd.press(many, loadMs)).perSecond];
    } finally {
      crowd.close();
    }
  };
  say('warming up');
  await alternate(
    1,
    meters((subject) => oneByOne(subject, warmUpCalls)),
  );
  await alternate(3, meters(together));
  const latency = await alternate(
    rounds,
    meters((subject) => oneByOne(subject, calls)),
    (round) => say(`latency: round ${round} of ${rounds}`),
  );
  const throughput = await alternate(slowRounds, meters(together), (round) =>
    say(`throughput: round ${round} of ${slowRounds}`),
  );
  return Object.keys(all).flatMap((name) => figuresOf(name, latency, throughput));
}

/** Each peer beside Whisklet: a ratio above 1 of a latency says how many times as long the peer needs. */
function figuresOf(name: string, latency: Record<string, Rounds>, throughput: Record<string, Rounds>): Figure[] {
  const at = (share: 'p50' | 'p99', who: string) =>
    (latency[who] as Rounds).map((samples) => summarize(samples)[share]);
  const beside = (parts: readonly number[]) =>
    name === 'Whisklet' ? {} : { floor: { what: 'Whisklet', parts: { Whisklet: parts } } };
  const id = `peers/${name}`;
  return [
    figure({
      ...{ id: `${id}/p50`, title: `${name}: warm call, p50`, unit: 'µs', ...beside(at('p50', 'Whisklet')) },
      ...{ rounds: at('p50', name), samples: (latency[name] as Rounds).flat() },
    }),
    figure({
      ...{ id: `${id}/p99`, title: `${name}: warm call, p99`, unit: 'µs', ...beside(at('p99', 'Whisklet')) },
      rounds: at('p99', name),
    }),
    figure({
      ...{ id: `${id}/throughput`, title: `${name}: ${CONNECTIONS} connections`, unit: '/s', better: 'higher' },
      ...{ rounds: (throughput[name] as Rounds).flat(), ...beside((throughput.Whisklet as Rounds).flat()) },
    }),
  ];
}

/** The packages stand in a folder of their own: nobody else needs their 180 MB. */
async function install(): Promise<void> {
  if (existsSync(bin('workerd')) && existsSync(bin('functions-framework'))) return;
  const run = Bun.spawn(['npm', 'ci', '--no-audit', '--no-fund'], {
    cwd: import.meta.dir,
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const [errors, exit] = await Promise.all([run.stderr.text(), run.exited]);
  if (exit !== 0) throw new Error(`the peers cannot be installed: ${errors.trim()}`);
}

function bin(name: string): string {
  return join(import.meta.dir, 'node_modules/.bin', name);
}

async function startWorkerd(cleanup: Cleanup): Promise<string> {
  const port = await freePort();
  const config = join(import.meta.dir, 'worker.capnp');
  return started(cleanup, port, [bin('workerd'), 'serve', config, `--socket-addr=http=127.0.0.1:${port}`]);
}

async function startFramework(cleanup: Cleanup): Promise<string> {
  const port = await freePort();
  const source = `--source=${join(import.meta.dir, 'function')}`;
  return started(cleanup, port, [bin('functions-framework'), source, '--target=main', `--port=${port}`]);
}

const LISTEN_MS = 15_000;

async function started(cleanup: Cleanup, port: number, command: readonly string[]): Promise<string> {
  const program = new Program(command);
  cleanup.add(() => program.end('SIGKILL'));
  const address = `http://127.0.0.1:${port}`;
  for (const end = performance.now() + LISTEN_MS; ; await Bun.sleep(20)) {
    const connection = await Connection.open(address).catch((error: Error) => error);
    if (!(connection instanceof Error)) {
      connection.close();
      return address;
    }
    if (performance.now() > end) throw new Error(`${command[0]} does not listen: ${connection.message}`);
  }
}
