import { hostname } from 'node:os';
import type { Hono } from 'hono';
import { Admin } from './admin/admin.ts';
import { type Bootstrapped, bootstrapUsers } from './admin/bootstrap.ts';
import { serveAdmin } from './admin/socket.ts';
import { ActionRoutes } from './api/actions.ts';
import { ActivationRoutes } from './api/activations.ts';
import { createApp, type Operations } from './api/app.ts';
import { PackageRoutes } from './api/packages.ts';
import { RuleRoutes } from './api/rules.ts';
import { TriggerRoutes } from './api/triggers.ts';
import { WebRoutes } from './api/web.ts';
import { Authenticator } from './auth/auth.ts';
import { Entitlement } from './auth/entitlement.ts';
import { Throttle } from './auth/throttle.ts';
import type { NodeFacts } from './cli/banner.ts';
import type { RunningNode } from './cli/serve.ts';
import type { Cluster } from './cluster/cluster.ts';
import type { Settings } from './config.ts';
import { Entities } from './entities/entities.ts';
import { acceptHere } from './invocation/accept.ts';
import { Invocation } from './invocation/invocation.ts';
import { LiveActivations } from './invocation/live.ts';
import { ActivationRecords } from './invocation/records.ts';
import { Invoker, type InvokerOptions } from './invoker/invoker.ts';
import { basicAuth, takeApart } from './model/address.ts';
import { entityJsonBytes } from './model/limits.ts';
import type { Manifest } from './model/manifest.ts';
import { build } from './node/build-info.ts';
import { Doors } from './node/doors.ts';
import { followOthers } from './node/follow.ts';
import { defaultPoolMemory } from './node/host.ts';
import { acceptInKafka, joinCluster, nodeId } from './node/join.ts';
import { servicesForPeers } from './node/peers.ts';
import { openPlace, type Place } from './node/place.ts';
import { Shutdown } from './node/shutdown.ts';
import { cleanStore, makeDataFolder, type OpenStore, openStore } from './node/store.ts';
import { keepUp } from './node/upkeep.ts';
import { Events } from './observe/events.ts';
import { logTo } from './observe/log.ts';
import { Metrics } from './observe/metrics.ts';
import { OtlpExporter } from './observe/otlp.ts';
import { Traces } from './observe/traces.ts';
import { HttpProtocol } from './protocol/http.ts';
import { StdioProtocol } from './protocol/stdio.ts';
import { CachedEntities } from './store/cache.ts';

/** How long an action with containers at work lets others keep theirs, which serve or just did. */
const PATIENCE_MS = 100;
/** By then the first call of an action has mostly been answered. */
const REFILL_AFTER_MS = 20;
/** Idle containers are frozen after this long, where freezing costs nothing (OpenWhisk's pause-grace). */
const PAUSE_AFTER_MS = 10_000;
/** A node of several that stops serves on for this long when nothing is said: load balancers look every few seconds. */
const DRAIN_DELAY_MS = 5_000;

/**
 * The composition root: the only place that constructs what has a life, in the order in which it is needed, and
 * ends it in the opposite one: doors first, stores last.
 *
 * @param stop ends the start, whatever it waits for: an engine or a broker may never answer
 * @throws what the operator must hear: StoreRefused, ManifestError, KeyRefused, a port that is taken; the reason of `stop`
 */
export async function startNode(settings: Settings, stop: AbortSignal): Promise<RunningNode> {
  const events = new Events();
  logTo(events, { level: settings.logLevel, format: settings.logFormat, write: (line) => process.stderr.write(line) });
  const stopped = Promise.withResolvers<never>();
  stop.addEventListener('abort', () => stopped.reject(stop.reason), { once: true });
  // Where the start fails, what is open by then is closed; and a start that goes on behind our back can open nothing more.
  await using opened = new AsyncDisposableStack();
  return await Promise.race([compose(settings, events, opened), stopped.promise]);
}

async function compose(settings: Settings, events: Events, opened: AsyncDisposableStack): Promise<RunningNode> {
  const { dataDir, limits, kafka } = settings;
  if (settings.clean) cleanStore(settings);
  makeDataFolder(settings);
  const store = await openStore(settings, events);
  opened.defer(() => store.close());
  const { activations, journal, shared } = store;
  const place = await openPlace(settings, events, opened);
  const { sandbox, manifest } = place;
  const users = await bootstrap(settings, store, place, events);

  const cached = new CachedEntities(store.entities);
  const authenticator = new Authenticator(store.subjects);
  const now = Date.now;
  const throttle = new Throttle(limits, now);
  const entitlement = new Entitlement(cached);
  const shutdown = new Shutdown();

  const doors = new Doors(place.hosts, settings.port);
  opened.defer(() => doors.cut());
  const apiHost = settings.apiHost ?? `http://${place.insideHost}:${doors.port}`;

  const invoker = new Invoker(invokerOptions(settings, place, apiHost, events));
  const entities: Entities = new Entities({
    ...{ store: cached, manifest, limits, now },
    onActionChanged: (id, current) => invoker.retire(id, current && invocation.jobAction(current)),
  });
  if (shared) followOthers(shared, { cached, authenticator, actions: entities.actions, events });

  const name = await nodeId(settings);
  /** Only with Kafka. */
  const cluster =
    kafka &&
    (await joinCluster({ ...settings, kafka }, name, {
      ...{ events, address: apiHost, kinds: kindsFor(place) },
      ...servicesForPeers({ invoker, invocation: () => invocation, authenticator, cached }),
    }));
  if (cluster) opened.defer(() => (shutdown.isLeaving ? undefined : cluster.close(0)));
  const live = new LiveActivations();
  const invocation = new Invocation({
    ...{ entities, entitlement, authenticator, activations, live, throttle, events, now, journal },
    run: cluster?.run ?? invoker.run.bind(invoker),
    accept: cluster ? acceptInKafka(cluster, acceptHere(journal, events)) : acceptHere(journal, events),
    maxTries: settings.maxTries,
    sequenceLength: limits.sequenceLength,
  });

  const records = new ActivationRecords(activations, live, journal);
  const ops = operations({ name, store, place, invoker, cluster, shutdown, events });
  const parts = { entities, entitlement, authenticator, throttle, invocation, records, shutdown, events };
  const app = createApi(settings, manifest, parts, ops);
  doors.open((request) => app.fetch(request));
  cluster?.start();

  if (settings.otlp !== undefined) {
    const resource = { version: build.version, instance: hostname() };
    const { bare: url, ...own } = takeApart(settings.otlp);
    const exporter = new OtlpExporter({ url, headers: basicAuth(own), resource, events });
    opened.defer(() => exporter.close());
  }
  const admin = new Admin({
    subjects: store.subjects,
    deadLetters: journal.deadLetters,
    replay: (work) => invocation.replay(work),
    refuseWellKnownKeys: place.exposed,
    onChange: () => authenticator.forget(),
  });
  const adminServer = serveAdmin(dataDir, admin, events);
  opened.defer(() => adminServer.close());
  opened.defer(keepUp(store, settings, events));
  invocation.catchUp().catch((error: Error) => events.error('journal', `not all is done: ${error.message}`));
  invoker.start().catch((error: Error) => events.error('invoker', `no stem cells: ${error.message}`));

  const ending = { cluster, invocation, invoker, sandbox, doors, rest: opened.move() };
  const delayMs = settings.drainDelay ?? (cluster ? DRAIN_DELAY_MS : 0);
  return {
    facts: factsOf(settings, place, users, doors.port),
    stop: () => shutdown.run(ending, { delayMs, drainMs: settings.drainTimeout }),
    stopNow() {
      shutdown.hurry();
      return shutdown.run(ending, { delayMs: 0, drainMs: 0 });
    },
  };
}

async function bootstrap(settings: Settings, store: OpenStore, { exposed }: Place, events: Events) {
  const isOwn = store.shared?.isOwn ?? true;
  const users = await bootstrapUsers({ subjects: store.subjects, users: settings.users, exposed, isOwn });
  for (const name of users.wellKnown)
    events.warn(
      'users',
      `everybody knows the key of '${name}', which is not ours to replace: whisklet user create ${name} -ns ${name} -r gives it another`,
    );
  return users;
}

/** Megabytes for all containers together. */
function poolMemoryOf(settings: Settings, { memory }: Place): number {
  return settings.poolMemory ?? defaultPoolMemory(memory);
}

function invokerOptions(settings: Settings, place: Place, apiHost: string, events: Events): InvokerOptions {
  const { resultBytes } = settings.limits;
  const { sandbox, manifest } = place;
  return {
    ...{ sandbox, events, resultBytes },
    poolMemory: poolMemoryOf(settings, place),
    manifest: settings.stemCells === undefined ? manifest : manifest.withStemCells(settings.stemCells),
    protocols: {
      stdio: new StdioProtocol({ resultLimit: resultBytes }),
      http: new HttpProtocol({ resultLimit: resultBytes }),
    },
    keepAliveMs: settings.keepAlive,
    pauseAfterMs: PAUSE_AFTER_MS,
    patienceMs: PATIENCE_MS,
    refillAfterMs: REFILL_AFTER_MS,
    readyMs: settings.readyTimeout,
    parallelStarts: navigator.hardwareConcurrency * 2,
    stemCells: settings.stemCells !== 0,
    env: { __OW_API_HOST: apiHost },
  };
}

/** What others may send here. */
function kindsFor({ sandbox, kinds }: Place): string[] {
  const able = kinds.filter((each) => !('problem' in each)).map(({ kind }) => kind);
  return sandbox.name === 'docker' ? [...able, 'blackbox'] : able;
}

interface ApiParts {
  readonly entities: Entities;
  readonly entitlement: Entitlement;
  readonly authenticator: Authenticator;
  readonly throttle: Throttle;
  readonly invocation: Invocation;
  readonly records: ActivationRecords;
  readonly shutdown: Shutdown;
  readonly events: Events;
}

function createApi(settings: Settings, manifest: Manifest, parts: ApiParts, ops: Operations): Hono {
  const { limits, blockingWait: maxWaitMs, webDomain: domain } = settings;
  const { entities, entitlement, authenticator, records, shutdown, events } = parts;
  const bodyBytes = entityJsonBytes(limits);
  const traces = new Traces({
    isOn: settings.otlp !== undefined,
    share: settings.otlpPercent / 100,
    random: Math.random,
  });
  const calls = { ...parts, limits, traces, isDraining: () => shutdown.isDraining };
  return createApp({
    actions: new ActionRoutes({ ...calls, maxWaitMs }),
    activations: new ActivationRoutes(records, entitlement),
    packages: new PackageRoutes({ entities, entitlement, bodyBytes }),
    triggers: new TriggerRoutes({ ...calls, bodyBytes }),
    rules: new RuleRoutes({ entities, entitlement, limits, bodyBytes }),
    web: new WebRoutes({ ...calls, maxWaitMs, domain }),
    ...{ authenticator, limits, manifest, build, events, ops },
  });
}

interface OperatedParts {
  readonly name: string;
  readonly store: OpenStore;
  readonly place: Place;
  readonly invoker: Invoker;
  readonly cluster: Cluster | undefined;
  readonly shutdown: Shutdown;
  readonly events: Events;
}

function operations({ name, store, place, invoker, cluster, shutdown, events }: OperatedParts): Operations {
  const { journal, shared } = store;
  const metrics = new Metrics(
    events,
    () => invoker.status,
    () => journal.size,
    cluster && (() => cluster.status),
    shared && (() => shared),
  );
  return {
    metrics: () => metrics.text(),
    status: () => ({
      ...{ sandbox: place.sandbox.name, pool: invoker.status, journal: journal.size },
      ...(cluster && { cluster: { ...cluster.status, nodes: cluster.members } }),
    }),
    ready: () => ({
      isDraining: shutdown.isLeaving,
      away: { store: (shared?.away ?? journal.away) !== undefined },
      ...(cluster && { missed: { kafka: !cluster.isReachable } }),
    }),
    nodes: () => cluster?.members ?? [{ id: name, status: shutdown.isLeaving ? 'draining' : 'up' }],
  };
}

function factsOf(settings: Settings, place: Place, users: Bootstrapped, port: number): NodeFacts {
  const { sandbox, why, kinds, hosts } = place;
  return {
    version: build.version,
    addresses: hosts.map((each) => `http://${each}:${port}`) as [string, ...string[]],
    guestKey: users.guestKey,
    freshKeys: users.fresh,
    sandbox: { name: sandbox.name, why, isolation: sandbox.isolation },
    ...{ poolMemory: poolMemoryOf(settings, place), kinds, dataDir: settings.dataDir },
  };
}
