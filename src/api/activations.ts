import type { Entitlement } from '../auth/entitlement.ts';
import type { Pending } from '../invocation/live.ts';
import type { ActivationRecords } from '../invocation/records.ts';
import { type Activation, activationJson, responseJson, summaryJson } from '../model/activation.ts';
import { messages } from '../model/messages.ts';
import { malformed, refuse } from '../model/refusal.ts';
import { answer, type Call } from './call.ts';
import { entitled, namespaceOf } from './path.ts';
import { booleanOf, epochOf, nameFilterOf, pageOf } from './query.ts';
import { activationStream } from './stream.ts';

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
    if (booleanOf(query, 'stream', false)) return activationStream(call, this.#records, filter);
    if (count && docs) throw refuse(400, messages.docsNotAllowedWithCount);
    if (count) {
      const activations = await this.#records.count({ ...filter, skip: page.skip });
      return answer(call, 200, JSON.stringify({ activations }));
    }
    if (docs) {
      const isPoll = since !== undefined && upto === undefined && page.skip === 0;
      const activations = isPoll
        ? await this.#records.news({ ...filter, since, ...page })
        : await this.#records.list({ ...filter, ...page });
      return answer(call, 200, `[${activations.map(activationJson).join(',')}]`);
    }
    const summaries = await this.#records.summaries({ ...filter, ...page });
    return answer(call, 200, JSON.stringify(summaries.map(summaryJson)));
  }

  /** 202 while it waits or runs, where OpenWhisk has 404; then 200 with the record. */
  get(call: Call, ns: string, id: string): Promise<Response> {
    return this.#find(call, ns, id, pendingJson, activationJson);
  }

  logs(call: Call, ns: string, id: string): Promise<Response> {
    const logsJson = ({ logs }: Pick<Activation, 'logs'>) => JSON.stringify({ logs });
    return this.#find(call, ns, id, logsJson, logsJson);
  }

  result(call: Call, ns: string, id: string): Promise<Response> {
    return this.#find(
      call,
      ns,
      id,
      () => JSON.stringify(PENDING),
      ({ response }) => responseJson(response),
    );
  }

  async #find(
    call: Call,
    ns: string,
    id: string,
    showPending: (pending: Pending) => string,
    show: (activation: Activation) => string,
  ): Promise<Response> {
    checkActivationId(id);
    const namespace = namespaceOf(call, ns);
    await entitled(this.#entitlement, call, 'READ', 'activations', { namespace, name: id });
    const pending = this.#records.pending(namespace, id);
    if (pending) return answer(call, 202, showPending(pending));
    // Asked in this order: what is not in the journal any more has its record.
    const accepted = await this.#records.accepted(namespace, id);
    const activation = await this.#records.get(namespace, id);
    if (activation) return answer(call, 200, show(activation));
    if (accepted) return answer(call, 202, showPending(accepted));
    throw refuse(404, messages.resourceDoesNotExist);
  }
}

/** What stands where the response will be. */
const PENDING = { status: 'pending', success: false } as const;

/** An activation that has not ended, in the form of a record: no end, no duration, and the lines so far. */
function pendingJson({ state, logs, path, kind, start, ...begun }: Pending): string {
  const { activationId, cause, name, namespace, subject, version } = begun;
  const annotations = [
    ...(path === undefined ? [] : [{ key: 'path', value: path }]),
    ...(kind === undefined ? [] : [{ key: 'kind', value: kind }]),
    { key: 'pending', value: state },
  ];
  return JSON.stringify({
    ...{ activationId, annotations, ...(cause === undefined ? {} : { cause }), logs, name, namespace },
    ...{ publish: false, response: PENDING, start, subject, version },
  });
}

/** 32 hex digits (ActivationId.parse). */
function checkActivationId(id: string): void {
  if (id.length !== 32) throw malformed(messages.activationIdLength(id.length));
  if (!/^[0-9a-f]{32}$/.test(id)) throw malformed(messages.activationIdIllegal);
}
