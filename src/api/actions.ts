import type { Entitlement, Right } from '../auth/entitlement.ts';
import type { Throttle } from '../auth/throttle.ts';
import type { Entities } from '../entities/entities.ts';
import type { Invocation } from '../invocation/invocation.ts';
import { type Activation, activationJson } from '../model/activation.ts';
import { entityJsonBytes, lesserSize, type SystemLimits } from '../model/limits.ts';
import { messages } from '../model/messages.ts';
import { parseName, type QualifiedName } from '../model/names.ts';
import { refuse } from '../model/refusal.ts';
import type { Traces } from '../observe/traces.ts';
import { readJson, readPayload } from './body.ts';
import { accept, answer, type Call } from './call.ts';
import { actionJson, actionRow } from './entity-json.ts';
import { entitled, nameOf, namespaceOf } from './path.ts';
import { booleanOf, pageOf, waitOf } from './query.ts';
import { waitFor } from './wait.ts';

export interface ActionRoutesOptions {
  readonly entities: Entities;
  readonly invocation: Invocation;
  readonly throttle: Throttle;
  readonly entitlement: Entitlement;
  readonly limits: SystemLimits;
  readonly traces: Traces;
  /** Milliseconds that a blocking call waits at most before it gets 202. */
  readonly maxWaitMs: number;
  /** True once the node is stopping. */
  readonly isDraining: () => boolean;
}

/** `/namespaces/{ns}/actions…` (Actions.scala). */
export class ActionRoutes {
  readonly #options: ActionRoutesOptions;

  constructor(options: ActionRoutesOptions) {
    this.#options = options;
  }

  async list(call: Call, ns: string, query: URLSearchParams): Promise<Response> {
    const namespace = namespaceOf(call, ns);
    await this.#check(call, 'READ', { namespace });
    return this.#listIn(call, namespace, query);
  }

  /** The actions of one package, or of the package behind a binding (EP-13). */
  async listPackage(call: Call, ns: string, name: string, query: URLSearchParams): Promise<Response> {
    const { entities, entitlement } = this.#options;
    const asked = nameOf(call, ns, name);
    await entitled(entitlement, call, 'READ', 'packages', asked);
    const { namespace, package: inner } = await entities.packages.provider(asked.namespace, asked.name);
    return this.#listIn(call, `${namespace}/${inner}`, query);
  }

  async get(call: Call, ns: string, path: string, query: URLSearchParams): Promise<Response> {
    const name = nameOf(call, ns, path);
    await this.#check(call, 'READ', name);
    const { action, code } = await this.#options.entities.actions.get(name, booleanOf(query, 'code', true));
    return answer(call, 200, JSON.stringify(actionJson(action, code)));
  }

  async put(call: Call, ns: string, path: string, query: URLSearchParams): Promise<Response> {
    const { entities, limits, entitlement } = this.#options;
    const name = nameOf(call, ns, path);
    await this.#check(call, 'PUT', name);
    const overwrite = booleanOf(query, 'overwrite', false);
    const value = await readJson(call.context, limits.codeBytes * 2 + entityJsonBytes(limits));
    const put = entities.actions.read(call.identity, value);
    if (put.exec && 'components' in put.exec) {
      const resources = put.exec.components.map((each) => ({ collection: 'actions' as const, ...componentName(each) }));
      await entitlement.checkAll(call.identity, 'READ', resources);
    }
    const { action, code } = await entities.actions.put(name, put, overwrite);
    return answer(call, 200, JSON.stringify(actionJson(action, code)));
  }

  async delete(call: Call, ns: string, path: string): Promise<Response> {
    const name = nameOf(call, ns, path);
    await this.#check(call, 'DELETE', name);
    const { action, code } = await this.#options.entities.actions.delete(name);
    return answer(call, 200, JSON.stringify(actionJson(action, code)));
  }

  async invoke(call: Call, ns: string, path: string, query: URLSearchParams): Promise<Response> {
    const name = nameOf(call, ns, path);
    const { entities, invocation, throttle, limits, traces, maxWaitMs, isDraining } = this.#options;
    throttle.invocation(call.identity);
    const check = this.#check(call, 'ACTIVATE', name);
    if (check !== undefined) await check;
    const blocking = booleanOf(query, 'blocking', false);
    const resultOnly = booleanOf(query, 'result', false);
    const waitMs = waitOf(query, maxWaitMs);
    const payloadBytes = lesserSize(limits.payloadBytes, call.identity.limits.maxPayloadSize);
    const payload = await readPayload(call.context, payloadBytes);
    const found = entities.resolve(name);
    const resolved = found instanceof Promise ? await found : found;
    const permitted = invocation.permit(call.identity, resolved);
    if (permitted !== undefined) await permitted;
    const args = resolved.parameters.merge(payload);
    if (isDraining()) throw refuse(503, messages.draining);
    const { identity, transactionId, progress } = call;
    const trace = traces.begin(call.context.req.raw.headers, progress.began);
    const asked = { identity, transactionId, name, resolved, args, trace };
    if (!blocking) {
      const activationId = await throttle.whileTaken(identity.uuid, () => invocation.later(asked));
      progress.accept(undefined, trace);
      return accept(call, activationId);
    }
    const accepted = invocation.invoke(identity, resolved, args, transactionId, trace);
    progress.accept(accepted, trace);
    const activation = await waitFor(accepted, waitMs);
    if (activation) return report(call, activation, resultOnly);
    await invocation.promise(accepted, asked);
    return accept(call, accepted.activationId);
  }

  #check(call: Call, right: Right, name: Omit<QualifiedName, 'name'> & { name?: string }): undefined | Promise<void> {
    return entitled(this.#options.entitlement, call, right, 'actions', name);
  }

  async #listIn(call: Call, path: string, query: URLSearchParams): Promise<Response> {
    const page = pageOf(query, 'actions');
    const { actions } = this.#options.entities;
    if (booleanOf(query, 'count', false)) {
      return answer(call, 200, JSON.stringify({ actions: await actions.count(path, page.skip) }));
    }
    return answer(call, 200, JSON.stringify((await actions.list(path, page)).map(actionRow)));
  }
}

/** Of `/ns/pkg/name`, which was checked when the body was read. */
function componentName(component: string): QualifiedName {
  return parseName(component, '') as QualifiedName;
}

/** An array goes out bare, even when the whole activation was asked for (Actions.doInvoke). */
function report(call: Call, activation: Activation, resultOnly: boolean): Response {
  const { response, activationId } = activation;
  const bare = resultOnly || response.result.startsWith('[');
  return answer(call, httpStatus(activation), bare ? response.result : activationJson(activation), activationId);
}

function httpStatus({ response: { status } }: Activation): number {
  switch (status) {
    case 'success':
      return 200;
    case 'application error':
    case 'action developer error':
      return 502;
    case 'whisk internal error':
      return 500;
  }
}
