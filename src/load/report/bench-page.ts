import type { BenchOptions, BenchResult } from '../bench.ts';
import type { Burst } from '../burst.ts';
import type { LatencySummary } from '../latencies.ts';
import { curves } from './curves.ts';
import { digits, showTime } from './markup.ts';
import { page, type Section, type Table } from './page.ts';
import { shares } from './shares.ts';

export interface BenchFacts {
  readonly version: string;
  readonly address: string;
  /** What the host says that it is. */
  readonly host: string;
  readonly date: Date;
}

/** What `whisklet bench` measured, as a page and as lines for a terminal. Pure. */
export function benchPage(result: BenchResult, options: BenchOptions, facts: BenchFacts): string {
  const { latency, curve, steps, errors } = result;
  const sections: Section[] = [];
  if (latency) {
    sections.push({
      title: 'Latency',
      text: latencyText(result),
      picture: curves([{ name: result.mode, points: curve }]),
      table: latencyTable(latency),
    });
  }
  if (steps) {
    const all = Object.entries(steps.means).map(([step, ms]): [string, number] => [step, ms * 1_000]);
    const from =
      steps.from === 'host' ? 'The host told the steps of' : "The records' own times, in whole milliseconds, of";
    sections.push({
      title: 'Where the time goes',
      text: `${from} ${steps.calls} calls; "other" is the client, the network and HTTP.`,
      picture: shares([{ name: result.mode, steps: all }]),
      table: { head: ['step', 'mean'], rows: all.map(([step, us]) => [step, showTime(us)]) },
    });
  }
  const failed = Object.entries(errors).map(([why, count]) => [why, String(count)]);
  if (failed.length > 0) {
    sections.push({
      title: 'Calls that failed',
      table: { head: ['status, or what went wrong', 'calls'], rows: failed },
    });
  }
  const { version, address, host, date } = facts;
  return page({
    title: `${result.mode} calls of ${address}`,
    facts: [
      `${host}. ${loadText(result, options)}.`,
      `Calls: ${callsText(result)}; failed: ${failedText(result)}.${result.burst ? ` Bursts: ${burstText(result.burst)}.` : ''}`,
      `${recordsText(result)}. Measured by Whisklet ${version}, ${date.toISOString()}.`,
    ],
    sections,
  });
}

/** The same for a terminal. */
export function benchLines(result: BenchResult, options: BenchOptions, { address, host }: BenchFacts): string[] {
  const { latency, steps, burst } = result;
  const row = (label: string, text: string) => `  ${label.padEnd(9)} ${text}`;
  const named = latency ? percentiles(latency).map(([name, us]) => `${name} ${showTime(us)}`) : ['no call succeeded'];
  return [
    `${result.mode} calls of ${address} (${host})`,
    `${loadText(result, options)}`,
    '',
    row('calls', callsText(result)),
    row('latency', named.join('  ')),
    ...(burst ? [row('bursts', burstText(burst))] : []),
    ...(steps
      ? [
          row(
            'steps',
            Object.entries(steps.means)
              .map(([step, ms]) => `${step} ${showTime(ms * 1_000)}`)
              .join('  '),
          ),
        ]
      : []),
    row('failed', failedText(result)),
    row('records', recordsText(result)),
  ];
}

function loadText(
  { mode, concurrency, rate, payloadBytes }: BenchResult,
  { kind, actions, durationMs }: BenchOptions,
): string {
  const connections = `${concurrency} connection${concurrency === 1 ? '' : 's'}`;
  const how = rate === undefined ? 'each with its next call when it has its answer' : `${rate} calls a second, evenly`;
  const load = mode === 'burst' ? `${concurrency} new actions at once` : `${connections}, ${how}`;
  const of = mode === 'mix' ? `, ${actions} actions at random` : '';
  return `${load}${of}, for ${durationMs / 1_000} s, ${payloadBytes} bytes to an action of ${kind} that answers them`;
}

function callsText({ calls, seconds, perSecond }: BenchResult): string {
  return `${calls} in ${digits(seconds)} s, ${digits(perSecond)} a second`;
}

function failedText({ errors }: BenchResult): string {
  const failed = Object.entries(errors).map(([why, count]) => `${count} × ${why}`);
  return failed.length > 0 ? failed.join(', ') : 'none';
}

/** The median, the least and the greatest: there may be hundreds. */
function burstText({ rounds, allMs }: Burst): string {
  const sorted = allMs.toSorted((a, b) => a - b).map((ms) => showTime(ms * 1_000));
  return `${rounds}, from the first call to the last answer ${sorted[rounds >> 1]} (${sorted[0]} to ${sorted.at(-1)})`;
}

function latencyText({ rate }: BenchResult): string {
  const from =
    rate === undefined
      ? 'Each latency counts from when its call was sent.'
      : 'Each latency counts from when its call was to be sent by the schedule: what a slow answer keeps waiting is counted too.';
  return `${from} Only calls that were answered with 200 are counted; of one in sixteen the result was compared.`;
}

function recordsText({ records: { looked, found, wrong } }: BenchResult): string {
  if (looked === 0) return 'No records were looked for';
  const rest = wrong > 0 ? `, ${wrong} of them with another result` : '';
  return `${found} of ${looked} records that were looked for are there${rest}`;
}

function latencyTable(latency: LatencySummary): Table {
  const all = [['min', latency.min] as const, ...percentiles(latency), ['mean', latency.mean] as const];
  return { head: ['', 'latency'], rows: all.map(([name, us]) => [name, showTime(us)]) };
}

function percentiles({ p50, p75, p90, p99, p999, max }: LatencySummary): (readonly [string, number])[] {
  return Object.entries({ p50, p75, p90, p99, 'p99.9': p999, max });
}
