import { Connection } from '../../src/load/connection.ts';
import { callOneByOne } from '../../src/load/load.ts';
import { floorName } from '../floor/floors.ts';
import { figure } from '../measure/figure.ts';
import { alternate, type Rounds } from '../measure/rounds.ts';
import { summarize } from '../measure/stats.ts';
import { BenchNode } from '../node/node.ts';
import { proveNothingIsFaked } from './prove.ts';
import { ECHO, PAYLOAD, type Scenario } from './scenario.ts';

/** The latency of a warm blocking call, one after the other. */
export const warm: Scenario = {
  name: 'warm',
  async measure({ sandbox, sizes, floors, cleanup, say }) {
    const { rounds, calls, warmUpCalls } = sizes;
    const node = await BenchNode.start({ sandbox });
    cleanup.add(() => node.stop());
    await node.api.putAction('echo', { code: ECHO });
    const request = node.api.invocation('echo', PAYLOAD);
    const bare = await Connection.open(await floors.bareServer());
    const frames = await floors.frames(sandbox);
    const chain = await Connection.open(await floors.chainServer(sandbox));

    say('warming up');
    await callOneByOne(node.connection, request, warmUpCalls);
    await callOneByOne(bare, request, warmUpCalls);
    await callOneByOne(chain, request, warmUpCalls);
    await frames(warmUpCalls);
    const measured = await alternate(
      rounds,
      {
        node: () => callOneByOne(node.connection, request, calls),
        http: () => callOneByOne(bare, request, calls),
        frame: () => frames(calls),
        chain: () => callOneByOne(chain, request, calls),
      },
      (round) => say(`round ${round} of ${rounds}`),
    );
    bare.close();
    chain.close();
    await proveNothingIsFaked(node, 'echo', warmUpCalls + rounds * calls);

    const at = (share: 'p50' | 'p99', each: Rounds) => each.map((samples) => summarize(samples)[share]);
    const floor = (share: 'p50' | 'p99') => ({
      what: floorName(sandbox),
      parts: { HTTP: at(share, measured.http), frame: at(share, measured.frame) },
    });
    const id = `${sandbox}/warm`;
    return [
      figure({
        ...{ id: `${id}/p50`, title: 'warm call, p50', unit: 'µs' },
        rounds: at('p50', measured.node),
        samples: measured.node.flat(),
        floor: floor('p50'),
      }),
      figure({
        ...{ id: `${id}/chain`, title: 'the same beside one server that does both', unit: 'µs' },
        rounds: at('p50', measured.node),
        floor: { what: 'chain', parts: { chain: at('p50', measured.chain) } },
      }),
      figure({
        ...{ id: `${id}/p99`, title: 'warm call, p99', unit: 'µs' },
        rounds: at('p99', measured.node),
        floor: floor('p99'),
      }),
    ];
  },
};
