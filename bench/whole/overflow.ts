import { Connection } from '../../src/load/connection.ts';
import { callOneByOne } from '../../src/load/load.ts';
import { figure } from '../measure/figure.ts';
import { alternate, type Rounds } from '../measure/rounds.ts';
import { summarize } from '../measure/stats.ts';
import { BenchNode } from '../node/node.ts';
import { ECHO, PAYLOAD, type Scenario } from './scenario.ts';

const WARM_UP_CALLS = 200;
const CALLS = 100;
const TOGETHER_MS = 30_000;
/** Room for one container, which one long call takes. */
const FULL = ['--pool-memory', '256 MB', '--stem-cells', '0'];
const HOLD = 'function main() { return new Promise((resolve) => setTimeout(resolve, 290000, {})); }';

/**
 * A warm call at a node that has no room: it goes through Kafka to another one and comes back. Beside the same call at that other
 * node. Only with `--kafka` and `--couchdb`, which the two nodes share.
 */
export const overflow: Scenario = {
  name: 'overflow',
  async measure({ sandbox, sizes, cleanup, cluster, say }) {
    if (!cluster) throw new Error('overflow needs --kafka and --couchdb');
    const prefix = `bench${process.pid}`;
    const shared = ['--kafka', cluster.kafka, '--kafka-prefix', prefix];
    const store = ['--couchdb', cluster.couchdb, '--couchdb-prefix', `${prefix}_`];
    const start = async (name: string, ...args: string[]) => {
      const node = await BenchNode.start({ sandbox, args: [...shared, ...store, '--node-id', name, ...args] });
      cleanup.add(() => node.stop());
      return node;
    };
    const full = await start('full', ...FULL);
    const free = await start('free');
    say('waiting until the nodes see each other');
    await together([full, free]);
    await full.api.putAction('hold', { code: HOLD });
    await full.api.putAction('echo', { code: ECHO });
    const holding = await Connection.open(full.address);
    cleanup.add(() => holding.close());
    // Nobody hears its answer: it holds the node's only place until the node is ended.
    holding.ask(full.api.invocation('hold', '{}')).catch(() => undefined);
    while ((await full.status()).active === 0) await Bun.sleep(5);

    const request = full.api.invocation('echo', PAYLOAD);
    say('warming up');
    await callOneByOne(full.connection, request, WARM_UP_CALLS);
    await callOneByOne(free.connection, request, WARM_UP_CALLS);
    const before = (await full.clusterStatus()).overflowed;
    const measured = await alternate(
      sizes.rounds,
      {
        full: () => callOneByOne(full.connection, request, CALLS),
        free: () => callOneByOne(free.connection, request, CALLS),
      },
      (round) => say(`round ${round} of ${sizes.rounds}`),
    );
    const sent = (await full.clusterStatus()).overflowed - before;
    if (sent !== sizes.rounds * CALLS) throw new Error(`only ${sent} of ${sizes.rounds * CALLS} calls went over`);
    const p50 = (each: Rounds) => each.map((samples) => summarize(samples).p50);
    return [
      figure({
        ...{ id: `${sandbox}/overflow/p50`, title: 'warm call through Kafka to another node, p50', unit: 'µs' },
        rounds: p50(measured.full),
        samples: measured.full.flat(),
        floor: { what: 'the same call there', parts: { call: p50(measured.free) } },
      }),
    ];
  },
};

async function together(nodes: readonly BenchNode[]): Promise<void> {
  const deadline = performance.now() + TOGETHER_MS;
  while (performance.now() < deadline) {
    const views = await Promise.all(nodes.map((node) => node.clusterStatus()));
    if (views.every(({ members, partitions }) => members.up === nodes.length && partitions > 0)) return;
    await Bun.sleep(100);
  }
  throw new Error('the nodes do not see each other');
}
