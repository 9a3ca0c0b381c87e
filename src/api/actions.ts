import { ownNamespace } from '../auth/entitlement.ts';
import type { Throttle } from '../auth/throttle.ts';
import type { Entities } from '../entities/entities.ts';
import type { Accepted, Invocation } from '../invocation/invocation.ts';
import { type Activation, activationJson } from '../model/activation.ts';
import type { Action } from '../model/entities.ts';
import type { SystemLimits } from '../model/limits.ts';
import { messages } from '../model/messages.ts';
import { checkName, type QualifiedName } from '../model/names.ts';
import { refuse } from '../model/refusal.ts';
import { readJson, readObject } from './body.ts';
import { answer, type Call } from './call.ts';
import { actionJson, actionRow } from './entity-json.ts';
import { booleanOf, pageOf, waitOf } from './query.ts';

export interface ActionRoutesOptions {
  readonly entities: Entities;
  readonly invocation: Invocation;
  readonly throttle: Throttle;
  readonly limits: SystemLimits;
  /** Milliseconds that a blocking call waits at most before it gets 202. */
  readonly maxWaitMs: number;
  /** True once the node is stopping. */
  readonly isDraining: () => boolean;
}

/** What is no JSON in a PUT, beside the code itself. */
const ENVELOPE_BYTES = 2 * 1024 * 1024;

/** `/namespaces/{ns}/actions…` (Actions.scala). */
export class ActionRoutes {
  readonly #options: ActionRoutesOptions;

  constructor(options: ActionRoutesOptions) {
    this.#options = options;
  }

  async list(call: Call, ns: string, query: URLSearchParams): Promise<Response> {
    const path = ownNamespace(call.identity, ns);
    const page = pageOf(query, 'actions');
    const { entities } = this.#options;
    if (booleanOf(query, 'count', false)) {
      return answer(call, 200, JSON.stringify({ actions: await entities.count('actions', path, page.skip) }));
    }
    const actions = (await entities.list({ collection: 'actions', path, ...page })) as Action[];
    return answer(call, 200, JSON.stringify(actions.map(actionRow)));
  }

  async get(call: Call, ns: string, path: string, query: URLSearchParams): Promise<Response> {
    const name = actionName(call, ns, path);
    const withCode = booleanOf(query, 'code', true);
    const stored = await this.#options.entities.getAction(name);
    const code = withCode ? await this.#options.entities.code(stored) : undefined;
    return answer(call, 200, JSON.stringify(actionJson(stored.entity, code)));
  }

  async put(call: Call, ns: string, path: string, query: URLSearchParams): Promise<Response> {
    const name = actionName(call, ns, path);
    const overwrite = booleanOf(query, 'overwrite', false);
    const { codeBytes, parameterBytes } = this.#options.limits;
    const { value } = await readJson(call.context, codeBytes * 2 + parameterBytes * 2 + ENVELOPE_BYTES);
    const { action, code } = await this.#options.entities.putAction(call.identity, name, value, overwrite);
    return answer(call, 200, JSON.stringify(actionJson(action, code)));
  }

  async delete(call: Call, ns: string, path: string): Promise<Response> {
    const { action, code } = await this.#options.entities.deleteAction(actionName(call, ns, path));
    return answer(call, 200, JSON.stringify(actionJson(action, code)));
  }

  async invoke(call: Call, ns: string, path: string, query: URLSearchParams): Promise<Response> {
    const name = actionName(call, ns, path);
    const { entities, invocation, throttle, limits, maxWaitMs, isDraining } = this.#options;
    throttle.invocation(call.identity);
    const blocking = booleanOf(query, 'blocking', false);
    const resultOnly = booleanOf(query, 'result', false);
    const waitMs = waitOf(query, maxWaitMs);
    const { value, text } = await readObject(call.context, limits.payloadBytes);
    const resolved = await entities.resolve(name);
    const args = resolved.parameters.merge(value, text);
    if (isDraining()) throw refuse(503, messages.draining);
    const accepted = invocation.invoke(call.identity, resolved, args, call.transactionId);
    if (!blocking) return accept(call, accepted);
    const activation = await waitFor(accepted, waitMs);
    return activation ? report(call, activation, resultOnly) : accept(call, accepted);
  }
}

/** Not waited for, or not ended in time. */
function accept(call: Call, { activationId }: Accepted): Response {
  return answer(call, 202, `{"activationId":"${activationId}"}`, activationId);
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

async function waitFor({ activation }: Accepted, ms: number): Promise<Activation | undefined> {
  const { promise, resolve, reject } = Promise.withResolvers<Activation | undefined>();
  const timer = setTimeout(resolve, ms, undefined);
  activation.then(resolve, reject);
  try {
    return await promise;
  } finally {
    clearTimeout(timer);
  }
}

function actionName(call: Call, ns: string, path: string): QualifiedName {
  const parts = path.split('/').map((part) => checkName(part));
  const namespace = ownNamespace(call.identity, ns);
  const [first, second] = parts as [string, string | undefined];
  return second === undefined ? { namespace, name: first } : { namespace, package: first, name: second };
}
