import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Connection } from '../../src/load/connection.ts';
import { expect200 } from '../../src/load/load.ts';
import { figure } from '../measure/figure.ts';
import { alternate } from '../measure/rounds.ts';
import { BenchNode, fromSource, type NodeCommand, serveCommand } from '../node/node.ts';
import { Program } from '../process/program.ts';
import { ECHO, PAYLOAD, type Scenario } from './scenario.ts';

const CONNECT_EVERY_MS = 1;
const GIVE_UP_MS = 30_000;

/**
 * From the start of the process to the answer of its first blocking call, with data that an earlier node left. The
 * action is run in a container that nobody started in advance.
 */
export const start: Scenario = {
  name: 'start',
  sandboxes: ['local'],
  async measure({ sandbox, sizes, executable, cleanup, say }) {
    const dataDir = mkdtempSync(join(tmpdir(), 'whisklet-bench-'));
    cleanup.add(() => rmSync(dataDir, { recursive: true, force: true }));
    say('building the executable');
    const built = await executable();
    const request = await prepare(sandbox, dataDir);

    const port = await freePort();
    const ours = async (command: NodeCommand) => [
      await firstAnswer(serveCommand(command, sandbox, dataDir, port), port, request),
    ];
    const bareCommand = [process.execPath, join(import.meta.dir, '../floor/bare-server.ts'), `${port}`];
    const rounds = sizes.slowRounds * 2;
    const measured = await alternate(
      rounds,
      {
        executable: () => ours(built),
        source: () => ours(fromSource),
        bare: async () => [await firstAnswer(bareCommand, port, request)],
      },
      (round) => say(`round ${round} of ${rounds}`),
    );
    const floor = { what: 'start of a bare server', parts: { bare: measured.bare.flat() } };
    return (['executable', 'source'] as const).map((how) =>
      figure({
        ...{ id: `${sandbox}/start/${how}`, unit: 'ms', floor },
        title: `start to first answer, ${how}`,
        rounds: measured[how].flat(),
        samples: measured[how].flat(),
      }),
    );
  },
};

/** Leaves an action in the data folder; answers the call of it. */
async function prepare(sandbox: 'local' | 'docker', dataDir: string): Promise<Uint8Array> {
  const node = await BenchNode.start({ sandbox, dataDir });
  try {
    await node.api.putAction('echo', { code: ECHO });
    return node.api.invocation('echo', PAYLOAD);
  } finally {
    await node.stop();
  }
}

async function firstAnswer(command: readonly string[], port: number, request: Uint8Array): Promise<number> {
  const begin = performance.now();
  const program = new Program(command);
  try {
    const connection = await connect(port, begin + GIVE_UP_MS);
    expect200(await connection.ask(request));
    const ms = performance.now() - begin;
    connection.close();
    return ms;
  } finally {
    await program.end();
  }
}

async function connect(port: number, until: number): Promise<Connection> {
  for (;;) {
    try {
      return await Connection.open(`http://127.0.0.1:${port}`);
    } catch (error) {
      if (performance.now() > until) throw error;
      await Bun.sleep(CONNECT_EVERY_MS);
    }
  }
}

export async function freePort(): Promise<number> {
  const server = Bun.serve({ hostname: '127.0.0.1', port: 0, fetch: () => new Response() });
  const { port = 0 } = server;
  await server.stop(true);
  return port;
}
