import { setTimeout as sleep } from 'node:timers/promises';
import nano from 'nano';
import { basicAuth, takeApart } from '../../model/address.ts';
import { StoreUnavailable } from '../store.ts';
import { type Answer, type Read, readAll, readPieces } from './answer.ts';

/**
 * Talks with a CouchDB server through nano: every request has a deadline, every failure is one of two errors.
 *
 * - `CouchError`: the server answered, and the answer is no (409, 404, 413 …).
 * - `StoreUnavailable`: no answer, or one that says "not now" (5xx, 429), or that our key is not right any more, or that a database
 *   or a view which was there is gone.
 *
 * The server is `away` from when it cannot be connected to until it answers. One request that is late or fails does not make
 * it so, as the first one to a view of a large database does: then the server is asked for its name. While nothing answers at
 * all, further requests fail at once for a moment, so that callers need not wait for each deadline. It is also `away` while one of
 * our databases is gone.
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
/** A database that is gone is looked for so often. */
const LOOK_AGAIN_MS = 1000;
/** CouchDB's reasons, of 3 and of 1. */
const NO_DATABASE = ['Database does not exist.', 'no_db_file'];
const NANO_PREFIX = /^error happened in your connection\. Reason: /;

export class CouchClient {
  readonly #server: nano.ServerScope;
  readonly #options: CouchOptions;
  /** Without user and password: for people. */
  readonly address: string;
  readonly #stop = new AbortController();
  #away: string | undefined;
  /** Databases that were there and are gone, with why that is so. */
  readonly #gone = new Map<string, string>();
  #silentUntil = 0;
  /** Under way when it is not sure whether the server is there. */
  #probing: Promise<void> | undefined;
  #isAccepted = false;

  constructor(options: CouchOptions) {
    this.#options = options;
    const { bare, ...own } = takeApart(options.url);
    this.address = bare;
    const headers = basicAuth({ user: options.user ?? own.user, password: options.password ?? own.password });
    // Without `parseUrl`, the last part of a path is taken for a database.
    const config = { url: bare, parseUrl: false, headers };
    this.#server = nano(config);
  }

  /** Why the server cannot be used now; undefined while it can. */
  get away(): string | undefined {
    return this.#away ?? this.#gone.values().next().value;
  }

  /** Whether the database was there and is gone. */
  isGone(db: string): boolean {
    return this.#gone.has(db);
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
      this.#isThere(request.db);
      return answer;
    } catch (error) {
      throw this.#noted(error, request, deadline.aborted);
    }
  }

  /** The same, or undefined where there is no such document, nor was such a database. */
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
      const translated = this.#translate(error, request, false);
      if ((error as Failure).statusCode === 404) this.#isGone(request, error as Failure, translated.message);
      throw translated;
    }
  }

  /** Our key was right and all was there: from now on, that it is not so is trouble which may pass. */
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
    if (statusCode === 404) this.#isGone(request, error as Failure, translated.message);
    else if (isRefusal(statusCode)) this.#away = translated.message;
    else if (isLate || statusCode !== undefined) this.#probing ??= this.#probe();
    else this.#isAway(translated.message);
    return translated;
  }

  #isThere(db?: string): void {
    this.#away = undefined;
    this.#silentUntil = 0;
    if (db !== undefined) this.#gone.delete(db);
  }

  #isGone({ db }: CouchRequest, { message }: Failure, why: string): void {
    this.#isThere();
    if (db === undefined || this.#gone.has(db) || !NO_DATABASE.includes(message ?? '')) return;
    this.#gone.set(db, why);
    void this.#lookFor(db);
  }

  /** Until it is there: nobody else may ask, where calls go to other nodes meanwhile. */
  async #lookFor(db: string): Promise<void> {
    while (this.#gone.has(db) && !this.#stop.signal.aborted) {
      await sleep(LOOK_AGAIN_MS, undefined, { ref: false });
      await this.request({ db, insists: true }).catch(() => undefined);
    }
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

  #translate(error: unknown, request: CouchRequest, isLate: boolean): Error {
    const { method = 'GET' } = request;
    const { statusCode, message = '' } = error as Failure;
    const gone = this.#isAccepted && statusCode === 404 ? whatIsGone(request, message) : undefined;
    if (gone !== undefined) return new StoreUnavailable(`CouchDB at ${this.address} ${gone}`);
    const isNo = statusCode !== undefined && statusCode < 500 && statusCode !== 429;
    if (isNo && !(this.#isAccepted && isRefusal(statusCode))) return new CouchError(statusCode, message);
    if (statusCode === undefined && !NANO_PREFIX.test(message)) return error as Error;
    if (this.#stop.signal.aborted) return new StoreUnavailable('The store is closed.');
    const reason = isLate ? 'it does not answer in time' : message.replace(NANO_PREFIX, '');
    const isUncertain = method !== 'GET' && !isNo && !message.includes('ECONNREFUSED');
    return new StoreUnavailable(`CouchDB at ${this.address} cannot be used: ${reason}`, isUncertain);
  }
}

/** What is gone that was there, and what to do; undefined when it is a mere document. */
function whatIsGone({ db, path = '' }: CouchRequest, reason: string): string | undefined {
  if (NO_DATABASE.includes(reason)) return `has no database '${db}' any more: whisklet db init makes it anew.`;
  if (path.includes('/_view/'))
    return `has no '${path}' in the database '${db}' any more: whisklet db init makes it anew.`;
  return undefined;
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
