import { isObject } from '../model/json.ts';
import type { Asker } from './line.ts';
import { encodeRequest, type RequestParts } from './request.ts';
import { type Answer, headerOf } from './response.ts';

const API = '/api/v1';
const NAMESPACE = `${API}/namespaces/_`;

/** What is asked of an OpenWhisk API besides the calls that are measured. */
export class Api {
  readonly #connection: Asker;
  readonly #auth: string;
  readonly #host: string;

  /** @param auth `uuid:key` @param host as it was asked for, for those who serve several names */
  constructor(connection: Asker, auth: string, host = 'localhost') {
    this.#connection = connection;
    this.#auth = auth;
    this.#host = host;
  }

  /** What the host says that it is. @throws Error when it is no OpenWhisk */
  async about(): Promise<About> {
    const { status, body } = await this.#connection.ask(encodeRequest({ method: 'GET', path: API, host: this.#host }));
    const about: unknown = status === 200 ? parsed(body.toString()) : undefined;
    if (!isObject(about)) throw new Error(`GET ${API} was answered ${status}: this is no OpenWhisk API`);
    const text = (key: string) => (typeof about[key] === 'string' ? about[key] : 'unknown');
    return { description: text('description'), build: text('build'), buildno: text('buildno') };
  }

  /** Creates or changes an action. @throws Refused */
  async putAction(name: string, action: ActionSource): Promise<void> {
    const { code, kind = 'nodejs:default', concurrency } = action;
    const body = JSON.stringify({
      exec: { kind, code },
      ...(concurrency !== undefined && { limits: { concurrency } }),
    });
    await this.#ask({ method: 'PUT', path: `/actions/${name}?overwrite=true`, body });
  }

  /** Resolves, too, when there is no such action. */
  async deleteAction(name: string): Promise<void> {
    await this.#ask({ method: 'DELETE', path: `/actions/${name}` }, 404);
  }

  /** A blocking call that is answered with its result, as bytes. */
  invocation(name: string, payload: string, { auth = this.#auth, headers = {} }: InvocationOptions = {}): Uint8Array {
    const path = `${NAMESPACE}/actions/${name}?blocking=true&result=true`;
    return encodeRequest({ method: 'POST', path, auth, host: this.#host, body: payload, headers });
  }

  async activation(id: string): Promise<ActivationJson> {
    return JSON.parse(await this.#ask({ method: 'GET', path: `/activations/${id}` })) as ActivationJson;
  }

  /** How many activations of an action there are records of. */
  async countActivations(name: string): Promise<number> {
    const answer = await this.#ask({ method: 'GET', path: `/activations?count=true&name=${name}` });
    return (JSON.parse(answer) as { activations: number }).activations;
  }

  /** @param also another status that is well */
  async #ask({ path, ...parts }: Omit<RequestParts, 'auth' | 'host'>, also = 200): Promise<string> {
    const request = encodeRequest({ ...parts, path: NAMESPACE + path, host: this.#host, auth: this.#auth });
    const { status, body } = await this.#connection.ask(request);
    if (status !== 200 && status !== also) {
      throw new Refused(`${parts.method} ${path} was answered ${status}: ${body.toString()}`, status);
    }
    return body.toString();
  }
}

/** The host has answered, but not what was wanted. */
export class Refused extends Error {
  override readonly name = 'Refused';
  readonly status: number;

  constructor(message: string, status: number) {
    super(message);
    this.status = status;
  }
}

export interface About {
  readonly description: string;
  readonly build: string;
  readonly buildno: string;
}

export interface InvocationOptions {
  /** `uuid:key`; that of this object without it. */
  readonly auth?: string;
  /** Besides those of every call. */
  readonly headers?: Readonly<Record<string, string>>;
}

export interface ActionSource {
  readonly code: string;
  readonly kind?: string;
  /** Calls at once in one container. */
  readonly concurrency?: number;
}

export interface ActivationJson {
  readonly activationId: string;
  /** Milliseconds. */
  readonly duration: number;
  readonly annotations: readonly { readonly key: string; readonly value: unknown }[];
  readonly logs: readonly string[];
  readonly response: { readonly result: unknown; readonly status: string };
}

/** The id of the activation that an answer came from. */
export function activationIdOf(answer: Answer): string {
  const id = headerOf(answer, 'x-openwhisk-activation-id');
  if (id === undefined) throw new Error(`an answer without an activation id: ${answer.head}`);
  return id;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
