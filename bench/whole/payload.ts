import { callOneByOne } from '../../src/load/load.ts';
import { floorName } from '../floor/floors.ts';
import { figure } from '../measure/figure.ts';
import { alternate, type Rounds, repeat } from '../measure/rounds.ts';
import { summarize } from '../measure/stats.ts';
import { BenchNode } from '../node/node.ts';
import { ECHO, type Scenario } from './scenario.ts';

/** The greatest payload is 1 MB with all that is around it. */
const BYTES = 1_000_000;
const CALLS_A_ROUND = 30;

/** A payload as programs send it: a list of small objects. */
export function rowsOf(bytes: number): string {
  const rows: string[] = [];
  for (let length = 12, n = 0; ; n++) {
    const row = JSON.stringify({
      id: n,
      name: `row number ${n}`,
      price: n * 1.25,
      tags: ['a', 'b'],
      isSold: n % 2 === 0,
    });
    length += row.length + 1;
    if (length > bytes) return `{"rows":[${rows.join(',')}]}`;
    rows.push(row);
  }
}

/** An action that is sent a megabyte and answers it: beside copying that through the same pipe both ways, and parsing it once. */
export const payload: Scenario = {
  name: 'payload',
  async measure({ sandbox, sizes, floors, cleanup, say }) {
    const { rounds } = sizes;
    const text = rowsOf(BYTES);
    const node = await BenchNode.start({ sandbox });
    cleanup.add(() => node.stop());
    await node.api.putAction('large', { code: ECHO });
    const request = node.api.invocation('large', text);
    const frames = await floors.frames(sandbox);
    const parse = async () => {
      const start = performance.now();
      JSON.parse(text);
      return (performance.now() - start) * 1000;
    };
    say('warming up');
    await callOneByOne(node.connection, request, CALLS_A_ROUND);
    await frames(CALLS_A_ROUND, text);
    const measured = await alternate(
      rounds,
      {
        node: () => callOneByOne(node.connection, request, CALLS_A_ROUND),
        pipe: () => frames(CALLS_A_ROUND, text),
        parse: () => repeat(CALLS_A_ROUND, parse),
      },
      (round) => say(`round ${round} of ${rounds}`),
    );
    const p50 = (each: Rounds) => each.map((samples) => summarize(samples).p50);
    return [
      figure({
        ...{ id: `${sandbox}/payload/1MB`, title: 'payload of 1 MB there and back, p50', unit: 'µs' },
        rounds: p50(measured.node),
        samples: measured.node.flat(),
        floor: {
          what: `${floorName(sandbox).replace('HTTP + ', '')} + parse`,
          parts: { copy: p50(measured.pipe), parse: p50(measured.parse) },
        },
      }),
    ];
  },
};
