import { figure } from '../measure/figure.ts';
import { BenchNode } from '../node/node.ts';
import { descendantsOf, memoryOf } from '../process/memory.ts';
import { ECHO, PAYLOAD, type Scenario } from './scenario.ts';

const ROUNDS = 3;
const CONTAINERS = 10;
const CALLS = 20;

/**
 * What a warm JavaScript container takes: the proportional set sizes of all processes that it consists of, those that isolate it
 * too. Ten of them, because what they share is counted in parts.
 */
export const memory: Scenario = {
  name: 'memory',
  sandboxes: ['local'],
  async measure({ sandbox, executable, say }) {
    say('building the executable');
    const command = await executable();
    const rounds: number[] = [];
    for (let round = 1; round <= ROUNDS; round++) {
      say(`round ${round} of ${ROUNDS}`);
      const node = await BenchNode.start({ sandbox, command, args: ['--stem-cells', '0'] });
      try {
        for (let n = 0; n < CONTAINERS; n++) {
          await node.api.putAction(`memory-${n}`, { code: ECHO });
          const request = node.api.invocation(`memory-${n}`, PAYLOAD);
          for (let call = 0; call < CALLS; call++) await node.connection.ask(request);
        }
        const all = descendantsOf(node.pid).map((pid) => memoryOf(pid).pss);
        rounds.push(all.reduce((sum, each) => sum + each, 0) / CONTAINERS);
      } finally {
        await node.stop();
      }
    }
    const id = `${sandbox}/memory/container`;
    return [figure({ id, title: 'memory of a warm JavaScript container, PSS', unit: 'MB', rounds })];
  },
};
