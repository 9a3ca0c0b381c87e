import { setTimeout as sleep } from 'node:timers/promises';
import type { Events } from './events.ts';
import { otlpJson, type Resource } from './otlp-json.ts';
import type { Span } from './trace.ts';

export interface OtlpOptions {
  /** Of the collector: `http://127.0.0.1:4318`, to which `/v1/traces` is added, or the whole address. The log repeats it. */
  readonly url: string;
  /** Who sends, for collectors that ask. */
  readonly headers?: Readonly<Record<string, string>>;
  readonly resource: Resource;
  readonly events: Events;
  /** Sends a batch; rejects when nobody answers, or when `signal` is aborted. */
  readonly post?: (
    url: string,
    body: string,
    signal: AbortSignal,
    headers: Readonly<Record<string, string>>,
  ) => Promise<{ readonly status: number }>;
  /** Spans that may wait. */
  readonly queueSize?: number;
  /** How long spans are gathered. */
  readonly everyMs?: number;
  readonly retryMs?: readonly number[];
  /** How long the end may take. */
  readonly closeMs?: number;
  /** The host's clock, in milliseconds since 1970. */
  readonly now?: () => number;
}

/** So many spans go in one request: making one takes the serving thread a millisecond or two. */
const BATCH = 256;
const QUEUE = 4_096;
const EVERY_MS = 1_000;
const RETRY_MS = [1_000, 2_000, 4_000];
const POST_TIMEOUT_MS = 10_000;
/** A collector that hangs must not hold up the end of a node, whose records are written after this. */
const CLOSE_MS = 2_000;
/** The clock tells whole milliseconds: by so much it has surely been set. */
const CLOCK_MS = 10;
/** Answers that say: later (OTLP's "retryable" codes). */
const LATER = new Set([429, 502, 503, 504]);

/**
 * Sends spans to an OpenTelemetry collector: OTLP over HTTP, as JSON. No call ever waits for it: spans are put into a queue of
 * limited length, and when the collector does not keep up, or is away, the newest are dropped and counted.
 */
export class OtlpExporter {
  readonly #options: Required<OtlpOptions>;
  readonly #url: string;
  readonly #queue: Span[] = [];
  #timer: ReturnType<typeof setTimeout> | undefined;
  #sending: Promise<void> | undefined;
  #isClosed = false;
  /** Aborted when no more is to be waited for. */
  readonly #end = new AbortController();
  /** The time at which `performance.now()` was 0. */
  #epochMs: number;
  /** It has been said that the collector is away. */
  #isAway = false;

  constructor(options: OtlpOptions) {
    this.#options = { ...STANDARD, ...options };
    this.#epochMs = performance.timeOrigin;
    this.#url = tracesUrl(options.url);
    options.events.spanEnded.subscribe((span) => this.#take(span));
  }

  /** Sends what there is, trying once, and not for long: what is left then is dropped. Takes no more. */
  async close(): Promise<void> {
    this.#isClosed = true;
    clearTimeout(this.#timer);
    const limit = setTimeout(() => this.#end.abort(), this.#options.closeMs);
    await this.#sending;
    while (this.#queue.length > 0) await this.#send(this.#queue.splice(0, BATCH), []);
    clearTimeout(limit);
  }

  #take(span: Span): void {
    if (this.#isClosed || this.#queue.length >= this.#options.queueSize) {
      this.#options.events.exported.publish({ sent: 0, dropped: 1 });
      return;
    }
    this.#queue.push(span);
    if (this.#queue.length >= BATCH) this.#begin();
    else this.#timer ??= setTimeout(() => this.#begin(), this.#options.everyMs);
  }

  #begin(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#sending ??= this.#drain().finally(() => {
      this.#sending = undefined;
    });
  }

  async #drain(): Promise<void> {
    while (this.#queue.length > 0 && !this.#isClosed) {
      await this.#send(this.#queue.splice(0, BATCH), this.#options.retryMs);
    }
  }

  /** Never rejects. */
  async #send(spans: readonly Span[], retryMs: readonly number[]): Promise<void> {
    const { events, resource } = this.#options;
    const body = otlpJson(spans, resource, this.#epochNow());
    for (let attempt = 0; ; attempt++) {
      const problem = await this.#attempt(body);
      if (!problem) {
        if (this.#isAway) events.info('traces', `${this.#url} takes traces again`);
        this.#isAway = false;
        events.exported.publish({ sent: spans.length, dropped: 0 });
        return;
      }
      const pause = retryMs[attempt];
      if (problem.isFinal || pause === undefined || this.#isClosed) {
        // Once, and not for every batch: it may be away for days.
        if (!this.#isAway) events.warn('traces', `${this.#url} does not take traces: ${problem.why}`);
        this.#isAway = true;
        events.exported.publish({ sent: 0, dropped: spans.length });
        return;
      }
      await sleep(pause, undefined, this.#end).catch(() => undefined);
    }
  }

  /** A host without a clock of its own learns the time after its programs have started; where it did not jump the finer value stays. */
  #epochNow(): number {
    const epochMs = this.#options.now() - performance.now();
    if (Math.abs(epochMs - this.#epochMs) > CLOCK_MS) this.#epochMs = epochMs;
    return this.#epochMs;
  }

  /** Why it was not taken; undefined when it was. */
  async #attempt(body: string): Promise<Problem | undefined> {
    const { post, headers } = this.#options;
    const { signal } = this.#end;
    if (signal.aborted) return { why: 'there is no time left', isFinal: true };
    try {
      return problemOf(await post(this.#url, body, signal, headers));
    } catch (error) {
      return { why: (error as Error).message, isFinal: false };
    }
  }
}

interface Problem {
  readonly why: string;
  readonly isFinal: boolean;
}

function problemOf({ status }: { readonly status: number }): Problem | undefined {
  if (status >= 200 && status < 300) return undefined;
  return { why: `it answers ${status}`, isFinal: !LATER.has(status) };
}

/** The specification's rule for a base address; one that names the path already is taken as it is. */
export function tracesUrl(url: string): string {
  return /\/v1\/traces\/?$/.test(url) ? url : `${url.replace(/\/+$/, '')}/v1/traces`;
}

const postJson: Required<OtlpOptions>['post'] = async (url, body, signal, headers) => {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', ...headers },
    body,
    signal: AbortSignal.any([AbortSignal.timeout(POST_TIMEOUT_MS), signal]),
  });
  // Or the connection is not used again.
  await response.arrayBuffer();
  return { status: response.status };
};

const STANDARD = {
  headers: {},
  post: postJson,
  queueSize: QUEUE,
  everyMs: EVERY_MS,
  retryMs: RETRY_MS,
  closeMs: CLOSE_MS,
  now: Date.now,
};
