import { mkdirSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { Admin } from './admin/admin.ts';
import { bootstrapUsers } from './admin/bootstrap.ts';
import { serveAdmin } from './admin/socket.ts';
import { ActionRoutes } from './api/actions.ts';
import { ActivationRoutes } from './api/activations.ts';
import { createApp } from './api/app.ts';
import { PackageRoutes } from './api/packages.ts';
import { RuleRoutes } from './api/rules.ts';
import { TriggerRoutes } from './api/triggers.ts';
import { WebRoutes } from './api/web.ts';
import { Authenticator } from './auth/auth.ts';
import { Entitlement } from './auth/entitlement.ts';
import { Throttle } from './auth/throttle.ts';
import { build } from './build-info.ts';
import type { NodeFacts } from './cli/banner.ts';
import type { RunningNode } from './cli/serve.ts';
import type { Settings } from './config.ts';
import { Entities } from './entities/entities.ts';
import { resolvedOf } from './entities/resolved.ts';
import { followOthers } from './follow.ts';
import { defaultPoolMemory, isExposed, lookAtHost } from './host.ts';
import { acceptHere, Invocation } from './invocation/invocation.ts';
import { LiveActivations } from './invocation/live.ts';
import { ActivationRecords } from './invocation/records.ts';
import { Invoker } from './invoker/invoker.ts';
import { acceptInKafka, joinCluster, type NodeParts, nodeId } from './join.ts';
import type { Manifest } from './model/manifest.ts';
import type { NodeView } from './observe/cluster-view.ts';
import { Events } from './observe/events.ts';
import { logTo } from './observe/log.ts';
import { Metrics } from './observe/metrics.ts';
import { OtlpExporter } from './observe/otlp.ts';
import { Traces } from './observe/traces.ts';
import { cleanStore, type OpenStore, openStore } from './offline.ts';
import { HttpProtocol } from './protocol/http.ts';
import { StdioProtocol } from './protocol/stdio.ts';
import { readManifest } from './runtimes.ts';
import { chooseSandbox } from './sandbox/choose.ts';
import type { Sandbox } from './sandbox/sandbox.ts';
import { unpackShims } from './sandbox/shims.ts';
import { CachedEntities } from './store/cache.ts';
import type { Store } from './store/store.ts';

/** How long an action with containers at work lets others keep theirs, which serve or just did. */
const PATIENCE_MS = 100;
/** Idle containers are frozen after this long, where freezing costs nothing (OpenWhisk's pause-grace). */
const PAUSE_AFTER_MS = 10_000;
const PRUNE_EVERY_MS = 60_000;
/** A node of several that stops serves on for this long when nothing is said: load balancers look every few seconds. */
const DRAIN_DELAY_MS = 5_000;
/** How long the last answers may take to leave when nothing runs any more; then their connections are cut. */
const FAREWELL_MS = 1_000;
/** Code comes as base64 in JSON; no request is larger. */
const REQUEST_BYTES = 128 * 1024 * 1024;

/**
 * The composition root: the only place that constructs what has a life, in the order in which it is needed, and
 * ends it in the opposite one: doors first, stores last.
 *
 * @throws what the operator must hear: StoreRefused, ManifestError, KeyRefused, a port that is taken
 */
export async function startNode(settings: Settings): Promise<RunningNode> {
  const { dataDir, limits } = settings;
  const events = new Events();
  logTo(events, { level: settings.logLevel, format: settings.logFormat, write: (line) => process.stderr.write(line) });
  const closers: (() => Promise<unknown> | unknown)[] = [];
  const closeAll = async () => {
    for (const close of closers.reverse().splice(0)) await close();
  };
  try {
    if (settings.clean) cleanStore(settings);
    mkdirSync(dataDir, { recursive: true, mode: 0o700 });
    const store = await openStore(settings, events);
    closers.push(() => store.close());
    return await compose(settings, store);
  } catch (error) {
    await closeAll();
    throw error;
  }

  async function compose(settings: Settings, store: OpenStore): Promise<RunningNode> {
    const host = lookAtHost();
    const shimsDir = await unpackShims(join(dataDir, 'runtimes'));
    const chosen = await chooseSandbox({
      ...{ dataDir, shimsDir, events, executable: process.execPath, version: build.version },
      wanted: settings.sandbox,
      dockerSocket: settings.dockerSocket,
      pull: settings.pull,
    });
    const { sandbox } = chosen;
    closers.push(() => sandbox.close());
    await sandbox.sweep();

    const { manifest, kinds } = await runnable(await readManifest(settings.manifest), sandbox);
    const ownKinds = kinds.filter((each) => !('problem' in each)).map(({ kind }) => kind);
    if (sandbox.name === 'docker') ownKinds.push('blackbox');
    /** Where containers with a network of their own reach this node. */
    const bridge = sandbox.name === 'docker' ? (chosen.gateway ?? host.bridge) : undefined;
    const hosts = settings.host ?? ['127.0.0.1', ...(bridge ? [bridge] : [])];
    const exposed = isExposed(hosts, chosen.gateway ?? host.bridge);
    const isOwn = store.shared?.isOwn ?? true;
    const users = await bootstrapUsers({ subjects: store.subjects, users: settings.users, exposed, isOwn });
    for (const name of users.wellKnown)
      events.warn(
        'users',
        `everybody knows the key of '${name}', which is not ours to replace: whisklet user create ${name} -ns ${name} -r gives it another`,
      );

    const cached = new CachedEntities(store.entities);
    const authenticator = new Authenticator(store.subjects);
    const now = Date.now;
    const throttle = new Throttle(limits, now);
    const entitlement = new Entitlement(cached);
    /** It stops, and still serves calls; it takes none any more. */
    let isLeaving = false;
    let isDraining = false;

    // The API must know its port before containers can be told where it is, so it listens first, and answers when all is there.
    const api = Promise.withResolvers<(request: Request) => Response | Promise<Response>>();
    const servers = listen(hosts, settings.port, async (request) => (await api.promise)(request));
    closers.push(() => Promise.all(servers.map((server) => server.stop(true))));
    const port = servers[0]?.port ?? settings.port;
    const apiHost = settings.apiHost ?? `http://${bridge ?? '127.0.0.1'}:${port}`;

    const poolMemory = settings.poolMemory ?? defaultPoolMemory(host.memory);
    const invoker = new Invoker({
      ...{ sandbox, events, poolMemory },
      manifest: settings.stemCells === undefined ? manifest : manifest.withStemCells(settings.stemCells),
      protocols: {
        stdio: new StdioProtocol({ resultLimit: limits.resultBytes }),
        http: new HttpProtocol({ resultLimit: limits.resultBytes }),
      },
      keepAliveMs: settings.keepAlive,
      pauseAfterMs: PAUSE_AFTER_MS,
      patienceMs: PATIENCE_MS,
      readyMs: settings.readyTimeout,
      parallelStarts: navigator.hardwareConcurrency * 2,
      stemCells: settings.stemCells !== 0,
      resultBytes: limits.resultBytes,
      env: { __OW_API_HOST: apiHost },
    });
    const entities: Entities = new Entities({
      ...{ store: cached, manifest, limits, now },
      onActionChanged: (id, current) => invoker.retire(id, current && invocation.jobAction(current)),
    });
    if (store.shared) followOthers(store.shared, { cached, authenticator, actions: entities.actions, events });
    const { activations, journal } = store;
    const { sequenceLength } = limits;
    const live = new LiveActivations();
    const parts = { entities, entitlement, authenticator, activations, live, throttle, events, now };
    const { maxTries, kafka } = settings;
    const name = await nodeId(settings);
    /** Only with Kafka. */
    const cluster = kafka && (await joinCluster({ ...settings, kafka }, name, clusterParts()));
    const run = cluster?.run ?? invoker.run.bind(invoker);
    const accept = cluster ? acceptInKafka(cluster, acceptHere(journal)) : acceptHere(journal);
    const invocation = new Invocation({ ...parts, run, journal, accept, maxTries, sequenceLength });
    const { shared } = store;
    const metrics = new Metrics(
      events,
      () => invoker.status,
      () => journal.size,
      cluster && (() => cluster.status),
      shared && (() => shared),
    );
    /** Parameters and annotations, and what is around them. */
    const bodyBytes = limits.parameterBytes * 2 + 64 * 1024;
    const traces = new Traces({
      isOn: settings.otlp !== undefined,
      share: settings.otlpPercent / 100,
      random: Math.random,
    });
    const calls = { entities, invocation, throttle, entitlement, limits, traces, isDraining: () => isDraining };
    const app = createApp({
      actions: new ActionRoutes({ ...calls, maxWaitMs: settings.blockingWait }),
      activations: new ActivationRoutes(new ActivationRecords(activations, live, journal), entitlement),
      packages: new PackageRoutes({ entities, entitlement, bodyBytes }),
      triggers: new TriggerRoutes({ ...calls, bodyBytes }),
      rules: new RuleRoutes({ entities, entitlement, bodyBytes }),
      web: new WebRoutes({
        ...{ ...calls, authenticator, events },
        maxWaitMs: settings.blockingWait,
        domain: settings.webDomain,
      }),
      ...{ authenticator, limits, manifest, build, events },
      ops: {
        metrics: () => metrics.text(),
        status: () => ({
          ...{ sandbox: sandbox.name, pool: invoker.status, journal: journal.size },
          ...(cluster && { cluster: { ...cluster.status, nodes: cluster.members } }),
        }),
        ready: () => ({
          isDraining: isLeaving,
          away: { store: store.shared?.away !== undefined },
          ...(cluster && { missed: { kafka: !cluster.isReachable } }),
        }),
        nodes: () => cluster?.members ?? [alone()],
      },
    });
    api.resolve((request) => app.fetch(request));
    cluster?.start();

    if (settings.otlp !== undefined) {
      const resource = { version: build.version, instance: hostname() };
      const exporter = new OtlpExporter({ url: settings.otlp, resource, events });
      closers.push(() => exporter.close());
    }

    const admin = new Admin({
      subjects: store.subjects,
      deadLetters: journal.deadLetters,
      replay: (work) => invocation.replay(work),
      refuseWellKnownKeys: exposed,
      onChange: () => authenticator.forget(),
    });
    const adminServer = serveAdmin(dataDir, admin, events);
    closers.push(() => adminServer.close());
    const pruner = setInterval(() => void prune(store, settings, events), PRUNE_EVERY_MS);
    pruner.unref();
    closers.push(() => clearInterval(pruner));
    if (settings.couchdbCompact !== undefined) {
      const compactor = setInterval(() => void compact(store, events), settings.couchdbCompact);
      compactor.unref();
      closers.push(() => clearInterval(compactor));
    }
    invocation.catchUp().catch((error: Error) => events.error('journal', `not all is done: ${error.message}`));
    invoker.start().catch((error: Error) => events.error('invoker', `no stem cells: ${error.message}`));

    let hurry: () => void = () => undefined;
    const end = async (drainMs: number) => {
      isLeaving = true;
      const left = cluster?.drain(drainMs);
      const hasty = new Promise<void>((resolve) => {
        hurry = resolve;
      });
      // Whoever sends calls here is to see first that this node is not ready any more.
      if (drainMs > 0) await Promise.race([Bun.sleep(settings.drainDelay ?? (cluster ? DRAIN_DELAY_MS : 0)), hasty]);
      isDraining = true;
      const deadline = performance.now() + drainMs;
      // A sequence between two of its actions has nothing in the invoker, and is not at its end.
      await Promise.race([invocation.drain(drainMs), hasty]);
      await Promise.race([invoker.drain(Math.max(0, deadline - performance.now())), hasty]);
      // What others do for this node's callers, and it for others', ends before the doors close.
      await Promise.race([left, hasty]);
      await Promise.race([cluster?.close(Math.max(0, deadline - performance.now())), hasty]);
      // Calls that still run are answered when their containers end: the doors wait for them, and not they for the doors.
      const answered = Promise.all(servers.map((server) => server.stop(false)));
      // Together: what containers wait for in vain, the sandbox gives up.
      await Promise.all([invoker.close(), sandbox.close()]);
      await Promise.race([answered, Bun.sleep(FAREWELL_MS)]);
      await closeAll();
    };
    function alone(): NodeView {
      return { id: name, status: isLeaving ? 'draining' : 'up' };
    }

    /** What this node does for others, and says of itself. */
    function clusterParts(): NodeParts {
      return {
        ...{ events, address: apiHost, kinds: ownKinds },
        offer: (job) => invoker.offer(job),
        run: (job) => invoker.run(job),
        load: () => invoker.load,
        perform: (work, tries) => invocation.perform(work, tries),
        keyOf: async (uuid) => {
          const holder = await authenticator.holderOf(uuid);
          return holder && `${holder.uuid}:${holder.key}`;
        },
        async resolveAction({ id, rev, initEnv }) {
          // What was changed elsewhere a moment ago may not have been heard of here.
          if (cached.peek(id)?.rev !== rev) cached.invalidate(id);
          const stored = await cached.get(id);
          if (stored?.entity.entityType !== 'action') return undefined;
          const action = { rev: stored.rev, entity: stored.entity };
          return { ...invocation.jobAction(resolvedOf(action, action.entity.parameters)), initEnv };
        },
      };
    }

    let stopping: Promise<void> | undefined;
    const addresses = hosts.map((each) => `http://${each}:${port}`) as [string, ...string[]];
    const facts: NodeFacts = {
      version: build.version,
      addresses,
      guestKey: users.guestKey,
      freshKeys: users.fresh,
      sandbox: { name: sandbox.name, why: chosen.why, isolation: sandbox.isolation },
      ...{ poolMemory, kinds, dataDir },
    };
    return {
      facts,
      stop() {
        stopping ??= end(settings.drainTimeout);
        return stopping;
      },
      stopNow() {
        stopping ??= end(0);
        hurry();
        return stopping;
      },
    };
  }
}

/** The manifest without the kinds that cannot run here, and what to say of each. */
async function runnable(all: Manifest, sandbox: Sandbox): Promise<{ manifest: Manifest; kinds: NodeFacts['kinds'] }> {
  const kinds = await Promise.all(
    all.kinds.map(async (kind) => {
      const supported = await sandbox.supports(kind);
      return supported === true ? { kind: kind.kind } : { kind: kind.kind, problem: supported };
    }),
  );
  const problems = new Set(kinds.filter((each) => 'problem' in each).map(({ kind }) => kind));
  return { manifest: all.filter(({ kind }) => !problems.has(kind)), kinds };
}

type Server = ReturnType<typeof Bun.serve>;

/** One door for each address; with port 0 the first finds a free one, and the others take the same. */
function listen(hosts: readonly string[], port: number, fetch: (request: Request) => Promise<Response>): Server[] {
  const servers: Server[] = [];
  try {
    for (const hostname of hosts) {
      const taken = servers[0]?.port ?? port;
      servers.push(Bun.serve({ hostname, port: taken, idleTimeout: 0, maxRequestBodySize: REQUEST_BYTES, fetch }));
    }
  } catch (error) {
    for (const server of servers) void server.stop(true);
    throw error;
  }
  return servers;
}

async function prune(store: Store, settings: Settings, events: Events): Promise<void> {
  try {
    const gone = await store.activations.prune({
      olderThan: Date.now() - settings.activationsMaxAge,
      maxBytes: settings.activationsMaxSize,
    });
    if (gone > 0) events.info('store', `${gone} old activation records were deleted`);
  } catch (error) {
    events.warn('store', `old activation records could not be deleted: ${(error as Error).message}`);
  }
}

async function compact({ shared }: Store, events: Events): Promise<void> {
  try {
    await shared?.compact();
  } catch (error) {
    events.warn('store', `the store could not be compacted: ${(error as Error).message}`);
  }
}
