import type { Events } from '../../observe/events.ts';
import type { Trust } from '../store.ts';
import { type CouchClient, CouchError } from './client.ts';

/** A document that somebody wrote or deleted. */
export interface Change {
  readonly id: string;
  readonly rev: string;
}

export interface FeedOptions {
  readonly client: CouchClient;
  readonly db: string;
  readonly events: Events;
  readonly onChange: (change: Change) => void;
  /** Changes may have been missed: nothing that is remembered holds. */
  readonly onLost: () => void;
  readonly onTrust: (trust: Trust) => void;
  /** How often the server says that it is there, in milliseconds; when it is silent for three times as long, it is gone. */
  readonly heartbeatMs: number;
}

const FIRST_RETRY_MS = 50;
const LAST_RETRY_MS = 1000;

interface ChangeLine {
  readonly seq?: string | number;
  readonly id?: string;
  readonly changes?: readonly { readonly rev: string }[];
}

/**
 * Follows the changes of one database, from when it was opened until it is closed. A connection that breaks is made anew, and
 * goes on after the last change that was heard of: none is missed, however long the server was away. Only where the server
 * does not know that place any more (the database was made anew) it begins with what comes now, and says so.
 */
export class ChangesFeed {
  readonly #options: FeedOptions;
  readonly #stop = new AbortController();
  #since: string | number;
  #trust: Trust = 'told';
  /** The server does not know our place any more. */
  #isLost = false;
  #following: Promise<void> | undefined;

  private constructor(options: FeedOptions, since: string | number) {
    this.#options = options;
    this.#since = since;
  }

  /** Begins with what is written from now on. @throws StoreUnavailable, CouchError */
  static async open(options: FeedOptions): Promise<ChangesFeed> {
    const feed = new ChangesFeed(options, await lastChange(options));
    feed.#following = feed.#followOn();
    return feed;
  }

  async close(): Promise<void> {
    this.#stop.abort();
    await this.#following;
  }

  async #followOn(): Promise<void> {
    let pauseMs = FIRST_RETRY_MS;
    while (!this.#stop.signal.aborted) {
      const heard = this.#isLost ? 'refusal' : await this.#connect();
      if (this.#stop.signal.aborted) return;
      if (heard === 'something') pauseMs = FIRST_RETRY_MS;
      await this.#look(heard);
      await pause(pauseMs, this.#stop.signal);
      pauseMs = Math.min(LAST_RETRY_MS, pauseMs * 2);
    }
  }

  /** One connection, to its end. */
  async #connect(): Promise<'nothing' | 'something' | 'refusal'> {
    const { client, db, heartbeatMs } = this.#options;
    const silence = new AbortController();
    const watch = setTimeout(() => silence.abort(), heartbeatMs * 3);
    const signal = AbortSignal.any([silence.signal, this.#stop.signal]);
    let heard: 'nothing' | 'something' = 'nothing';
    let rest = '';
    const onText = (text: string) => {
      heard = 'something';
      watch.refresh();
      this.#enter('told');
      const lines = (rest + text).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) if (line.trim() !== '') this.#hear(JSON.parse(line) as ChangeLine);
    };
    const qs = { feed: 'continuous', heartbeat: heartbeatMs, since: this.#since };
    try {
      await client.follow({ db, path: '_changes', qs }, { onText, signal });
      return heard;
    } catch (error) {
      return error instanceof CouchError || client.isGone(db) ? 'refusal' : heard;
    } finally {
      clearTimeout(watch);
    }
  }

  #hear({ seq, id, changes }: ChangeLine): void {
    if (seq === undefined || id === undefined) return;
    for (const { rev } of changes ?? []) this.#options.onChange({ id, rev });
    this.#since = seq;
  }

  /** Without a feed: is the server away, or is it only the feed? One that worked is connected to again before that is said. */
  async #look(heard: 'nothing' | 'something' | 'refusal'): Promise<void> {
    this.#isLost = heard === 'refusal';
    try {
      const last = await lastChange(this.#options);
      if (heard !== 'something') this.#enter('untold');
      if (heard !== 'refusal') return;
      this.#isLost = false;
      this.#since = last;
      this.#options.onLost();
    } catch {
      this.#isLost ||= this.#options.client.isGone(this.#options.db);
      this.#enter('away');
    }
  }

  #enter(trust: Trust): void {
    if (trust === this.#trust) return;
    this.#trust = trust;
    const { client, db, events, onTrust } = this.#options;
    const why = trust === 'away' ? (client.away ?? 'The server is away.') : 'It is read again instead.';
    if (trust === 'told') events.info('store', `Changes of the database '${db}' are heard of again.`);
    else events.warn('store', `Changes of the database '${db}' are not heard of. ${why}`);
    onTrust(trust);
  }
}

/** @throws StoreUnavailable, CouchError */
async function lastChange({ client, db }: FeedOptions): Promise<string | number> {
  return (await client.request<{ readonly update_seq: string | number }>({ db, insists: true })).update_seq;
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer);
      signal.removeEventListener('abort', done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    signal.addEventListener('abort', done);
  });
}
