import { join } from 'node:path';
import { figure } from '../measure/figure.ts';
import { BenchNode } from '../node/node.ts';
import { type Memory, memoryOf } from '../process/memory.ts';
import { Program } from '../process/program.ts';
import type { Scenario } from './scenario.ts';

/** A node that has been ready for so long is idle. */
const REST_MS = 1_500;
const ROUNDS = 3;

/** The memory of a node that has nothing to do and no containers, stem cells neither. */
export const idle: Scenario = {
  name: 'idle',
  sandboxes: ['local'],
  async measure({ sandbox, executable, say }) {
    say('building the executable');
    const command = await executable();
    const ours: Memory[] = [];
    const bare: Memory[] = [];
    for (let round = 1; round <= ROUNDS; round++) {
      say(`round ${round} of ${ROUNDS}`);
      const node = await BenchNode.start({ sandbox, command, args: ['--stem-cells', '0'] });
      const server = Program.ofBench(join(import.meta.dir, '../floor/bare-server.ts'));
      try {
        await server.line();
        await Bun.sleep(REST_MS);
        ours.push(memoryOf(node.pid));
        bare.push(memoryOf(server.pid));
      } finally {
        await Promise.all([node.stop(), server.end()]);
      }
    }
    return (['rss', 'pss'] as const).map((which) =>
      figure({
        ...{ id: `idle/${which}`, title: `memory of the idle node, ${which.toUpperCase()}`, unit: 'MB' },
        rounds: ours.map((each) => each[which]),
        floor: { what: 'bare server', parts: { bare: bare.map((each) => each[which]) } },
      }),
    );
  },
};
