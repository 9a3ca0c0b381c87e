import { Connection } from '../../src/load/connection.ts';
import { callOneByOne, expect200 } from '../../src/load/load.ts';
import { floorName } from '../floor/floors.ts';
import { figure } from '../measure/figure.ts';
import { alternate, repeat } from '../measure/rounds.ts';
import { median, summarize } from '../measure/stats.ts';
import { BenchNode } from '../node/node.ts';
import { ECHO, PAYLOAD, type Scenario } from './scenario.ts';

const FLOOR_CALLS = 300;

/**
 * The first call of a new action, when a stem cell is there. Each sample is another action; the next one begins
 * when the pool has its stem cells again, the container of the one before is gone, and all is at rest.
 */
export const prewarmed: Scenario = {
  name: 'prewarmed',
  async measure({ sandbox, sizes, floors, cleanup, say }) {
    const { slowRounds, slowSamples } = sizes;
    const node = await BenchNode.start({ sandbox });
    cleanup.add(() => node.stop());
    const bare = await Connection.open(await floors.bareServer());
    const frames = await floors.frames(sandbox);
    let made = 0;
    const firstCall = async () => {
      const name = `new-${++made}`;
      await node.api.putAction(name, { code: ECHO });
      await node.settled();
      const request = node.api.invocation(name, PAYLOAD);
      const start = performance.now();
      expect200(await node.connection.ask(request));
      const ms = performance.now() - start;
      await node.api.deleteAction(name);
      return ms;
    };
    const request = node.api.invocation('none', PAYLOAD);
    await repeat(5, firstCall);
    const before = (await node.status()).starts.prewarmed;
    const measured = await alternate(
      slowRounds,
      {
        node: () => repeat(slowSamples, firstCall),
        http: () => callOneByOne(bare, request, FLOOR_CALLS),
        frame: () => frames(FLOOR_CALLS),
      },
      (round) => say(`round ${round} of ${slowRounds}`),
    );
    bare.close();
    const fromStemCells = (await node.status()).starts.prewarmed - before;
    if (fromStemCells !== slowRounds * slowSamples) {
      throw new Error(`only ${fromStemCells} of ${slowRounds * slowSamples} first calls had a stem cell`);
    }
    const { p99 } = summarize(measured.node.flat());
    const floorMs = (samples: readonly number[]) => median(samples) / 1000;
    return [
      figure({
        ...{ id: `${sandbox}/prewarmed/p50`, title: 'first call, stem cell there, p50', unit: 'ms' },
        rounds: measured.node.map(median),
        samples: measured.node.flat(),
        floor: {
          what: `${floorName(sandbox)} twice`,
          parts: {
            HTTP: measured.http.map(floorMs),
            init: measured.frame.map(floorMs),
            run: measured.frame.map(floorMs),
          },
        },
      }),
      // Of all rounds together: one round has too few samples for a p99.
      figure({
        ...{ id: `${sandbox}/prewarmed/p99`, title: 'the same, p99', unit: 'ms' },
        rounds: [p99],
        floor: { what: 'its p50', parts: { p50: [median(measured.node.flat())] } },
      }),
    ];
  },
};
