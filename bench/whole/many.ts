import { join } from 'node:path';
import { Crowd } from '../../src/load/load.ts';
import { figure } from '../measure/figure.ts';
import { alternate, type Rounds } from '../measure/rounds.ts';
import { BenchNode } from '../node/node.ts';
import { Program } from '../process/program.ts';
import { ECHO, PAYLOAD, type Scenario } from './scenario.ts';
import { growPool } from './throughput.ts';

const ACTIONS = 100;
const CONNECTIONS = 16;
/** So many containers have the calls of one action between them: short runs are sent ahead. */
const CONTAINERS_OF_ONE = 3;
/** Memory for all of them, and for those of which two are called at once. */
const POOL = ['--pool-memory', '64 GB'];
const WARM_UP_MS = 1_000;

/**
 * A hundred warm actions called in random order, beside one warm action. Many processes cost on any machine, because all of them
 * want its caches: the floor is a call of one action, and what a frame to one of a hundred bare processes takes longer than to one of the few that one action has.
 */
export const many: Scenario = {
  name: 'many',
  async measure({ sandbox, sizes, cleanup, say }) {
    const { loadMs, slowRounds } = sizes;
    const node = await BenchNode.start({ sandbox, args: POOL });
    cleanup.add(() => node.stop());
    const requests: Uint8Array[] = [];
    for (let n = 0; n < ACTIONS; n++) {
      say(`making action ${n + 1} of ${ACTIONS}`);
      await node.api.putAction(`many-${n}`, { code: ECHO });
      requests.push(node.api.invocation(`many-${n}`, PAYLOAD));
      await node.connection.ask(requests[n] as Uint8Array);
    }
    // Not before: Bun closes a connection over which nothing has come for 12 s.
    const crowd = await Crowd.open(node.address, CONNECTIONS);
    cleanup.add(() => crowd.close());
    const first = requests[0] as Uint8Array;
    const any = () => requests[Math.floor(Math.random() * ACTIONS)] as Uint8Array;
    say('starting bare processes');
    const bare = Program.ofBench(join(import.meta.dir, '../floor/processes.ts'), `${ACTIONS}`, `${CONNECTIONS}`);
    cleanup.add(() => bare.finish('end'));
    await bare.line();
    const processes = async (count: number) => {
      bare.tell(JSON.stringify({ count, ms: loadMs }));
      return [JSON.parse(await bare.line()) as number];
    };
    say('warming up');
    await processes(ACTIONS);
    // Two calls of one action at once take two containers: in time most actions have two or three.
    await growPool(node, crowd, any, WARM_UP_MS);
    await growPool(node, crowd, first, loadMs);
    const measured = await alternate(
      slowRounds,
      {
        many: async () => [(await crowd.press(any, loadMs)).perSecond],
        one: async () => [(await crowd.press(first, loadMs)).perSecond],
        manyBare: () => processes(ACTIONS),
        fewBare: () => processes(CONTAINERS_OF_ONE),
      },
      (round) => say(`round ${round} of ${slowRounds}`),
    );
    const micros = (rounds: Rounds) => rounds.flat().map((perSecond) => 1_000_000 / perSecond);
    const [one, few, hundred] = [micros(measured.one), micros(measured.fewBare), micros(measured.manyBare)];
    const possible = one.map((each, round) => 1_000_000 / (each + (hundred[round] as number) - (few[round] as number)));
    return [
      figure({
        ...{ id: `${sandbox}/many/${ACTIONS}`, title: `${ACTIONS} warm actions at random, ${CONNECTIONS} connections` },
        ...{ unit: '/s', better: 'higher' },
        rounds: measured.many.flat(),
        floor: { what: 'one warm action, and what a hundred bare processes lose', parts: { possible } },
      }),
    ];
  },
};
