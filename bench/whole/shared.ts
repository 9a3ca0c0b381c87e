import { callOneByOne } from '../../src/load/load.ts';
import { figure } from '../measure/figure.ts';
import { alternate, type Rounds } from '../measure/rounds.ts';
import { summarize } from '../measure/stats.ts';
import { BenchNode } from '../node/node.ts';
import { SeveralNodes } from '../node/several.ts';
import { ECHO, PAYLOAD, type Scenario } from './scenario.ts';

/** What Kafka and CouchDB cost a warm call that stays on its node: beside a node that has neither. */
export const shared: Scenario = {
  name: 'shared',
  async measure({ sandbox, sizes, cleanup, cluster, say }) {
    if (!cluster) throw new Error('shared needs --kafka and --couchdb');
    const { rounds, calls, warmUpCalls } = sizes;
    const several = new SeveralNodes(cluster, sandbox, cleanup);
    const one = await several.add('one');
    await several.together();
    const alone = await BenchNode.start({ sandbox });
    cleanup.add(() => alone.stop());
    for (const { api } of [one, alone]) await api.putAction('echo', { code: ECHO });
    const meter = (node: BenchNode, count: number) => () =>
      callOneByOne(node.connection, node.api.invocation('echo', PAYLOAD), count);

    say('warming up');
    await meter(one, warmUpCalls)();
    await meter(alone, warmUpCalls)();
    const measured = await alternate(rounds, { one: meter(one, calls), alone: meter(alone, calls) }, (round) =>
      say(`round ${round} of ${rounds}`),
    );
    const p50 = (each: Rounds) => each.map((samples) => summarize(samples).p50);
    return [
      figure({
        ...{ id: `${sandbox}/shared/p50`, title: 'warm call with Kafka and CouchDB, p50', unit: 'µs' },
        rounds: p50(measured.one),
        samples: measured.one.flat(),
        floor: { what: 'the same call without', parts: { call: p50(measured.alone) } },
      }),
    ];
  },
};
