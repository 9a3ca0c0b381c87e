import type { Hono } from 'hono';
import { ActionRoutes } from '../../src/api/actions.ts';
import { ActivationRoutes } from '../../src/api/activations.ts';
import { createApp } from '../../src/api/app.ts';
import { PackageRoutes } from '../../src/api/packages.ts';
import { RuleRoutes } from '../../src/api/rules.ts';
import { TriggerRoutes } from '../../src/api/triggers.ts';
import { WebRoutes } from '../../src/api/web.ts';
import { Authenticator } from '../../src/auth/auth.ts';
import { Entitlement } from '../../src/auth/entitlement.ts';
import { Throttle } from '../../src/auth/throttle.ts';
import { Entities } from '../../src/entities/entities.ts';
import { acceptHere } from '../../src/invocation/accept.ts';
import { Invocation } from '../../src/invocation/invocation.ts';
import { LiveActivations } from '../../src/invocation/live.ts';
import { ActivationRecords } from '../../src/invocation/records.ts';
import type { Job } from '../../src/model/job.ts';
import { entityJsonBytes, type SystemLimits, systemLimits, type UserLimits } from '../../src/model/limits.ts';
import { parseManifest } from '../../src/model/manifest.ts';
import { type Outcome, readResult } from '../../src/model/outcome.ts';
import { Events } from '../../src/observe/events.ts';
import { Traces } from '../../src/observe/traces.ts';
import { FakeJournal } from '../fake/journal.ts';
import { FakeStore } from '../fake/store.ts';

const KEY = 'k'.repeat(64);

/** The API over fakes: no port, no process. Actions are "run" by a function of the test. */
export class TestApi {
  readonly store = new FakeStore();
  readonly events = new Events();
  readonly live = new LiveActivations();
  readonly journal = new FakeJournal();
  readonly jobs: Job[] = [];
  readonly retired: string[] = [];
  isDraining = false;
  /** Every call is traced; spans are told to whoever subscribes to `events`. */
  readonly traces = new Traces({ isOn: true, share: 0, random: () => 0 });
  isStoreAway = false;
  /** What an action does; answers JSON text, or a whole outcome. */
  act: (job: Job) => string | Outcome | Promise<string | Outcome> = ({ args }) => args;
  readonly authenticator = new Authenticator(this.store.subjects);
  readonly app: Hono;
  #now = 1_700_000_000_000;

  /** @param web of web actions: how long they are waited for, and the domain of their vanity form */
  constructor(limits: Partial<SystemLimits> = {}, web: { maxWaitMs?: number; domain?: string } = {}) {
    const { store, events, authenticator } = this;
    const all = { ...systemLimits, ...limits };
    const now = () => this.#now++;
    const manifest = testManifest();
    const throttle = new Throttle(all, now);
    const entitlement = new Entitlement(store.entities);
    const onActionChanged = (id: string) => this.retired.push(id);
    const entities = new Entities({ store: store.entities, manifest, limits: all, now, onActionChanged });
    const run = (job: Job) => this.#run(job);
    const { activations } = store;
    const { sequenceLength } = all;
    const { live, journal } = this;
    const parts = { entities, entitlement, authenticator, activations, live, throttle, events, now };
    const accept = acceptHere(journal, events);
    const invocation = new Invocation({ ...parts, run, journal, accept, maxTries: 3, sequenceLength });
    const isDraining = () => this.isDraining;
    const bodyBytes = entityJsonBytes(all);
    const calls = { entities, invocation, throttle, entitlement, limits: all, traces: this.traces, isDraining };
    this.app = createApp({
      authenticator,
      actions: new ActionRoutes({ ...calls, maxWaitMs: 60_000 }),
      activations: new ActivationRoutes(new ActivationRecords(store.activations, live, journal), entitlement),
      packages: new PackageRoutes({ entities, entitlement, bodyBytes }),
      triggers: new TriggerRoutes({ ...calls, bodyBytes }),
      rules: new RuleRoutes({ entities, entitlement, limits: all, bodyBytes }),
      web: new WebRoutes({ ...calls, authenticator, events, maxWaitMs: 60_000, ...web }),
      ...{ limits: all, manifest, events },
      build: { version: '1.0.0', date: '2026-01-01T00:00:00Z', commit: 'abc' },
      ops: {
        metrics: async () => 'metrics 1\n',
        status: () => ({ fine: true }),
        nodes: () => [{ id: 'edge-1', status: 'up' }],
        ready: () => ({ isDraining: this.isDraining, away: { store: this.isStoreAway } }),
      },
    });
  }

  async #run(job: Job): Promise<Outcome> {
    this.jobs.push(job);
    const done = await this.act(job);
    if (typeof done !== 'string') return done;
    const response = readResult(done, 1024 * 1024);
    return { response, logs: [], start: this.#now, end: this.#now, waitMs: 1, timedOut: false };
  }

  async addSubject(name: string, limits?: UserLimits): Promise<string> {
    const uuid = crypto.randomUUID();
    await this.store.subjects.put({ subject: name, namespaces: [{ name, uuid, key: KEY }] });
    await this.store.subjects.setLimits(name, limits);
    return `Basic ${btoa(`${uuid}:${KEY}`)}`;
  }

  /** @param body an object is sent as JSON, a text as it is */
  async call(
    method: string,
    path: string,
    authorization?: string,
    body?: unknown,
    headers: Record<string, string> = {},
  ) {
    const response = await this.app.request(path, {
      method,
      headers: {
        ...(authorization === undefined ? {} : { authorization }),
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    });
    const text = await response.text();
    let json: unknown;
    try {
      json = JSON.parse(text);
    } catch {}
    // biome-ignore lint/suspicious/noExplicitAny: tests look into answers of any shape
    return { status: response.status, headers: response.headers, text, json: json as any };
  }
}

export function testManifest() {
  return parseManifest(
    JSON.stringify({
      runtimes: {
        nodejs: [
          { kind: 'nodejs:18', deprecated: true, image: 'node', whisklet: { protocol: 'stdio', family: 'javascript' } },
          { kind: 'nodejs:20', default: true, image: 'node', whisklet: { protocol: 'stdio', family: 'javascript' } },
        ],
        java: [{ kind: 'java:8', default: true, image: 'java8action', requireMain: true }],
      },
    }),
  );
}
