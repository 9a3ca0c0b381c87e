import nano from 'nano';
import { StoreUnavailable } from './store.ts';

/**
 * Talks with a CouchDB server through nano: every request has a deadline, every failure is one of two errors.
 *
 * - `CouchError`: the server answered, and the answer is no (409, 404, 413 …).
 * - `StoreUnavailable`: no answer, or one that says "not now" (5xx, 429), or that our key is not right any more.
 *
 * The server is `away` from when it cannot be connected to until it answers. One request that is late or fails does not make
 * it so, as the first one to a view of a large database does: then the server is asked for its name. While nothing answers at
 * all, further requests fail at once for a moment, so that callers need not wait for each deadline.
 *
 * nano builds the requests and sends them with the global `fetch`. It is lent another one for the tick of its call, because
 * it cannot be given a deadline or a certificate, and lets an answer that breaks off in the middle become an unhandled
 * rejection: ours reads the whole answer first.
 */
export interface CouchOptions {
  /** `https://db.example.com:6984/`, perhaps with `user:password@`. */
  readonly url: string;
  readonly user?: string | undefined;
  readonly password?: string | undefined;
  /** Certificates in PEM that are trusted besides the system's. */
  readonly ca?: string | undefined;
  /** How long a request may take, in milliseconds. */
  readonly timeoutMs: number;
}

export interface CouchRequest {
  readonly method?: 'GET' | 'HEAD' | 'PUT' | 'POST' | 'DELETE';
  readonly db?: string;
  /** Below the database, encoded: see `docPath`. */
  readonly path?: string;
  readonly qs?: Readonly<Record<string, unknown>>;
  /** Sent as JSON; a text is JSON already. */
  readonly body?: unknown;
  /** Instead of the client's. */
  readonly timeoutMs?: number;
  /** True keeps all digits of whole numbers: those beyond 2^53 are then raw JSON, good for nothing but `JSON.stringify`. */
  readonly exact?: boolean;
  /** True for who looks whether the server is back: it is asked although it did not answer just now. */
  readonly insists?: boolean;
}

/** What a feed needs: the text as it comes, and a way to end it. */
export interface Following {
  readonly onText: (text: string) => void;
  readonly signal: AbortSignal;
}

/** The server's answer is no. */
export class CouchError extends Error {
  override readonly name = 'CouchError';
  readonly status: number;

  constructor(status: number, reason: string) {
    super(reason);
    this.status = status;
  }
}

/** After a request without an answer, others are not sent for this long. */
const BREATHER_MS = 500;
const NANO_PREFIX = /^error happened in your connection\. Reason: /;

export class CouchClient {
  readonly #server: nano.ServerScope;
  readonly #options: CouchOptions;
  /** Without user and password: for people. */
  readonly address: string;
  readonly #stop = new AbortController();
  #away: string | undefined;
  #silentUntil = 0;
  /** Under way when it is not sure whether the server is there. */
  #probing: Promise<void> | undefined;
  #isAccepted = false;

  constructor(options: CouchOptions) {
    this.#options = options;
    const url = new URL(options.url);
    const user = options.user ?? decodeURIComponent(url.username);
    const password = options.password ?? decodeURIComponent(url.password);
    url.username = '';
    url.password = '';
    this.address = url.href;
    const headers =
      user === '' ? {} : { Authorization: `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}` };
    // Without `parseUrl`, the last part of a path is taken for a database.
    const config = { url: url.href, parseUrl: false, headers };
    this.#server = nano(config);
  }

  /** Why the server cannot be used now; undefined while it can. */
  get away(): string | undefined {
    return this.#away;
  }

  /** Sends a request and answers its JSON. @throws CouchError, StoreUnavailable */
  async request<T>(request: CouchRequest): Promise<T> {
    if (!request.insists && performance.now() < this.#silentUntil) throw new StoreUnavailable(this.#away);
    const deadline = AbortSignal.timeout(request.timeoutMs ?? this.#options.timeoutMs);
    try {
      const answer = await this.#send<T>(
        request,
        AbortSignal.any([deadline, this.#stop.signal]),
        readAll(request.exact),
      );
      this.#isThere();
      return answer;
    } catch (error) {
      throw this.#noted(error, request, deadline.aborted);
    }
  }

  /** The same, or undefined where there is no such database or document. */
  async find<T>(request: CouchRequest): Promise<T | undefined> {
    try {
      return await this.request<T>(request);
    } catch (error) {
      if (error instanceof CouchError && error.status === 404) return undefined;
      throw error;
    }
  }

  /**
   * Sends a request whose answer is read piece by piece, and resolves when it has ended. That it breaks off says nothing of the
   * server: it may be who stands between.
   *
   * @throws CouchError, StoreUnavailable
   */
  async follow(request: CouchRequest, { onText, signal }: Following): Promise<void> {
    const heard = (text: string) => {
      this.#isThere();
      onText(text);
    };
    try {
      await this.#send(request, AbortSignal.any([signal, this.#stop.signal]), readPieces(heard));
    } catch (error) {
      throw this.#translate(error, request, false);
    }
  }

  /** Our key was right: from now on, that it is refused is trouble which may pass. */
  accepted(): void {
    this.#isAccepted = true;
  }

  /** Ends all requests that are under way. */
  close(): void {
    this.#stop.abort();
  }

  #send<T>({ method = 'GET', db, path, qs, body }: CouchRequest, signal: AbortSignal, read: Read): Promise<T> {
    const { ca } = this.#options;
    const door = async (url: string, init: RequestInit) => {
      const headers = new Headers(init.headers);
      // A feed must not wait for enough to be compressed, and on the way to a database there is little to win.
      headers.set('accept-encoding', 'identity');
      const tls = ca === undefined ? {} : { tls: { ca } };
      return read(
        await Bun.fetch(url, { method, headers, body: init.body ?? null, redirect: 'error', signal, ...tls }),
      );
    };
    const request = {
      ...{ method, ...(db === undefined ? {} : { db }), ...(path === undefined ? {} : { path }) },
      ...(qs === undefined ? {} : { qs }),
      ...(body === undefined ? {} : { body, dontStringify: typeof body === 'string' }),
    };
    return lending(door, () => this.#server.request(request) as Promise<T>);
  }

  /** What a failure means to callers, and what it says of the server. */
  #noted(error: unknown, request: CouchRequest, isLate: boolean): Error {
    const translated = this.#translate(error, request, isLate);
    if (translated instanceof CouchError) this.#isThere();
    if (!(translated instanceof StoreUnavailable) || this.#stop.signal.aborted) return translated;
    const { statusCode } = error as Failure;
    if (isRefusal(statusCode)) this.#away = translated.message;
    else if (isLate || statusCode !== undefined) this.#probing ??= this.#probe();
    else this.#isAway(translated.message);
    return translated;
  }

  #isThere(): void {
    this.#away = undefined;
    this.#silentUntil = 0;
  }

  #isAway(why: string): void {
    this.#away = why;
    this.#silentUntil = performance.now() + BREATHER_MS;
  }

  async #probe(): Promise<void> {
    const deadline = AbortSignal.timeout(this.#options.timeoutMs);
    try {
      await this.#send({}, AbortSignal.any([deadline, this.#stop.signal]), readAll());
      this.#isThere();
    } catch (error) {
      const translated = this.#translate(error, {}, deadline.aborted);
      if (translated instanceof StoreUnavailable) this.#isAway(translated.message);
    } finally {
      this.#probing = undefined;
    }
  }

  #translate(error: unknown, { method = 'GET' }: CouchRequest, isLate: boolean): Error {
    const { statusCode, message = '' } = error as Failure;
    const isNo = statusCode !== undefined && statusCode < 500 && statusCode !== 429;
    if (isNo && !(this.#isAccepted && isRefusal(statusCode))) return new CouchError(statusCode, message);
    if (statusCode === undefined && !NANO_PREFIX.test(message)) return error as Error;
    if (this.#stop.signal.aborted) return new StoreUnavailable('The store is closed.');
    const reason = isLate ? 'it does not answer in time' : message.replace(NANO_PREFIX, '');
    const isUncertain = method !== 'GET' && !isNo && !message.includes('ECONNREFUSED');
    return new StoreUnavailable(`CouchDB at ${this.address} cannot be used: ${reason}`, isUncertain);
  }
}

/** The user or the password is not right, or may not do that. */
function isRefusal(status: number | undefined): boolean {
  return status === 401 || status === 403;
}

interface Failure {
  /** Of the answer; absent when there was none. */
  readonly statusCode?: number;
  readonly message?: string;
}

/** The path of a document, whatever signs its id has (nano takes an id with `_local` inside for a path). */
export function docPath(id: string): string {
  return id.startsWith('_design/') || id.startsWith('_local/') ? id : encodeURIComponent(id);
}

/** What nano reads of an answer. */
interface Answer {
  readonly status: number;
  readonly statusText: string;
  readonly headers: Headers;
  json(): Promise<unknown>;
}
type Read = (response: Response) => Promise<Answer>;

/** The whole text before anything is done with it: an answer that breaks off is none. */
function readAll(exact = false): Read {
  return async (response) => {
    const text = await response.text();
    const json: unknown = response.ok ? parse(text, exact) : parseRefusal(text);
    return answer(response, async () => json);
  };
}

function readPieces(onText: (text: string) => void): Read {
  return async (response) => {
    if (!response.ok || response.body === null) return readAll()(response);
    for await (const piece of response.body.pipeThrough(new TextDecoderStream())) onText(piece);
    return answer(response, async () => undefined);
  };
}

function answer({ status, statusText }: Response, json: () => Promise<unknown>): Answer {
  return { status, statusText, headers: new Headers({ 'content-type': 'application/json' }), json };
}

function parse(text: string, exact: boolean): unknown {
  return JSON.parse(text, exact && LONG.test(text) ? keepDigits : undefined);
}

/** What stands between us and the server may say no in HTML. */
function parseRefusal(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return {};
  }
}

/** Only numbers of so many digits can lose some. */
const LONG = /\d{16}/;

function keepDigits(_key: string, value: unknown, context?: { readonly source?: string }): unknown {
  const source = context?.source ?? '';
  const isLossy = typeof value === 'number' && !Number.isSafeInteger(value) && /^-?\d+$/.test(source);
  return isLossy ? rawJson(source) : value;
}

function rawJson(source: string): unknown {
  return (JSON as typeof JSON & { rawJSON(text: string): unknown }).rawJSON(source);
}

/** nano calls `fetch` before it returns: so long, and no longer, the global one is ours. */
function lending<T>(door: (url: string, init: RequestInit) => Promise<Answer>, call: () => T): T {
  const own = globalThis.fetch;
  globalThis.fetch = door as unknown as typeof fetch;
  try {
    return call();
  } finally {
    globalThis.fetch = own;
  }
}
