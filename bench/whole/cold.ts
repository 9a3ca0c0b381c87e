import { expect200 } from '../../src/load/load.ts';
import { floorName } from '../floor/floors.ts';
import { figure } from '../measure/figure.ts';
import { alternate, repeat } from '../measure/rounds.ts';
import { median } from '../measure/stats.ts';
import { BenchNode } from '../node/node.ts';
import { ECHO, PAYLOAD, type Scenario } from './scenario.ts';

/** The first call of a new action, when there is nothing in advance: each sample starts a container. */
export const cold: Scenario = {
  name: 'cold',
  async measure({ sandbox, sizes, floors, cleanup, say }) {
    const { slowRounds, slowSamples } = sizes;
    const node = await BenchNode.start({ sandbox, args: ['--stem-cells', '0'] });
    cleanup.add(() => node.stop());
    const starts = await floors.starts(sandbox);
    let made = 0;
    const firstCall = async () => {
      const name = `cold-${++made}`;
      await node.api.putAction(name, { code: ECHO });
      const request = node.api.invocation(name, PAYLOAD);
      const start = performance.now();
      expect200(await node.connection.ask(request));
      const ms = performance.now() - start;
      await node.api.deleteAction(name);
      await node.atRest();
      return ms;
    };
    await repeat(2, firstCall);
    const before = (await node.status()).starts.cold;
    const measured = await alternate(
      slowRounds,
      { node: () => repeat(slowSamples, firstCall), start: () => starts(slowSamples) },
      (round) => say(`round ${round} of ${slowRounds}`),
    );
    const started = (await node.status()).starts.cold - before;
    if (started !== slowRounds * slowSamples)
      throw new Error(`${started} of ${slowRounds * slowSamples} calls were cold`);
    return [
      figure({
        ...{ id: `${sandbox}/cold/p50`, title: 'first call, nothing in advance, p50', unit: 'ms' },
        rounds: measured.node.map(median),
        samples: measured.node.flat(),
        floor: { what: `start of a bare one (${floorName(sandbox)})`, parts: { start: measured.start.map(median) } },
      }),
    ];
  },
};
