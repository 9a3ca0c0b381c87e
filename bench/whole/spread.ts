import { Crowd } from '../../src/load/load.ts';
import { figure } from '../measure/figure.ts';
import { alternate } from '../measure/rounds.ts';
import { BenchNode } from '../node/node.ts';
import { SeveralNodes } from '../node/several.ts';
import { PAYLOAD, type Scenario } from './scenario.ts';

/** Room for two containers, so that no processor is what is short. */
const SMALL = ['--pool-memory', '512 MB', '--stem-cells', '0'];
const CONNECTIONS = 8;
const LOAD_MS = 2_000;
const SLOW = 'function main() { return new Promise((resolve) => setTimeout(resolve, 100, {})); }';

/** Calls a second of one action that saturates its node, when another node has room: beside a node alone. */
export const spread: Scenario = {
  name: 'spread',
  async measure({ sandbox, sizes, cleanup, cluster, say }) {
    if (!cluster) throw new Error('spread needs --kafka and --couchdb');
    const several = new SeveralNodes(cluster, sandbox, cleanup);
    const first = await several.add('first', ...SMALL);
    await several.add('second', ...SMALL);
    await several.together();
    const alone = await BenchNode.start({ sandbox, args: SMALL });
    cleanup.add(() => alone.stop());
    const meterOf = async (node: BenchNode) => {
      await node.api.putAction('slow', { code: SLOW });
      const crowd = await Crowd.open(node.address, CONNECTIONS);
      cleanup.add(async () => crowd.close());
      const request = node.api.invocation('slow', PAYLOAD);
      return async () => [(await crowd.press(request, LOAD_MS)).perSecond];
    };
    const meters = { two: await meterOf(first), one: await meterOf(alone) };
    say('warming up');
    await meters.two();
    await meters.one();
    const measured = await alternate(sizes.slowRounds, meters, (round) => say(`round ${round} of ${sizes.slowRounds}`));
    return [
      figure({
        ...{ id: `${sandbox}/spread/two`, title: 'two nodes, one action that saturates one', unit: '/s' },
        better: 'higher',
        rounds: measured.two.flat(),
        floor: { what: 'one node', parts: { one: measured.one.flat() } },
      }),
    ];
  },
};
