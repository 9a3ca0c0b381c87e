import { Connection } from '../../src/load/connection.ts';
import { callOneByOne } from '../../src/load/load.ts';
import { figure } from '../measure/figure.ts';
import { alternate, type Rounds } from '../measure/rounds.ts';
import { summarize } from '../measure/stats.ts';
import { SeveralNodes } from '../node/several.ts';
import { ECHO, PAYLOAD, type Scenario } from './scenario.ts';

const WARM_UP_CALLS = 1_500;
const CALLS = 300;
/** Room for one container, which one long call takes. */
const FULL = ['--pool-memory', '256 MB', '--stem-cells', '0'];
const HOLD = 'function main() { return new Promise((resolve) => setTimeout(resolve, 290000, {})); }';

/**
 * A warm call at a node that has no room: it goes through Kafka to another one and comes back. Beside one message of the same client
 * on the same broker, of which such a call has two, and beside the same call at that other node. Only with `--kafka` and
 * `--couchdb`, which the two nodes share.
 */
export const overflow: Scenario = {
  name: 'overflow',
  async measure({ sandbox, sizes, floors, cleanup, cluster, say }) {
    if (!cluster) throw new Error('overflow needs --kafka and --couchdb');
    const several = new SeveralNodes(cluster, sandbox, cleanup);
    const full = await several.add('full', ...FULL);
    const free = await several.add('free');
    say('waiting until the nodes see each other');
    await several.together();
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
    const message = await floors.kafka(cluster.kafka);
    const before = (await full.clusterStatus()).overflowed;
    const measured = await alternate(
      sizes.rounds,
      {
        full: () => callOneByOne(full.connection, request, CALLS),
        free: () => callOneByOne(free.connection, request, CALLS),
        message: () => message(CALLS),
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
        floor: { what: 'one message', parts: { message: p50(measured.message) } },
      }),
      figure({
        ...{ id: `${sandbox}/overflow/there`, title: 'the same call at that other node, p50', unit: 'µs' },
        rounds: p50(measured.free),
        samples: measured.free.flat(),
      }),
    ];
  },
};
