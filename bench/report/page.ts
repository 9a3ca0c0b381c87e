import type { CurvePoint } from '../../src/load/latencies.ts';
import { curves, type Series } from '../../src/load/report/curves.ts';
import { page, type Section, type Table } from '../../src/load/report/page.ts';
import { type Steps, shares } from '../../src/load/report/shares.ts';
import type { Machine } from '../machine.ts';
import type { Figure, Unit } from '../measure/figure.ts';
import { columnsOf, machineText } from './table.ts';

/** Everything that a run measured, as one page. Pure. */
export function reportPage(figures: readonly Figure[], machine: Machine): string {
  const curved = figures.filter(({ curve }) => curve !== undefined);
  const isWarm = ({ id }: Figure) => /\/(?:warm\/p50|prewarmed\/p50|cold\/p50)$/.test(id);
  const sections: Section[] = [
    {
      title: 'Cold against warm',
      text: 'One call after the other: of an action that has its container, of a new one when a stem cell is there, and when nothing is.',
      picture: curves(curved.filter(isWarm).map(seriesOf)),
    },
    {
      title: 'The share of each step in a call',
      text: 'As the node itself tells it (docs/tracing.md); "other" is the client, the network and HTTP.',
      picture: shares(stepsOf(figures)),
    },
    {
      title: 'Others beside it',
      text: 'The same function behind the same client in the same run. The others keep no record, no log, no key and no limit.',
      picture: curves(curved.filter(({ id }) => id.startsWith('peers/')).map(seriesOf)),
    },
    ...curved
      .filter((each) => !isWarm(each) && !each.id.startsWith('peers/'))
      .map((each) => ({ title: each.title, picture: curves([seriesOf(each)]) })),
  ];
  const [first = '', ...facts] = machineText(machine).split('\n');
  return page({
    title: 'How fast Whisklet is on this machine',
    facts: [first, ...facts],
    sections: [
      ...sections.filter(({ picture }) => picture !== ''),
      { title: 'All figures', text: TABLE_TEXT, table: tableOf(figures) },
    ],
  });
}

const TABLE_TEXT =
  'Each round gives one number; told are their median, the least and the greatest. The ratio is that to the floor, within each round.';

/** Microseconds in each unit of time. */
const MICROSECONDS: Readonly<Partial<Record<Unit, number>>> = { µs: 1, ms: 1_000 };

function seriesOf({ id, title, curve = [], unit }: Figure): Series {
  const scale = MICROSECONDS[unit] ?? 1;
  const points = curve.map(([share, value]): CurvePoint => [share, value * scale]);
  const [group = ''] = id.split('/');
  const name = title.replace(', p50', '');
  return { name: group === 'peers' ? name : `${name} (${group})`, points };
}

/** `local/steps/warm/run` and its like, together for each sandbox and kind of call. */
function stepsOf(figures: readonly Figure[]): Steps[] {
  const all = new Map<string, [string, number][]>();
  for (const { id, value } of figures) {
    const [, sandbox, kind, step] = /^(\w+)\/steps\/(\w+)\/(\w+)$/.exec(id) ?? [];
    if (sandbox === undefined || kind === undefined || step === undefined) continue;
    const name = `${kind}, ${sandbox}`;
    all.set(name, [...(all.get(name) ?? []), [step, value]]);
  }
  return [...all].map(([name, steps]) => ({ name, steps }));
}

function tableOf(figures: readonly Figure[]): Table {
  return {
    head: ['', 'median', 'of rounds', 'floor', 'ratio', 'promise'],
    rows: figures.map((figure) => {
      const [title = '', ...rest] = columnsOf(figure);
      return [`${figure.id.split('/')[0]}: ${title.trim()}`, ...rest];
    }),
  };
}
