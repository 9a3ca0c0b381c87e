import type { Json, JsonObject } from '../model/json.ts';
import { outlineOf } from '../model/json-outline.ts';
import { messages } from '../model/messages.ts';
import type { Place } from '../model/place.ts';
import { HttpClient, listens, type Reply } from './http-client.ts';
import { HttpLogs } from './http-logs.ts';
import type { LogSink } from './logs.ts';
import { type Answer, type InitRequest, type Protocol, type RunRequest, RuntimeFault, type Talk } from './protocol.ts';

export interface HttpOptions {
  /** Bytes of a result that are kept. */
  readonly resultLimit: number;
  /**
   * True when actions with a concurrency limit above 1 may have several runs at once in one container. Their logs are
   * mixed then, and OpenWhisk's images want `__OW_ALLOW_CONCURRENT=true` in their environment.
   */
  readonly concurrent?: boolean;
}

/** A runtime that does not listen by then may still be initialized: its init waits on, in the action's own time. */
const LISTEN_MS = 5000;
const LISTEN_PAUSE_MS = 10;
/** How long the end of the place may take to be known after its connection broke. */
const EXIT_MS = 1000;

/** OpenWhisk's own protocol, `POST /init` and `POST /run` on port 8080, which its images and those of others speak. */
export class HttpProtocol implements Protocol {
  readonly #options: HttpOptions;

  constructor(options: HttpOptions) {
    this.#options = options;
  }

  async open(place: Place): Promise<Talk> {
    if (!place.address) throw new RuntimeFault('it has no address');
    const talk = new HttpTalk(place, place.address, this.#options);
    await talk.waitUntilListening(LISTEN_MS);
    return talk;
  }
}

class HttpTalk implements Talk {
  readonly concurrent: boolean;
  readonly takesAhead = false;
  readonly #place: Place;
  readonly #address: { readonly host: string; readonly port: number };
  readonly #client: HttpClient;
  readonly #logs: HttpLogs;
  #fault: RuntimeFault | undefined;
  #isListening = false;
  /** A runtime makes its environment of what it is told, and keeps it: a trace that was told once must be taken back. */
  #wasTraced = false;

  constructor(place: Place, address: { readonly host: string; readonly port: number }, options: HttpOptions) {
    this.concurrent = options.concurrent ?? false;
    this.#place = place;
    this.#address = address;
    this.#client = new HttpClient(address, options.resultLimit);
    this.#logs = new HttpLogs(place.stdio);
    void place.exited.then(() => {
      this.#fault = new RuntimeFault('it ended');
      this.#client.close();
    });
  }

  /** Resolves after this time even if it does not. Rejects when it ended. */
  async waitUntilListening(timeoutMs: number): Promise<void> {
    const end = performance.now() + timeoutMs;
    while (!this.#isListening && performance.now() < end) {
      if (this.#fault) throw this.#fault;
      this.#isListening = await listens(this.#address);
      if (!this.#isListening) await Bun.sleep(LISTEN_PAUSE_MS);
    }
  }

  async init(request: InitRequest): Promise<Answer> {
    const { name, main, code, binary, env, logs } = request;
    // Nothing was sent before it listens, so the first request is the only one: OpenWhisk repeats it instead.
    await this.waitUntilListening(Number.POSITIVE_INFINITY);
    const reply = await this.#ask('/init', JSON.stringify({ value: { name, main, code, binary, env } }), logs);
    const answer = readInit(reply);
    await this.#logs.finish(logs, answer.type === 'failure' ? 'failure' : 'init');
    return answer;
  }

  async run(request: RunRequest): Promise<Answer> {
    this.#wasTraced ||= request.trace !== undefined;
    const reply = await this.#ask('/run', runBody(request, this.#wasTraced), request.logs);
    const answer = readRun(reply);
    await this.#logs.finish(request.logs, answer.type === 'failure' ? 'failure' : 'run');
    return answer;
  }

  recall(): void {}

  stop(): void {
    this.#client.close();
  }

  async #ask(path: string, body: string, logs: LogSink): Promise<Reply> {
    if (this.#fault) throw new RuntimeFault(this.#fault.message, true);
    this.#logs.begin(logs);
    const reply = await this.#client.post(path, body).catch((error: Error) => error);
    if (!(reply instanceof Error)) {
      const why = unusable[reply.status];
      if (why === undefined) return reply;
      this.#logs.close();
      throw new RuntimeFault(why);
    }
    // Who hears of the fault asks next how the place ended: it should be known by then.
    await Promise.race([this.#place.exited, Bun.sleep(EXIT_MS)]);
    this.#logs.close();
    throw new RuntimeFault((this.#fault ?? reply).message, isUnreached(reply));
  }
}

/** Nobody was there to take any of the request, as when the process ended just after the answer before. */
function isUnreached({ code }: NodeJS.ErrnoException): boolean {
  return code === 'ECONNREFUSED' || code === 'EHOSTUNREACH';
}

/** Answers by status that say nothing about the action: OpenWhisk takes them for none. */
const unusable: Readonly<Record<number, string>> = {
  204: 'it answered without a body',
  503: 'it is shutting down',
};

/** The arguments are JSON already. `deadline` is a text, as OpenWhisk sends it (openwhisk.md TRAP-05). */
function runBody(request: RunRequest, isTraceTold: boolean): string {
  const { activationId, transactionId, namespace, actionName, actionVersion, deadline, apiKey, trace, args } = request;
  const rest = JSON.stringify({
    namespace,
    action_name: actionName,
    action_version: actionVersion,
    activation_id: activationId,
    transaction_id: transactionId,
    deadline: String(deadline),
    api_key: apiKey,
    ...(isTraceTold && { traceparent: trace?.traceparent ?? '', tracestate: trace?.tracestate ?? '' }),
  });
  return `{"value":${args},${rest.slice(1)}`;
}

/** ActivationResponse.processInitResponseContent. */
function readInit({ status, text, size }: Reply): Answer {
  if (size !== undefined) return failure(messages.truncatedResponse(size, Buffer.byteLength(text), text));
  return status === 200 ? { type: 'result', value: text } : failure(errorIn(text) ?? messages.invalidInit(text));
}

/** ActivationResponse.processRunResponseContent; what a success carries is read by `readResult`. */
function readRun({ status, text, size }: Reply): Answer {
  if (size !== undefined) return { type: 'result', value: text, size };
  return status === 200 ? { type: 'result', value: text } : failure(errorIn(text) ?? messages.invalidRun(text));
}

function failure(error: Json): Answer {
  return { type: 'failure', error };
}

/** What the runtime says went wrong: the `error` of the object that it answered. */
function errorIn(text: string): Json | undefined {
  return outlineOf(text)?.keys.includes('error') ? (JSON.parse(text) as JsonObject).error : undefined;
}
