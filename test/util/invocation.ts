import { Entitlement } from '../../src/auth/entitlement.ts';
import { Throttle } from '../../src/auth/throttle.ts';
import { Entities } from '../../src/entities/entities.ts';
import { acceptHere } from '../../src/invocation/accept.ts';
import { type Accepted, type Asked, Invocation } from '../../src/invocation/invocation.ts';
import { LiveActivations } from '../../src/invocation/live.ts';
import type { Activation } from '../../src/model/activation.ts';
import type { Action, Annotation, Package, Parameter, ReducedRule, Trigger } from '../../src/model/entities.ts';
import type { Identity } from '../../src/model/identity.ts';
import type { Job, Run } from '../../src/model/job.ts';
import type { Json, JsonObject, Payload } from '../../src/model/json.ts';
import { type SystemLimits, systemLimits, type UserLimits } from '../../src/model/limits.ts';
import { parseName, type QualifiedName } from '../../src/model/names.ts';
import { type Outcome, readResult } from '../../src/model/outcome.ts';
import type { Accept } from '../../src/model/work.ts';
import { type ActivationEnded, Events, type Said } from '../../src/observe/events.ts';
import { FakeJournal } from '../fake/journal.ts';
import { FakeStore } from '../fake/store.ts';
import { testManifest } from './api.ts';

interface ActionParts {
  readonly parameters?: Readonly<Record<string, Json>>;
  readonly annotations?: Readonly<Record<string, Json>>;
  readonly memory?: number;
}

interface RoomParts {
  /** What is left of before. */
  readonly store?: FakeStore;
  readonly journal?: FakeJournal;
  readonly maxTries?: number;
  readonly accept?: Accept;
}

/** As it comes when it is written without blanks. */
export function payloadOf(value: JsonObject): Payload {
  return { text: JSON.stringify(value), keys: Object.keys(value) };
}

/** How long each run takes by the clock of the test. */
export const RUN_MS = 3;

/** The invocation room over fakes: entities are put as documents, actions are "run" by a function of the test. */
export class TestInvocation {
  readonly store: FakeStore;
  readonly events = new Events();
  readonly jobs: Job[] = [];
  readonly said: Said[] = [];
  readonly ended: ActivationEnded[] = [];
  readonly throttle: Throttle;
  readonly entities: Entities;
  readonly live = new LiveActivations();
  readonly journal: FakeJournal;
  readonly invocation: Invocation;
  /** Whose keys there are. */
  readonly holders = new Map([[identity().uuid, identity()]]);
  /** What an action does; answers what it returns, or a whole outcome. */
  act: (job: Job) => Json | Outcome | Promise<Json | Outcome> = ({ args }) => JSON.parse(args) as Json;
  #now = 1_700_000_000_000;

  constructor(limits: Partial<SystemLimits> = {}, parts: RoomParts = {}, run?: Run) {
    const { store = new FakeStore(), journal = new FakeJournal(), maxTries = 3, accept } = parts;
    const { events, live, holders } = this;
    this.store = store;
    this.journal = journal;
    const all = { ...systemLimits, ...limits };
    const now = () => this.#now;
    const onActionChanged = () => undefined;
    this.throttle = new Throttle(all, now);
    this.entities = new Entities({
      ...{ store: store.entities, limits: all, onActionChanged, now },
      manifest: testManifest(),
    });
    this.invocation = new Invocation({
      entities: this.entities,
      entitlement: new Entitlement(store.entities),
      authenticator: { holderOf: (uuid) => holders.get(uuid) },
      activations: store.activations,
      throttle: this.throttle,
      run: run ?? ((job) => this.#run(job)),
      accept: accept ?? acceptHere(journal, events),
      ...{ live, journal, maxTries },
      sequenceLength: all.sequenceLength,
      ...{ events, now },
    });
    events.said.subscribe((said) => this.said.push(said));
    events.activationEnded.subscribe((ended) => this.ended.push(ended));
  }

  /** @param path `guest/hello` or `guest/tools/hello` */
  async action(path: string, parts: ActionParts = {}): Promise<void> {
    await this.#put(path, { kind: 'nodejs:20', binary: false }, parts);
  }

  async conductor(path: string, parts: ActionParts = {}): Promise<void> {
    await this.action(path, { ...parts, annotations: { conductor: true, ...parts.annotations } });
  }

  async sequence(path: string, components: readonly string[], parts: ActionParts = {}): Promise<void> {
    await this.#put(path, { kind: 'sequence', components: components.map((each) => `/${each}`) }, parts);
  }

  /** @param binding `bob/tools` */
  async package(path: string, parts: { publish?: boolean; parameters?: Record<string, Json>; binding?: string } = {}) {
    const { namespace, name } = split(path);
    const target = parts.binding === undefined ? {} : split(parts.binding);
    const entity: Package = {
      ...{ ...common, entityType: 'package', namespace, name, annotations: [], binding: target },
      parameters: listed(parts.parameters),
      publish: parts.publish ?? false,
    };
    await this.store.entities.put(entity, await this.#rev(path));
  }

  async delete(path: string): Promise<void> {
    await this.store.entities.delete(path, (await this.#rev(path)) as string);
  }

  trigger(rules: Readonly<Record<string, ReducedRule>>, parameters: Readonly<Record<string, Json>> = {}): Trigger {
    return {
      ...{ ...common, entityType: 'trigger', namespace: 'guest', name: 'morning', annotations: [], limits: {}, rules },
      parameters: listed(parameters),
    };
  }

  /** Invokes as the API does, and waits for the end. */
  async invoke(path: string, payload: JsonObject = {}, who: Identity = identity()): Promise<Activation> {
    const { activation } = await this.begin(path, payload, who);
    return activation;
  }

  async begin(path: string, payload: JsonObject = {}, who: Identity = identity()): Promise<Accepted> {
    const resolved = await this.entities.resolve(parseName(`/${path}`, '') as QualifiedName);
    const args = resolved.parameters.merge(payloadOf(payload));
    return this.invocation.invoke(who, resolved, args, 'tid');
  }

  /** Invokes as the API does when nobody waits. */
  async later(path: string, payload: JsonObject = {}, who: Identity = identity()): Promise<string> {
    return this.invocation.later(await this.asked(path, payload, who));
  }

  async asked(path: string, payload: JsonObject = {}, who: Identity = identity()): Promise<Asked> {
    const name = parseName(`/${path}`, '') as QualifiedName;
    const resolved = await this.entities.resolve(name);
    const args = resolved.parameters.merge(payloadOf(payload));
    return { identity: who, transactionId: 'tid', name, resolved, args };
  }

  /** The same room after its node was killed: a new one, with what was stored and written down. */
  restarted(parts: Partial<RoomParts> = {}): TestInvocation {
    const { store, journal } = this;
    return new TestInvocation({}, { store, journal: new FakeJournal(journal.contents), ...parts });
  }

  /** The arguments of the runs so far, by the name of the action. */
  get calls(): [string, Json][] {
    return this.jobs.map(({ action, args }) => [action.name, JSON.parse(args) as Json]);
  }

  record(activationId: string, namespace = 'guest'): Activation {
    const record = this.store.activations.records.get(`${namespace}/${activationId}`);
    if (!record) throw new Error(`no record of ${activationId}`);
    return record;
  }

  async #run(job: Job): Promise<Outcome> {
    this.jobs.push(job);
    const done = await this.act(job);
    if (isOutcome(done)) return done;
    const start = this.#now;
    this.#now += RUN_MS;
    const response = readResult(JSON.stringify(done), 1024 * 1024);
    return { response, logs: ['a line'], start, end: this.#now, waitMs: 1, timedOut: false };
  }

  async #put(path: string, exec: Action['exec'], { parameters, annotations, memory = 256 }: ActionParts) {
    const { namespace, name } = split(path);
    const entity: Action = {
      ...{ ...common, entityType: 'action', namespace, name, exec },
      parameters: listed(parameters),
      annotations: listed(annotations) as Annotation[],
      limits: { timeout: 60_000, memory, logs: 10, concurrency: 1 },
    };
    await this.store.entities.put(entity, await this.#rev(path));
  }

  async #rev(path: string): Promise<string | undefined> {
    return (await this.store.entities.get(path))?.rev;
  }
}

const common = { version: '0.0.1', publish: false, updated: 1 } as const;

export function identity(namespace = 'guest', limits: UserLimits = {}): Identity {
  return { subject: `${namespace}-subject`, namespace, uuid: `uuid-of-${namespace}`, key: 'secret', limits };
}

export function rule(action: string, status: 'active' | 'inactive' = 'active'): ReducedRule {
  const { namespace: path, name } = split(action);
  return { action: { path, name }, status };
}

/** The annotations of a record as an object. */
export function annotationsOf({ annotations }: Activation): Record<string, Json> {
  return Object.fromEntries(annotations.map(({ key, value }) => [key, value]));
}

/** What a record says as the answer. */
export function resultOf({ response }: Activation): Json {
  return JSON.parse(response.result) as Json;
}

function split(path: string): { namespace: string; name: string } {
  const at = path.lastIndexOf('/');
  return { namespace: path.slice(0, at), name: path.slice(at + 1) };
}

function listed(values: Readonly<Record<string, Json>> = {}): Parameter[] {
  return Object.entries(values).map(([key, value]) => ({ key, value }));
}

function isOutcome(done: unknown): done is Outcome {
  return typeof done === 'object' && done !== null && 'response' in done && 'waitMs' in done;
}
