import { Connection } from '../../src/load/connection.ts';
import { expect200 } from '../../src/load/load.ts';
import { describeMachine } from '../machine.ts';
import { figure } from '../measure/figure.ts';
import { alternate } from '../measure/rounds.ts';
import { median } from '../measure/stats.ts';
import { BenchNode } from '../node/node.ts';
import { ECHO, PAYLOAD, type Scenario } from './scenario.ts';

const ACTIONS = 50;
const FLOOR_STARTS = 5;
/** Memory for all of them at once. */
const POOL = ['--pool-memory', '32 GB'];

/**
 * Fifty actions that nobody has called before, all called at the same moment: until the last answer. The floor is as many starts
 * of a bare process, shared by the cores.
 */
export const burst: Scenario = {
  name: 'burst',
  sandboxes: ['local'],
  async measure({ sandbox, sizes, floors, cleanup, say }) {
    const { slowRounds } = sizes;
    const { cores } = await describeMachine();
    const node = await BenchNode.start({ sandbox, args: POOL });
    cleanup.add(() => node.stop());
    const connections = await Promise.all(Array.from({ length: ACTIONS }, () => Connection.open(node.address)));
    cleanup.add(() => connections.forEach((each) => void each.close()));
    const starts = await floors.starts(sandbox);
    let made = 0;
    const once = async () => {
      const names = connections.map(() => `burst-${++made}`);
      for (const name of names) await node.api.putAction(name, { code: ECHO });
      await node.settled();
      const requests = names.map((name) => node.api.invocation(name, PAYLOAD));
      const start = performance.now();
      const answers = connections.map(async (each, index) => expect200(await each.ask(requests[index] as Uint8Array)));
      await Promise.all(answers);
      const ms = performance.now() - start;
      for (const name of names) await node.api.deleteAction(name);
      return [ms];
    };
    const measured = await alternate(slowRounds, { node: once, start: () => starts(FLOOR_STARTS) }, (round) =>
      say(`round ${round} of ${slowRounds}`),
    );
    return [
      figure({
        ...{
          id: `${sandbox}/burst/${ACTIONS}`,
          title: `${ACTIONS} new actions at once, until the last answer`,
          unit: 'ms',
        },
        rounds: measured.node.flat(),
        floor: {
          what: `${ACTIONS} starts / ${cores} cores`,
          parts: { starts: measured.start.map((each) => (median(each) * ACTIONS) / cores) },
        },
      }),
    ];
  },
};
