import type { Entitlement } from '../auth/entitlement.ts';
import type { ActivationRecords } from '../invocation/records.ts';
import { type Activation, activationJson, responseJson, summaryJson } from '../model/activation.ts';
import { messages } from '../model/messages.ts';
import { malformed, refuse } from '../model/refusal.ts';
import { answer, type Call } from './call.ts';
import { entitled, namespaceOf } from './path.ts';
import { booleanOf, epochOf, nameFilterOf, pageOf } from './query.ts';

/** `/namespaces/{ns}/activations…` (Activations.scala). */
export class ActivationRoutes {
  readonly #records: ActivationRecords;
  readonly #entitlement: Entitlement;

  constructor(records: ActivationRecords, entitlement: Entitlement) {
    this.#records = records;
    this.#entitlement = entitlement;
  }

  async list(call: Call, ns: string, query: URLSearchParams): Promise<Response> {
    const namespace = namespaceOf(call, ns);
    await entitled(this.#entitlement, call, 'READ', 'activations', { namespace });
    const page = pageOf(query, 'activations');
    const count = booleanOf(query, 'count', false);
    const docs = booleanOf(query, 'docs', false);
    const name = nameFilterOf(query);
    const since = epochOf(query, 'since');
    const upto = epochOf(query, 'upto');
    const filter = {
      namespace,
      ...(name === undefined ? {} : { name }),
      ...(since === undefined ? {} : { since }),
      ...(upto === undefined ? {} : { upto }),
    };
    if (count && docs) throw refuse(400, messages.docsNotAllowedWithCount);
    if (count) {
      const activations = await this.#records.count({ ...filter, skip: page.skip });
      return answer(call, 200, JSON.stringify({ activations }));
    }
    if (docs) {
      const activations = await this.#records.list({ ...filter, ...page });
      return answer(call, 200, `[${activations.map(activationJson).join(',')}]`);
    }
    const summaries = await this.#records.summaries({ ...filter, ...page });
    return answer(call, 200, JSON.stringify(summaries.map(summaryJson)));
  }

  async get(call: Call, ns: string, id: string): Promise<Response> {
    return answer(call, 200, activationJson(await this.#find(call, ns, id)));
  }

  async logs(call: Call, ns: string, id: string): Promise<Response> {
    const { logs } = await this.#find(call, ns, id);
    return answer(call, 200, JSON.stringify({ logs }));
  }

  async result(call: Call, ns: string, id: string): Promise<Response> {
    const { response } = await this.#find(call, ns, id);
    return answer(call, 200, responseJson(response));
  }

  async #find(call: Call, ns: string, id: string): Promise<Activation> {
    checkActivationId(id);
    const namespace = namespaceOf(call, ns);
    await entitled(this.#entitlement, call, 'READ', 'activations', { namespace, name: id });
    const activation = await this.#records.get(namespace, id);
    if (!activation) throw refuse(404, messages.resourceDoesNotExist);
    return activation;
  }
}

/** 32 hex digits (ActivationId.parse). */
function checkActivationId(id: string): void {
  if (id.length !== 32) throw malformed(messages.activationIdLength(id.length));
  if (!/^[0-9a-f]{32}$/.test(id)) throw malformed(messages.activationIdIllegal);
}
