import type { Connection } from './connection.ts';
import { encodeRequest, type RequestParts } from './request.ts';
import type { Answer } from './response.ts';

const NAMESPACE = '/api/v1/namespaces/_';

/** What the bench asks of an OpenWhisk API besides the calls that it measures. */
export class Api {
  readonly #connection: Connection;
  readonly #auth: string;

  constructor(connection: Connection, auth: string) {
    this.#connection = connection;
    this.#auth = auth;
  }

  /** Creates or changes an action. */
  async putAction(name: string, action: ActionSource): Promise<void> {
    const { code, kind = 'nodejs:default', concurrency = 1 } = action;
    const body = JSON.stringify({ exec: { kind, code }, limits: { concurrency } });
    await this.#ask({ method: 'PUT', path: `/actions/${name}?overwrite=true`, body });
  }

  async deleteAction(name: string): Promise<void> {
    await this.#ask({ method: 'DELETE', path: `/actions/${name}` });
  }

  /** A blocking call that is answered with its result, as bytes. */
  invocation(name: string, payload: string, auth = this.#auth): Uint8Array {
    const path = `${NAMESPACE}/actions/${name}?blocking=true&result=true`;
    return encodeRequest({ method: 'POST', path, auth, body: payload });
  }

  async activation(id: string): Promise<ActivationJson> {
    return JSON.parse(await this.#ask({ method: 'GET', path: `/activations/${id}` })) as ActivationJson;
  }

  /** How many activations of an action there are records of. */
  async countActivations(name: string): Promise<number> {
    const answer = await this.#ask({ method: 'GET', path: `/activations?count=true&name=${name}` });
    return (JSON.parse(answer) as { activations: number }).activations;
  }

  async #ask({ path, ...parts }: Omit<RequestParts, 'auth'>): Promise<string> {
    const request = encodeRequest({ ...parts, path: NAMESPACE + path, auth: this.#auth });
    const { status, body } = await this.#connection.ask(request);
    if (status !== 200) throw new Error(`${parts.method} ${path} was answered ${status}: ${body.toString()}`);
    return body.toString();
  }
}

export interface ActionSource {
  readonly code: string;
  readonly kind?: string;
  /** Calls at once in one container. */
  readonly concurrency?: number;
}

export interface ActivationJson {
  readonly activationId: string;
  readonly logs: readonly string[];
  readonly response: { readonly result: unknown; readonly status: string };
}

/** The id of the activation that an answer came from. */
export function activationIdOf({ head }: Answer): string {
  const id = /\r\nx-openwhisk-activation-id: (\w+)/i.exec(head)?.[1];
  if (id === undefined) throw new Error(`an answer without an activation id: ${head}`);
  return id;
}
