import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { TestNode } from '../util/node.ts';
import { until } from '../util/until.ts';

/** A collector of OpenTelemetry that keeps what it is sent. */
interface Told {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly name: string;
  readonly startTimeUnixNano: string;
  readonly endTimeUnixNano: string;
  readonly status?: { readonly code: number };
}

const spans: Told[] = [];
const paths = new Set<string>();
const senders = new Set<string | null>();
let isFull = false;
const collector = Bun.serve({
  hostname: '127.0.0.1',
  port: 0,
  async fetch(request) {
    if (isFull) return new Response('no room', { status: 400 });
    senders.add(request.headers.get('authorization'));
    paths.add(`${request.method} ${new URL(request.url).pathname} ${request.headers.get('content-type')}`);
    const { resourceSpans } = (await request.json()) as { resourceSpans: { scopeSpans: { spans: Told[] }[] }[] };
    for (const { scopeSpans } of resourceSpans) for (const each of scopeSpans) spans.push(...each.spans);
    return new Response('{}');
  },
});
const otlp = `http://edge:p%40ss@127.0.0.1:${collector.port}`;
const node = new TestNode({ args: ['--otlp', otlp, '--otlp-percent', '0'] });
const plain = new TestNode();
beforeAll(async () => {
  await Promise.all([node.start(), plain.start()]);
});
afterAll(async () => {
  await Promise.all([node.end(), plain.end()]);
  await collector.stop(true);
});

const CODE =
  'function main() { return { trace: process.env.__OW_TRACEPARENT || "", state: process.env.__OW_TRACESTATE || "" }; }';
let traces = 0;
const newTrace = () => (++traces).toString(16).padStart(32, '0');
const parent = '00f067aa0ba902b7';
const of = (traceId: string) => spans.filter((each) => each.traceId === traceId);
const childrenOf = (traceId: string, spanId: string | undefined) =>
  of(traceId).filter(({ parentSpanId }) => parentSpanId === spanId);
const named = (traceId: string, name: string) => of(traceId).find((each) => each.name === name);
const call = (to: TestNode, path: string, traceId: string, flags = '01') =>
  to.ask('POST', path, { body: {}, headers: { traceparent: `00-${traceId}-${parent}-${flags}`, tracestate: 'v=1' } });

describe('a traced call (MET-13)', () => {
  test('is told of as spans inside of its caller’s, down to the action that is told its own', async () => {
    await node.put('hello', CODE);
    const traceId = newTrace();
    const { json } = await call(node, 'actions/hello?blocking=true&result=true', traceId);
    await until('the spans came', () => named(traceId, 'store') !== undefined);
    expect([...paths]).toEqual(['POST /v1/traces application/json']);

    const [request] = childrenOf(traceId, parent);
    expect(request?.name).toMatch(/^POST .*actions/);
    const inside = childrenOf(traceId, request?.spanId).map(({ name }) => name);
    expect(inside.sort()).toEqual(['auth', 'invoke guest/hello', 'resolve']);
    const invoke = named(traceId, 'invoke guest/hello');
    const steps = childrenOf(traceId, invoke?.spanId).map(({ name }) => name);
    expect(steps.sort()).toEqual(['init', 'run', 'store', 'wait']);
    expect(json).toEqual({ trace: `00-${traceId}-${invoke?.spanId}-01`, state: 'v=1' });

    for (const { startTimeUnixNano, endTimeUnixNano } of of(traceId)) {
      expect(BigInt(endTimeUnixNano)).toBeGreaterThanOrEqual(BigInt(startTimeUnixNano));
      expect(Math.abs(Number(BigInt(startTimeUnixNano) / 1_000_000n) - Date.now())).toBeLessThan(60_000);
    }
  });

  test('of a sequence is told of with its parts inside', async () => {
    await node.put('one', CODE);
    const exec = { kind: 'sequence', components: ['/_/one', '/_/one'] };
    await node.ask('PUT', 'actions/two?overwrite=true', { body: { exec } });
    const traceId = newTrace();
    await call(node, 'actions/two?blocking=true', traceId);
    await until('the spans came', () => childrenOf(traceId, named(traceId, 'invoke guest/two')?.spanId).length >= 2);
    const parts = childrenOf(traceId, named(traceId, 'invoke guest/two')?.spanId).map(({ name }) => name);
    expect(parts).toEqual(['invoke guest/one', 'invoke guest/one']);
  });

  test('that fires a trigger is told of with what its rules began', async () => {
    await node.put('ruled', CODE);
    await node.ask('PUT', 'triggers/t', { body: {} });
    await node.ask('PUT', 'rules/r', { body: { trigger: '/_/t', action: '/_/ruled' } });
    const traceId = newTrace();
    expect((await call(node, 'triggers/t', traceId)).status).toBe(202);
    await until(
      'the spans came',
      () => named(traceId, 'run') !== undefined && named(traceId, 'invoke guest/t') !== undefined,
    );
    const fire = named(traceId, 'invoke guest/t');
    expect(childrenOf(traceId, fire?.spanId).map(({ name }) => name)).toContain('invoke guest/ruled');
  });

  test('that nobody waits for is told of to its end', async () => {
    await node.put('later', CODE);
    const traceId = newTrace();
    expect((await call(node, 'actions/later', traceId)).status).toBe(202);
    await until('the spans came', () => named(traceId, 'invoke guest/later') !== undefined);
    expect(named(traceId, 'run')).toBeDefined();
  });

  test('of a web action is told of too, and one that fails is marked', async () => {
    const annotations = [{ key: 'web-export', value: true }];
    await node.put('page', 'function main() { throw new Error("no"); }', { annotations });
    const traceId = newTrace();
    await call(node, '/api/v1/web/guest/default/page', traceId);
    await until('the spans came', () => named(traceId, 'invoke guest/page') !== undefined);
    expect(named(traceId, 'invoke guest/page')?.status).toMatchObject({ code: 2 });
  });

  test('whose caller does not want it is not told of, but handed on', async () => {
    await node.put('unwanted', CODE);
    const traceId = newTrace();
    const { json } = await call(node, 'actions/unwanted?blocking=true&result=true', traceId, '00');
    expect(json.trace).toBe(`00-${traceId}-${parent}-00`);
    const next = newTrace();
    await call(node, 'actions/unwanted?blocking=true&result=true', next);
    await until('the spans came', () => named(next, 'store') !== undefined);
    expect(of(traceId)).toEqual([]);
  });
});

describe('a collector that asks who sends', () => {
  test('is told, and the log is not', async () => {
    expect([...senders]).toEqual([`Basic ${btoa('edge:p@ss')}`]);
    isFull = true;
    await node.put('untold', CODE);
    await call(node, 'actions/untold?blocking=true', newTrace());
    const { out, err } = await node.stop();
    expect(out + err).toContain(`http://127.0.0.1:${collector.port}/v1/traces does not take traces: it answers 400`);
    expect(out + err).not.toMatch(/p%40ss|p@ss/);
  });
});

describe('a node without a collector', () => {
  test('hands a trace on to the action as it came, and takes it back', async () => {
    await plain.put('hello', CODE);
    const traceId = newTrace();
    const traced = await call(plain, 'actions/hello?blocking=true&result=true', traceId);
    expect(traced.json).toEqual({ trace: `00-${traceId}-${parent}-01`, state: 'v=1' });
    const untraced = await plain.ask('POST', 'actions/hello?blocking=true&result=true', { body: {} });
    expect(untraced.json).toEqual({ trace: '', state: '' });
  });

  test('tells who asks what each step took, and nobody else', async () => {
    await plain.put('timed', CODE);
    const ask = (headers: Record<string, string>) =>
      plain.ask('POST', 'actions/timed?blocking=true', { body: {}, headers });
    const first = await ask({ 'x-whisklet-timing': '1' });
    expect(first.headers.get('server-timing')).toMatch(
      /^auth;dur=[\d.]+, resolve;dur=[\d.]+, wait;dur=[\d.]+, init;dur=[\d.]+, run;dur=[\d.]+, store;dur=[\d.]+, total;dur=[\d.]+$/,
    );
    const warm = await ask({ 'x-whisklet-timing': '1' });
    expect(warm.headers.get('server-timing')).not.toContain('init');
    expect((await ask({})).headers.get('server-timing')).toBeNull();
  });

  test('has the steps of all calls in its metrics', async () => {
    await until('the record is durable', async () =>
      /step_seconds_count\{step="store"\} [1-9]/.test((await plain.ask('GET', '/metrics')).text),
    );
    const { text } = await plain.ask('GET', '/metrics');
    for (const step of ['auth', 'resolve', 'wait', 'init', 'run', 'store']) {
      expect(text).toMatch(new RegExp(`^whisklet_step_seconds_count\\{step="${step}"\\} [1-9]`, 'm'));
    }
  });
});
