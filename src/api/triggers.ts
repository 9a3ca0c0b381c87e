import type { Entitlement, Right } from '../auth/entitlement.ts';
import type { Throttle } from '../auth/throttle.ts';
import type { Entities } from '../entities/entities.ts';
import type { Invocation } from '../invocation/invocation.ts';
import { lesserSize, type SystemLimits } from '../model/limits.ts';
import { messages } from '../model/messages.ts';
import { refuse } from '../model/refusal.ts';
import type { Traces } from '../observe/traces.ts';
import { readJson, readPayload } from './body.ts';
import { accept, answer, type Call, noContent } from './call.ts';
import { triggerJson, triggerRow } from './entity-json.ts';
import { entitled, nameOf, namespaceOf } from './path.ts';
import { booleanOf, pageOf } from './query.ts';

export interface TriggerRoutesOptions {
  readonly entities: Entities;
  readonly entitlement: Entitlement;
  readonly invocation: Invocation;
  readonly throttle: Throttle;
  readonly limits: SystemLimits;
  readonly traces: Traces;
  /** Bytes of the body of a PUT. */
  readonly bodyBytes: number;
  /** True once the node is stopping. */
  readonly isDraining: () => boolean;
}

/** `/namespaces/{ns}/triggers…` (Triggers.scala). */
export class TriggerRoutes {
  readonly #options: TriggerRoutesOptions;

  constructor(options: TriggerRoutesOptions) {
    this.#options = options;
  }

  async list(call: Call, ns: string, query: URLSearchParams): Promise<Response> {
    const { entities, entitlement } = this.#options;
    const namespace = namespaceOf(call, ns);
    await entitled(entitlement, call, 'READ', 'triggers', { namespace });
    const page = pageOf(query, 'triggers');
    if (booleanOf(query, 'count', false)) {
      return answer(call, 200, JSON.stringify({ triggers: await entities.triggers.count(namespace, page.skip) }));
    }
    return answer(call, 200, JSON.stringify((await entities.triggers.list(namespace, page)).map(triggerRow)));
  }

  async get(call: Call, ns: string, path: string): Promise<Response> {
    const name = await this.#entitled(call, 'READ', ns, path);
    return answer(call, 200, JSON.stringify(triggerJson(await this.#options.entities.triggers.get(name))));
  }

  async put(call: Call, ns: string, path: string, query: URLSearchParams): Promise<Response> {
    const { entities, bodyBytes } = this.#options;
    const name = await this.#entitled(call, 'PUT', ns, path);
    const overwrite = booleanOf(query, 'overwrite', false);
    const put = entities.triggers.read(call.identity, await readJson(call.context, bodyBytes));
    return answer(call, 200, JSON.stringify(triggerJson(await entities.triggers.put(name, put, overwrite))));
  }

  async delete(call: Call, ns: string, path: string): Promise<Response> {
    const name = await this.#entitled(call, 'DELETE', ns, path);
    return answer(call, 200, JSON.stringify(triggerJson(await this.#options.entities.triggers.delete(name))));
  }

  /** 202 with the id of the trigger's record; 204, and no record, when it has no active rule (EP-19). */
  async fire(call: Call, ns: string, path: string): Promise<Response> {
    const { entities, invocation, throttle, limits, traces, isDraining } = this.#options;
    throttle.fire(call.identity);
    const name = await this.#entitled(call, 'ACTIVATE', ns, path);
    const payloadBytes = lesserSize(limits.payloadBytes, call.identity.limits.maxPayloadSize);
    const payload = await readPayload(call.context, payloadBytes);
    const trigger = await entities.triggers.find(name);
    if (isDraining()) throw refuse(503, messages.draining);
    const { identity, transactionId, progress } = call;
    const { headers } = call.context.req.raw;
    const trace = traces.begin(headers, progress.began);
    const passed = Object.fromEntries(headers);
    const activationId = await invocation.fire(identity, trigger, payload, passed, transactionId, trace);
    progress.accept(undefined, trace);
    return activationId === undefined ? noContent(call) : accept(call, activationId);
  }

  async #entitled(call: Call, right: Right, ns: string, path: string) {
    const name = nameOf(call, ns, path);
    await entitled(this.#options.entitlement, call, right, 'triggers', name);
    return name;
  }
}
