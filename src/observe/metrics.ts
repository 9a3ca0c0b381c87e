import { collectDefaultMetrics, type Metric, Registry } from 'prom-client';
import type { ClusterView } from './cluster-view.ts';
import type { ActivationEnded, Events, StepsTaken } from './events.ts';
import { Histogram, LATENCY_MS, SIZE_BYTES, STEP_MS } from './histogram.ts';

/** What the pool looks like, asked for at each scrape. */
export interface PoolView {
  readonly memoryTotal: number;
  readonly memoryUsed: number;
  readonly active: number;
  readonly waiting: number;
  /** Jobs that had to wait. */
  readonly waits: number;
  readonly starts: Readonly<Record<string, number>>;
  /** Containers that were ended, by the reason. */
  readonly ends: Readonly<Record<string, number>>;
  readonly byKind: Readonly<Record<string, Readonly<Record<string, number>>>>;
}

/** How much accepted work there is. */
export interface JournalView {
  readonly pending: number;
  readonly dead: number;
}

/** The store that nodes share. */
export interface SharedStoreView {
  /** Why it is away; undefined while it is not. */
  readonly away: string | undefined;
  /** Records that wait in memory to be written. */
  readonly waiting: number;
}

/** So many actions are counted one by one: who makes new ones all the time must not fill the memory. Of those forgotten counters begin anew. */
const MAX_ACTIONS = 2_000;

type Labels = Record<string, string>;
type Sample = { readonly labels: Labels; readonly value: number; readonly metricName?: string };

/**
 * `GET /metrics`, in Prometheus' text format. Names of activations are those of OpenWhisk's user-events service
 * (core/monitoring/user-events), so its dashboards work; the pool's own begin with `whisklet_`.
 *
 * Listeners only add to numbers; the library is asked to make text of them when somebody scrapes.
 */
export class Metrics {
  readonly #registry = new Registry();
  readonly #actions = new Map<string, ActionNumbers>();
  readonly #requests = new Map<string, { readonly labels: Labels; readonly ms: Histogram }>();
  readonly #steps = new StepNumbers();
  readonly #spans = { sent: 0, dropped: 0 };

  constructor(
    events: Events,
    pool: () => PoolView,
    journal?: () => JournalView,
    cluster?: () => ClusterView,
    store?: () => SharedStoreView,
  ) {
    events.activationEnded.subscribe((ended) => {
      this.#numbersOf(ended).add(ended);
      if (ended.steps) this.#steps.addRun(ended.steps);
    });
    events.stored.subscribe(({ ms }) => this.#steps.store.observe(ms));
    events.exported.subscribe(({ sent, dropped }) => {
      this.#spans.sent += sent;
      this.#spans.dropped += dropped;
    });
    events.answered.subscribe(({ method, status, ms, authMs, resolveMs }) => {
      if (authMs !== undefined) this.#steps.auth.observe(authMs);
      if (resolveMs !== undefined) this.#steps.resolve.observe(resolveMs);
      const key = `${method} ${status}`;
      let request = this.#requests.get(key);
      if (!request) {
        request = { labels: { method, status: String(status) }, ms: new Histogram(LATENCY_MS) };
        this.#requests.set(key, request);
      }
      request.ms.observe(ms);
    });
    collectDefaultMetrics({ register: this.#registry });
    this.#registerActivations();
    this.#registerPool(pool);
    if (journal) this.#registerJournal(journal);
    if (cluster) this.#registerCluster(cluster);
    if (store) this.#registerStore(store);
    this.#histogram('http_request_duration_seconds', 'Time to answer a request', 0.001, () =>
      [...this.#requests.values()].map(({ labels, ms }) => [labels, ms]),
    );
    this.#histogram('whisklet_step_seconds', 'Time of each step of calls', 0.001, () =>
      Object.entries(this.#steps).map(([step, ms]: [string, Histogram]) => [{ step }, ms]),
    );
    this.#plain(
      'whisklet_trace_spans_total',
      'Spans that went to the collector, and that were given up',
      'counter',
      () => Object.entries(this.#spans).map(([outcome, value]) => ({ labels: { outcome }, value })),
    );
  }

  text(): Promise<string> {
    return this.#registry.metrics();
  }

  #registerActivations(): void {
    const each = (pick: (numbers: ActionNumbers) => Sample[]) => () => [...this.#actions.values()].flatMap(pick);
    this.#plain(
      'openwhisk_action_activations_total',
      'Activations',
      'counter',
      each((n) => [{ labels: n.labels, value: n.total }]),
    );
    this.#plain(
      'openwhisk_action_coldStarts_total',
      'Activations with an init',
      'counter',
      each((n) => [{ labels: n.brief, value: n.cold }]),
    );
    this.#plain(
      'openwhisk_action_status',
      'Activations by how they ended',
      'counter',
      each((n) => [...n.statuses].map(([status, value]) => ({ labels: { ...n.brief, status }, value }))),
    );
    this.#plain(
      'openwhisk_action_memory',
      'Memory limit of the action in bytes',
      'gauge',
      each((n) => [{ labels: n.brief, value: n.memoryBytes }]),
    );
    const histogram = (name: string, help: string, scale: number, pick: (n: ActionNumbers) => Histogram) =>
      this.#histogram(name, help, scale, () => [...this.#actions.values()].map((n) => [n.brief, pick(n)]));
    histogram('openwhisk_action_waitTime_seconds', 'Time until a container had it', 0.001, (n) => n.waitMs);
    histogram('openwhisk_action_initTime_seconds', 'Time of init', 0.001, (n) => n.initMs);
    histogram('openwhisk_action_duration_seconds', 'Time of init and run', 0.001, (n) => n.durationMs);
    histogram('openwhisk_action_response_size_bytes', 'Size of the result', 1, (n) => n.resultBytes);
  }

  #registerPool(pool: () => PoolView): void {
    const one = (pick: (view: PoolView) => number) => () => [{ labels: {}, value: pick(pool()) }];
    const MB = 1024 * 1024;
    this.#plain(
      'whisklet_pool_memory_bytes',
      'Memory of the pool',
      'gauge',
      one((view) => view.memoryTotal * MB),
    );
    this.#plain(
      'whisklet_pool_memory_used_bytes',
      'Memory held by containers',
      'gauge',
      one((view) => view.memoryUsed * MB),
    );
    this.#plain(
      'whisklet_pool_active',
      'Jobs in hand',
      'gauge',
      one((view) => view.active),
    );
    this.#plain(
      'whisklet_pool_waiting',
      'Jobs that wait for a container',
      'gauge',
      one((view) => view.waiting),
    );
    this.#plain(
      'whisklet_pool_waits_total',
      'Jobs that had to wait for a container',
      'counter',
      one((view) => view.waits),
    );
    this.#plain('whisklet_pool_starts_total', 'Activations by how their container came', 'counter', () =>
      Object.entries(pool().starts).map(([start, value]) => ({ labels: { start }, value })),
    );
    this.#plain('whisklet_pool_ends_total', 'Containers ended, by the reason', 'counter', () =>
      Object.entries(pool().ends).map(([reason, value]) => ({ labels: { reason }, value })),
    );
    this.#plain('whisklet_pool_containers', 'Containers', 'gauge', () =>
      Object.entries(pool().byKind).flatMap(([kind, states]) =>
        Object.entries(states).map(([state, value]) => ({ labels: { kind, state }, value })),
      ),
    );
  }

  #registerCluster(cluster: () => ClusterView): void {
    const one = (type: 'counter' | 'gauge', name: string, help: string, pick: (view: ClusterView) => number) =>
      this.#plain(`whisklet_cluster_${name}`, help, type, () => [{ labels: {}, value: pick(cluster()) }]);
    one('gauge', 'kafka_up', 'Whether messages come and go', ({ kafka }) => Number(kafka === 'up'));
    one('gauge', 'partitions', 'Partitions of work that this node owns', ({ partitions }) => partitions);
    one('gauge', 'queued', 'Taken from Kafka and not begun', ({ queued }) => queued);
    one('gauge', 'in_hand', 'Taken from Kafka and begun', ({ inHand }) => inHand);
    one('gauge', 'away', 'Jobs that other nodes have for this one', ({ away }) => away);
    one('counter', 'overflowed_total', 'Jobs sent to other nodes', ({ overflowed }) => overflowed);
    one('counter', 'accepted_total', 'Accepted work put into Kafka', ({ accepted }) => accepted);
    one('counter', 'taken_total', 'Jobs and work begun for the cluster', ({ taken }) => taken);
    one('counter', 'commits_total', 'Commits of offsets', ({ commits }) => commits);
    one('counter', 'skipped_total', 'Messages that could not be read', ({ skipped }) => skipped);
    this.#plain('whisklet_cluster_members', 'Nodes by their status', 'gauge', () =>
      Object.entries(cluster().members).map(([status, value]) => ({ labels: { status }, value })),
    );
  }

  #registerJournal(journal: () => JournalView): void {
    this.#plain('whisklet_journal_pending', 'Accepted work that has no record yet', 'gauge', () => [
      { labels: {}, value: journal().pending },
    ]);
    this.#plain('whisklet_journal_dead_letters', 'Accepted work that was given up', 'gauge', () => [
      { labels: {}, value: journal().dead },
    ]);
  }

  #registerStore(store: () => SharedStoreView): void {
    this.#plain('whisklet_store_up', 'Whether the store that nodes share can be used', 'gauge', () => [
      { labels: {}, value: store().away === undefined ? 1 : 0 },
    ]);
    this.#plain('whisklet_store_waiting_records', 'Records that wait in memory to be written to it', 'gauge', () => [
      { labels: {}, value: store().waiting },
    ]);
  }

  #numbersOf(ended: ActivationEnded): ActionNumbers {
    const key = `${ended.namespace} ${ended.action}`;
    let numbers = this.#actions.get(key);
    if (!numbers) {
      if (this.#actions.size >= MAX_ACTIONS) this.#forgetActions();
      numbers = new ActionNumbers(ended);
      this.#actions.set(key, numbers);
    }
    numbers.isIdle = false;
    return numbers;
  }

  /** Those that were not called since this was last done, or the older half. */
  #forgetActions(): void {
    const idle = [...this.#actions].filter(([, { isIdle }]) => isIdle);
    const gone = idle.length > 0 ? idle : [...this.#actions].slice(0, MAX_ACTIONS / 2);
    for (const [key] of gone) this.#actions.delete(key);
    for (const numbers of this.#actions.values()) numbers.isIdle = true;
  }

  #plain(name: string, help: string, type: 'counter' | 'gauge', samples: () => Sample[]): void {
    this.#register(name, help, type, samples);
  }

  /** @param scale what a value is multiplied with to be in the unit of the name */
  #histogram(name: string, help: string, scale: number, series: () => (readonly [Labels, Histogram])[]): void {
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

/** The steps of all calls: who waits where. `store` is until the record is durable, which no answer waits for. */
class StepNumbers {
  readonly auth = new Histogram(STEP_MS);
  readonly resolve = new Histogram(STEP_MS);
  readonly wait = new Histogram(STEP_MS);
  readonly init = new Histogram(STEP_MS);
  readonly run = new Histogram(STEP_MS);
  readonly store = new Histogram(STEP_MS);

  addRun({ accepted, given, initialized, ended }: StepsTaken): void {
    if (given === 0) return;
    this.wait.observe(given - accepted);
    if (initialized > 0) this.init.observe(initialized - given);
    if (ended > 0) this.run.observe(ended - (initialized || given));
  }
}

/** What is counted of one action of one namespace. */
class ActionNumbers {
  /** Not called since actions were last forgotten. */
  isIdle = false;
  readonly labels: Labels;
  readonly brief: Labels;
  readonly memoryBytes: number;
  total = 0;
  cold = 0;
  readonly statuses = new Map<string, number>();
  readonly waitMs = new Histogram(LATENCY_MS);
  readonly initMs = new Histogram(LATENCY_MS);
  readonly durationMs = new Histogram(LATENCY_MS);
  readonly resultBytes = new Histogram(SIZE_BYTES);

  constructor({ namespace, action, kind, memory }: ActivationEnded) {
    this.brief = { namespace, initiator: namespace, action };
    this.labels = { ...this.brief, kind, memory: String(memory) };
    this.memoryBytes = memory * 1024 * 1024;
  }

  add({ status, waitMs, initMs, durationMs, resultBytes }: ActivationEnded): void {
    const label = STATUS_LABELS[status] ?? status;
    this.total++;
    this.statuses.set(label, (this.statuses.get(label) ?? 0) + 1);
    this.waitMs.observe(waitMs);
    this.durationMs.observe(durationMs);
    this.resultBytes.observe(resultBytes);
    if (initMs === undefined) return;
    this.cold++;
    this.initMs.observe(initMs);
  }
}

/** OpenWhisk's labels have underscores where its records have blanks (openwhisk.md TRAP-08). */
const STATUS_LABELS: Readonly<Record<string, string>> = {
  success: 'success',
  'application error': 'application_error',
  'action developer error': 'action_developer_error',
  'whisk internal error': 'whisk_internal_error',
};
