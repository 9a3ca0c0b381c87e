import { describe, expect, test } from 'bun:test';
import { Events } from '../../../src/observe/events.ts';
import { OtlpExporter, type OtlpOptions, tracesUrl } from '../../../src/observe/otlp.ts';
import { otlpJson } from '../../../src/observe/otlp-json.ts';
import type { Span } from '../../../src/observe/trace.ts';

const span = (name = 'run'): Span => ({
  ...{ traceId: 'a'.repeat(32), spanId: 'b'.repeat(16), parentId: 'c'.repeat(16), name, kind: 'internal' },
  ...{ began: 1.5, ended: 2.25, attributes: { text: 'x', whole: 3, part: 0.5, yes: true } },
});
const resource = { version: '1.2', instance: 'host' };

interface Sent {
  readonly url: string;
  readonly names: readonly string[];
}

/** An exporter whose collector is a function. */
function exporter(answer: (n: number) => number | Error, options: Partial<OtlpOptions> = {}) {
  const events = new Events();
  const sent: Sent[] = [];
  const counts = { sent: 0, dropped: 0 };
  const said: string[] = [];
  let heard = Promise.withResolvers<void>();
  events.exported.subscribe((each) => {
    counts.sent += each.sent;
    counts.dropped += each.dropped;
    heard.resolve();
    heard = Promise.withResolvers();
  });
  events.said.subscribe(({ text }) => void said.push(text));
  const post = async (url: string, body: string) => {
    const { resourceSpans } = JSON.parse(body) as {
      resourceSpans: [{ scopeSpans: [{ spans: { name: string }[] }] }];
    };
    sent.push({ url, names: resourceSpans[0].scopeSpans[0].spans.map(({ name }) => name) });
    const status = answer(sent.length);
    if (status instanceof Error) throw status;
    return { status };
  };
  const own = { url: 'http://c:4318', resource, events, post, retryMs: [0, 0] };
  return {
    exporter: new OtlpExporter({ ...own, everyMs: 1, ...options }),
    events,
    sent,
    counts,
    said,
    exported: () => heard.promise,
  };
}

describe('spans', () => {
  test('are written as OTLP has them: ids in hex, times as texts of nanoseconds', () => {
    const failed = { ...span(), failed: 'no' };
    const json = JSON.parse(otlpJson([span(), failed], resource, 1_700_000_000_000)) as {
      resourceSpans: [{ resource: unknown; scopeSpans: [{ spans: Record<string, unknown>[] }] }];
    };
    const [{ resource: told, scopeSpans }] = json.resourceSpans;
    expect(told).toEqual({
      attributes: [
        { key: 'service.name', value: { stringValue: 'whisklet' } },
        { key: 'service.version', value: { stringValue: '1.2' } },
        { key: 'service.instance.id', value: { stringValue: 'host' } },
      ],
    });
    const [first, second] = scopeSpans[0].spans;
    expect(first).toEqual({
      ...{ traceId: 'a'.repeat(32), spanId: 'b'.repeat(16), parentSpanId: 'c'.repeat(16), name: 'run', kind: 1 },
      ...{ startTimeUnixNano: '1700000000001500000', endTimeUnixNano: '1700000000002250000' },
      attributes: [
        { key: 'text', value: { stringValue: 'x' } },
        { key: 'whole', value: { intValue: '3' } },
        { key: 'part', value: { doubleValue: 0.5 } },
        { key: 'yes', value: { boolValue: true } },
      ],
    });
    expect(second?.status).toEqual({ code: 2, message: 'no' });
  });

  test('go to the path of traces below the address, or to the address that names it', () => {
    expect(tracesUrl('http://c:4318/')).toBe('http://c:4318/v1/traces');
    expect(tracesUrl('https://c/otlp')).toBe('https://c/otlp/v1/traces');
    expect(tracesUrl('https://c/otlp/v1/traces')).toBe('https://c/otlp/v1/traces');
  });
});

describe('the exporter', () => {
  test('gathers spans for a while and sends them together', async () => {
    const { exporter: own, events, sent, counts, exported } = exporter(() => 200);
    for (const name of ['a', 'b']) events.spanEnded.publish(span(name));
    await exported();
    expect(sent).toEqual([{ url: 'http://c:4318/v1/traces', names: ['a', 'b'] }]);
    await own.close();
    expect(counts).toEqual({ sent: 2, dropped: 0 });
  });

  test('tells the time by the clock of the host, also when that was set after the start', async () => {
    const hour = 3_600_000;
    const body = Promise.withResolvers<string>();
    const post = async (_url: string, text: string) => {
      body.resolve(text);
      return { status: 200 };
    };
    const own = exporter(() => 200, { post, everyMs: 0, now: () => Date.now() + hour });
    const [before, began] = [Date.now(), performance.now()];
    own.events.spanEnded.publish({ ...span(), began, ended: began });
    const [, told = ''] = /"startTimeUnixNano":"(\d+)"/.exec(await body.promise) ?? [];
    expect(Math.abs(Number(told) / 1e6 - (before + hour))).toBeLessThan(1_000);
    await own.exporter.close();
  });

  test('sends what it has when it is closed, and takes nothing more', async () => {
    const { exporter: own, events, sent, counts } = exporter(() => 200, { everyMs: 60_000 });
    for (let n = 0; n < 3; n++) events.spanEnded.publish(span());
    await own.close();
    expect(sent.map(({ names }) => names.length)).toEqual([3]);
    events.spanEnded.publish(span());
    expect(counts).toEqual({ sent: 3, dropped: 1 });
  });

  test('does not hold up the end of a node for a collector that hangs', async () => {
    const events = new Events();
    let lost = 0;
    events.exported.subscribe(({ dropped }) => {
      lost += dropped;
    });
    const { promise: asked, resolve } = Promise.withResolvers<void>();
    let posts = 0;
    const post = (_url: string, _body: string, signal: AbortSignal) => {
      posts++;
      resolve();
      return new Promise<never>((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
    };
    const own = new OtlpExporter({ ...{ url: 'http://c:4318', resource, events, post }, everyMs: 0, closeMs: 0 });
    for (let n = 0; n < 600; n++) events.spanEnded.publish(span());
    await asked;
    await own.close();
    expect([posts, lost]).toEqual([1, 600]);
  });

  test('does not wait for another try for long when it is closed', async () => {
    const { promise: asked, resolve } = Promise.withResolvers<void>();
    const answer = () => {
      resolve();
      return 503;
    };
    const { exporter: own, events, sent, counts } = exporter(answer, { everyMs: 0, closeMs: 0, retryMs: [60_000] });
    events.spanEnded.publish(span());
    await asked;
    await own.close();
    expect([sent.length, counts.dropped]).toEqual([1, 1]);
  });

  test('drops what its queue has no room for, and counts it', async () => {
    const { exporter: own, events, counts } = exporter(() => 200, { queueSize: 2, everyMs: 60_000 });
    for (let n = 0; n < 5; n++) events.spanEnded.publish(span());
    expect(counts).toEqual({ sent: 0, dropped: 3 });
    await own.close();
    expect(counts.sent).toBe(2);
  });

  test('sends again what the collector could not take now, and not what it refuses', async () => {
    const later = exporter((n) => (n < 3 ? 503 : 200), { everyMs: 0 });
    later.events.spanEnded.publish(span());
    await later.exported();
    expect(later.sent).toHaveLength(3);
    await later.exporter.close();
    const never = exporter(() => 400, { everyMs: 0 });
    never.events.spanEnded.publish(span());
    await never.exported();
    expect(never.sent).toHaveLength(1);
    await never.exporter.close();
  });

  test('says once that nobody is there, and once that somebody is there again', async () => {
    const {
      exporter: own,
      events,
      said,
      exported,
    } = exporter((n) => (n > 6 ? 200 : new Error('refused')), {
      everyMs: 0,
    });
    for (let n = 0; n < 3; n++) {
      events.spanEnded.publish(span());
      await exported();
    }
    expect(said).toEqual([
      'http://c:4318/v1/traces does not take traces: refused',
      'http://c:4318/v1/traces takes traces again',
    ]);
    await own.close();
  });
});
