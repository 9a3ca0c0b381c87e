import type { Entitlement, Right } from '../auth/entitlement.ts';
import type { Entities } from '../entities/entities.ts';
import { malformedBody } from '../entities/put-fields.ts';
import type { RulePut, RuleStatus } from '../entities/rules.ts';
import type { Identity } from '../model/identity.ts';
import { isObject, type Json } from '../model/json.ts';
import { lesserSize, type SystemLimits } from '../model/limits.ts';
import { messages } from '../model/messages.ts';
import { readJson } from './body.ts';
import { answer, type Call, plain } from './call.ts';
import { ruleJson, ruleRow } from './entity-json.ts';
import { entitled, nameOf, namespaceOf } from './path.ts';
import { booleanOf, pageOf } from './query.ts';

export interface RuleRoutesOptions {
  readonly entities: Entities;
  readonly entitlement: Entitlement;
  readonly limits: SystemLimits;
  /** Bytes of the body of a PUT. */
  readonly bodyBytes: number;
}

/** `/namespaces/{ns}/rules…` (Rules.scala). */
export class RuleRoutes {
  readonly #options: RuleRoutesOptions;

  constructor(options: RuleRoutesOptions) {
    this.#options = options;
  }

  /** Rows have no status: it is the trigger that knows it (EP-20). */
  async list(call: Call, ns: string, query: URLSearchParams): Promise<Response> {
    const { entities, entitlement } = this.#options;
    const namespace = namespaceOf(call, ns);
    await entitled(entitlement, call, 'READ', 'rules', { namespace });
    const page = pageOf(query, 'rules');
    if (booleanOf(query, 'count', false)) {
      return answer(call, 200, JSON.stringify({ rules: await entities.rules.count(namespace, page.skip) }));
    }
    return answer(call, 200, JSON.stringify((await entities.rules.list(namespace, page)).map(ruleRow)));
  }

  async get(call: Call, ns: string, path: string): Promise<Response> {
    const name = await this.#entitled(call, 'READ', ns, path);
    return answer(call, 200, JSON.stringify(ruleJson(await this.#options.entities.rules.get(name))));
  }

  async put(call: Call, ns: string, path: string, query: URLSearchParams): Promise<Response> {
    const { entities, bodyBytes } = this.#options;
    const name = await this.#entitled(call, 'PUT', ns, path);
    const overwrite = booleanOf(query, 'overwrite', false);
    const value = await readJson(call.context, bodyBytes);
    const put = entities.rules.read(call.identity, value);
    await this.#checkEnds(call.identity, put);
    return answer(call, 200, JSON.stringify(ruleJson(await entities.rules.put(name, put, overwrite))));
  }

  async delete(call: Call, ns: string, path: string): Promise<Response> {
    const name = await this.#entitled(call, 'DELETE', ns, path);
    return answer(call, 200, JSON.stringify(ruleJson(await this.#options.entities.rules.delete(name))));
  }

  /** `{"status": "active"}` or `"inactive"`; answers a plain OK (EP-21). */
  async setStatus(call: Call, ns: string, path: string): Promise<Response> {
    const name = await this.#entitled(call, 'ACTIVATE', ns, path);
    const maxBytes = lesserSize(this.#options.limits.payloadBytes, call.identity.limits.maxPayloadSize);
    const value = await readJson(call.context, maxBytes);
    await this.#options.entities.rules.setStatus(name, readStatus(value));
    return plain(call, 'OK');
  }

  async #entitled(call: Call, right: Right, ns: string, path: string) {
    const name = nameOf(call, ns, path);
    await entitled(this.#options.entitlement, call, right, 'rules', name);
    return name;
  }

  /** One may link what one may read. */
  async #checkEnds(identity: Identity, { trigger, action }: RulePut): Promise<void> {
    await this.#options.entitlement.checkAll(identity, 'READ', [
      ...(trigger ? [{ collection: 'triggers' as const, ...trigger }] : []),
      ...(action ? [{ collection: 'actions' as const, ...action }] : []),
    ]);
  }
}

function readStatus(body: Json): RuleStatus {
  const status = isObject(body) ? body.status : undefined;
  if (typeof status !== 'string') throw malformedBody("Object is missing required member 'status'");
  if (status !== 'active' && status !== 'inactive') throw malformedBody(messages.ruleStatusUnknown(status));
  return status;
}
