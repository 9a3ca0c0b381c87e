import type { Figure } from './measure/figure.ts';

/**
 * What is promised (docs/performance.md says it in words), and whether a run kept it. Pure.
 *
 * A promise that was not measured is neither kept nor broken: the run was told to leave it out, or the machine has
 * not what it takes.
 */
export interface SpeedPromise {
  readonly figure: string;
  /** Of the figure itself, or of its ratio to the floor. */
  readonly of: 'value' | 'ratio';
  readonly bound: 'at most' | 'at least';
  readonly limit: number;
}

const atMost = (figure: string, of: SpeedPromise['of'], limit: number): SpeedPromise => ({
  ...{ figure, of, limit },
  bound: 'at most',
});
const atLeast = (figure: string, of: SpeedPromise['of'], limit: number): SpeedPromise => ({
  ...{ figure, of, limit },
  bound: 'at least',
});

export const promises: readonly SpeedPromise[] = [
  atMost('local/warm/p50', 'ratio', 2.5),
  atMost('docker/warm/p50', 'ratio', 2.5),
  atLeast('local/throughput/16', 'ratio', 0.5),
  atLeast('docker/throughput/16', 'ratio', 0.5),
  atMost('local/web/p50', 'ratio', 1.2),
  atMost('docker/web/p50', 'ratio', 1.2),
  // Three runs and 30 % of one; ten runs, one that is waited for, and one request.
  atMost('local/sequence/p50', 'ratio', 1.1),
  atMost('docker/sequence/p50', 'ratio', 1.1),
  atMost('local/fire/p50', 'ratio', 1),
  atMost('docker/fire/p50', 'ratio', 1),
  // As fast as of 100, and room for noise.
  atMost('lists/actions', 'ratio', 1.2),
  atMost('lists/activations', 'ratio', 1.2),
  // Twice as long as copying a megabyte both ways and parsing it once.
  atMost('local/payload/1MB', 'ratio', 2),
  atMost('docker/payload/1MB', 'ratio', 2),
  atLeast('local/many/100', 'ratio', 0.8),
  atLeast('docker/many/100', 'ratio', 0.8),
  atMost('store/get/1000000', 'ratio', 1.5),
  atMost('store/list/1000000', 'ratio', 1.5),
  atMost('local/warm/p99', 'ratio', 3),
  atMost('docker/warm/p99', 'ratio', 3),
  atMost('local/prewarmed/p99', 'ratio', 4),
  atMost('docker/prewarmed/p99', 'ratio', 4),
  atMost('local/burst/50', 'ratio', 1.3),
  atMost('local/memory/container', 'value', 25),
  // Of several nodes, only with a Kafka and a CouchDB.
  atMost('local/shared/p50', 'ratio', 1.15),
  atMost('docker/shared/p50', 'ratio', 1.15),
  atMost('local/overflow/p50', 'ratio', 2),
  atMost('docker/overflow/p50', 'ratio', 2),
  atLeast('local/spread/two', 'ratio', 1.8),
  atLeast('docker/spread/two', 'ratio', 1.8),
  // 5,000 records a second, and a tenth of the serving thread for them.
  ...['sqlite', 'couchdb'].flatMap((store) => [
    atLeast(`storing/${store}/flood`, 'value', 5_000),
    atMost(`storing/${store}/thread`, 'value', 20),
  ]),
  // What others need, beside what Whisklet needs; how many they answer, beside how many Whisklet answers.
  ...['workerd', 'functions-framework'].flatMap((peer) => [
    atLeast(`peers/${peer}/p50`, 'ratio', 1),
    atLeast(`peers/${peer}/p99`, 'ratio', 1),
    atMost(`peers/${peer}/throughput`, 'ratio', 1),
  ]),
  atMost('local/prewarmed/p50', 'value', 10),
  atMost('docker/prewarmed/p50', 'value', 20),
  atMost('local/start/executable', 'value', 300),
  atMost('idle/rss', 'value', 100),
];

export type Verdict = 'kept' | 'broken';

/** Undefined when nothing is promised of this figure. */
export function judge(figure: Figure, all: readonly SpeedPromise[] = promises): Judgement | undefined {
  const promise = all.find((each) => each.figure === figure.id);
  if (!promise) return undefined;
  const value = promise.of === 'ratio' ? figure.floor?.ratio.value : figure.value;
  if (value === undefined) throw new Error(`${figure.id} has no floor, but a promise about it`);
  const isKept = promise.bound === 'at most' ? value <= promise.limit : value >= promise.limit;
  return { promise, value, verdict: isKept ? 'kept' : 'broken' };
}

export interface Judgement {
  readonly promise: SpeedPromise;
  readonly value: number;
  readonly verdict: Verdict;
}
