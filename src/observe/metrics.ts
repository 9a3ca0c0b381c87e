import { ActionCounts, type ActionNumbers } from './action-counts.ts';
import type { ClusterView } from './cluster-view.ts';
import type { Events } from './events.ts';
import { Exposition, type Labels, type Sample } from './exposition.ts';
import { Histogram, LATENCY_MS } from './histogram.ts';
import { StepNumbers } from './step-numbers.ts';

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

/**
 * `GET /metrics`, in Prometheus' text format. Names of activations are those of OpenWhisk's user-events service
 * (core/monitoring/user-events), so its dashboards work; the pool's own begin with `whisklet_`.
 *
 * Listeners only add to numbers; the library is asked to make text of them when somebody scrapes.
 */
export class Metrics {
  readonly #exposition = new Exposition();
  readonly #actions = new ActionCounts();
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
      this.#actions.add(ended);
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
    this.#registerActivations();
    this.#registerPool(pool);
    if (journal) this.#registerJournal(journal);
    if (cluster) this.#registerCluster(cluster);
    if (store) this.#registerStore(store);
    this.#exposition.histogram('http_request_duration_seconds', 'Time to answer a request', 0.001, () =>
      [...this.#requests.values()].map(({ labels, ms }) => [labels, ms]),
    );
    this.#exposition.histogram('whisklet_step_seconds', 'Time of each step of calls', 0.001, () =>
      Object.entries(this.#steps).map(([step, ms]: [string, Histogram]) => [{ step }, ms]),
    );
    this.#exposition.plain(
      'whisklet_trace_spans_total',
      'Spans that went to the collector, and that were given up',
      'counter',
      () => Object.entries(this.#spans).map(([outcome, value]) => ({ labels: { outcome }, value })),
    );
  }

  text(): Promise<string> {
    return this.#exposition.text();
  }

  #registerActivations(): void {
    const each = (pick: (numbers: ActionNumbers) => Sample[]) => () => this.#actions.all.flatMap(pick);
    this.#exposition.plain(
      'openwhisk_action_activations_total',
      'Activations',
      'counter',
      each((n) => [{ labels: n.labels, value: n.total }]),
    );
    this.#exposition.plain(
      'openwhisk_action_coldStarts_total',
      'Activations with an init',
      'counter',
      each((n) => [{ labels: n.brief, value: n.cold }]),
    );
    this.#exposition.plain(
      'openwhisk_action_status',
      'Activations by how they ended',
      'counter',
      each((n) => [...n.statuses].map(([status, value]) => ({ labels: { ...n.brief, status }, value }))),
    );
    this.#exposition.plain(
      'openwhisk_action_memory',
      'Memory limit of the action in bytes',
      'gauge',
      each((n) => [{ labels: n.brief, value: n.memoryBytes }]),
    );
    const histogram = (name: string, help: string, scale: number, pick: (n: ActionNumbers) => Histogram) =>
      this.#exposition.histogram(name, help, scale, () => this.#actions.all.map((n) => [n.brief, pick(n)]));
    histogram('openwhisk_action_waitTime_seconds', 'Time until a container had it', 0.001, (n) => n.waitMs);
    histogram('openwhisk_action_initTime_seconds', 'Time of init', 0.001, (n) => n.initMs);
    histogram('openwhisk_action_duration_seconds', 'Time of init and run', 0.001, (n) => n.durationMs);
    histogram('openwhisk_action_response_size_bytes', 'Size of the result', 1, (n) => n.resultBytes);
  }

  #registerPool(pool: () => PoolView): void {
    const one = (pick: (view: PoolView) => number) => () => [{ labels: {}, value: pick(pool()) }];
    const MB = 1024 * 1024;
    this.#exposition.plain(
      'whisklet_pool_memory_bytes',
      'Memory of the pool',
      'gauge',
      one((view) => view.memoryTotal * MB),
    );
    this.#exposition.plain(
      'whisklet_pool_memory_used_bytes',
      'Memory held by containers',
      'gauge',
      one((view) => view.memoryUsed * MB),
    );
    this.#exposition.plain(
      'whisklet_pool_active',
      'Jobs in hand',
      'gauge',
      one((view) => view.active),
    );
    this.#exposition.plain(
      'whisklet_pool_waiting',
      'Jobs that wait for a container',
      'gauge',
      one((view) => view.waiting),
    );
    this.#exposition.plain(
      'whisklet_pool_waits_total',
      'Jobs that had to wait for a container',
      'counter',
      one((view) => view.waits),
    );
    this.#exposition.plain('whisklet_pool_starts_total', 'Activations by how their container came', 'counter', () =>
      Object.entries(pool().starts).map(([start, value]) => ({ labels: { start }, value })),
    );
    this.#exposition.plain('whisklet_pool_ends_total', 'Containers ended, by the reason', 'counter', () =>
      Object.entries(pool().ends).map(([reason, value]) => ({ labels: { reason }, value })),
    );
    this.#exposition.plain('whisklet_pool_containers', 'Containers', 'gauge', () =>
      Object.entries(pool().byKind).flatMap(([kind, states]) =>
        Object.entries(states).map(([state, value]) => ({ labels: { kind, state }, value })),
      ),
    );
  }

  #registerCluster(cluster: () => ClusterView): void {
    const one = (type: 'counter' | 'gauge', name: string, help: string, pick: (view: ClusterView) => number) =>
      this.#exposition.plain(`whisklet_cluster_${name}`, help, type, () => [{ labels: {}, value: pick(cluster()) }]);
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
    this.#exposition.plain('whisklet_cluster_members', 'Nodes by their status', 'gauge', () =>
      Object.entries(cluster().members).map(([status, value]) => ({ labels: { status }, value })),
    );
  }

  #registerJournal(journal: () => JournalView): void {
    this.#exposition.plain('whisklet_journal_pending', 'Accepted work that has no record yet', 'gauge', () => [
      { labels: {}, value: journal().pending },
    ]);
    this.#exposition.plain('whisklet_journal_dead_letters', 'Accepted work that was given up', 'gauge', () => [
      { labels: {}, value: journal().dead },
    ]);
  }

  #registerStore(store: () => SharedStoreView): void {
    this.#exposition.plain('whisklet_store_up', 'Whether the store that nodes share can be used', 'gauge', () => [
      { labels: {}, value: store().away === undefined ? 1 : 0 },
    ]);
    this.#exposition.plain(
      'whisklet_store_waiting_records',
      'Records that wait in memory to be written to it',
      'gauge',
      () => [{ labels: {}, value: store().waiting }],
    );
  }
}
