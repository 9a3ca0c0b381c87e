import { collectDefaultMetrics, type Metric, Registry } from 'prom-client';
import type { Histogram } from './histogram.ts';

export type Labels = Record<string, string>;
export type Sample = { readonly labels: Labels; readonly value: number; readonly metricName?: string };

/** Prometheus' text format, by prom-client: numbers that are kept elsewhere, and asked for when somebody scrapes. */
export class Exposition {
  readonly #registry = new Registry();

  /** With the library's own metrics of this process. */
  constructor() {
    collectDefaultMetrics({ register: this.#registry });
  }

  text(): Promise<string> {
    return this.#registry.metrics();
  }

  plain(name: string, help: string, type: 'counter' | 'gauge', samples: () => Sample[]): void {
    this.#register(name, help, type, samples);
  }

  /** @param scale what a value is multiplied with to be in the unit of the name */
  histogram(name: string, help: string, scale: number, series: () => (readonly [Labels, Histogram])[]): void {
    this.#register(name, help, 'histogram', () =>
      series().flatMap(([labels, histogram]) => {
        let count = 0;
        const buckets: Sample[] = [];
        histogram.counts.forEach((each, index) => {
          count += each;
          const bound = histogram.bounds[index];
          const le = bound === undefined ? '+Inf' : String(Number((bound * scale).toPrecision(12)));
          buckets.push({ metricName: `${name}_bucket`, labels: { ...labels, le }, value: count });
        });
        return [
          ...buckets,
          { metricName: `${name}_sum`, labels, value: histogram.sum * scale },
          { metricName: `${name}_count`, labels, value: count },
        ];
      }),
    );
  }

  /** The library renders whatever answers `get()`; its own metrics would hash their labels on every call. */
  #register(name: string, help: string, type: string, samples: () => Sample[]): void {
    const metric = {
      name,
      get: async () => ({ name, help, type, aggregator: 'sum', values: samples() }),
      reset: () => undefined,
    };
    this.#registry.registerMetric(metric as unknown as Metric);
  }
}
