import { expect, test } from 'bun:test';
import { Events } from '../../../src/observe/events.ts';
import { Metrics } from '../../../src/observe/metrics.ts';

const pool = {
  ...{ memoryTotal: 1024, memoryUsed: 256, active: 1, waiting: 2, waits: 7 },
  ...{ starts: { cold: 1, prewarmed: 2, warm: 3 }, ends: { evicted: 4 }, byKind: { 'nodejs:20': { busy: 1 } } },
};

const ended = {
  ...{
    activationId: 'x',
    namespace: 'guest',
    action: 'guest/a',
    kind: 'nodejs:20',
    memory: 256,
    start: 'cold' as const,
  },
  ...{ status: 'application error', waitMs: 3, initMs: 20, durationMs: 30, resultBytes: 100 },
};

test('activations are counted under the names of OpenWhisk’s user events (MET-11, TRAP-08)', async () => {
  const events = new Events();
  const metrics = new Metrics(events, () => pool);
  events.activationEnded.publish(ended);
  events.activationEnded.publish({ ...ended, status: 'success', start: 'warm', initMs: undefined });
  const text = await metrics.text();
  const labels = 'namespace="guest",initiator="guest",action="guest/a"';
  for (const line of [
    `openwhisk_action_activations_total{${labels},kind="nodejs:20",memory="256"} 2`,
    `openwhisk_action_coldStarts_total{${labels}} 1`,
    `openwhisk_action_status{${labels},status="application_error"} 1`,
    `openwhisk_action_status{${labels},status="success"} 1`,
    `openwhisk_action_memory{${labels}} 268435456`,
    `openwhisk_action_waitTime_seconds_bucket{${labels},le="0.0025"} 0`,
    `openwhisk_action_waitTime_seconds_bucket{${labels},le="0.005"} 2`,
    `openwhisk_action_waitTime_seconds_bucket{${labels},le="+Inf"} 2`,
    `openwhisk_action_initTime_seconds_count{${labels}} 1`,
    `openwhisk_action_duration_seconds_sum{${labels}} 0.06`,
    `openwhisk_action_response_size_bytes_bucket{${labels},le="128"} 2`,
  ]) {
    expect(text.split('\n')).toContain(line);
  }
});

test('the pool is asked when somebody looks (EP-04, INV-14, MET-03)', async () => {
  const text = await new Metrics(new Events(), () => pool).text();
  for (const line of [
    'whisklet_pool_memory_bytes 1073741824',
    'whisklet_pool_waiting 2',
    'whisklet_pool_waits_total 7',
    'whisklet_pool_starts_total{start="prewarmed"} 2',
    'whisklet_pool_ends_total{reason="evicted"} 4',
    'whisklet_pool_containers{kind="nodejs:20",state="busy"} 1',
  ]) {
    expect(text.split('\n')).toContain(line);
  }
});

test('requests are timed by method and status (MET-08)', async () => {
  const events = new Events();
  const metrics = new Metrics(events, () => pool);
  events.answered.publish({ method: 'GET', status: 200, ms: 2 });
  const lines = (await metrics.text()).split('\n');
  expect(lines).toContain('http_request_duration_seconds_bucket{method="GET",status="200",le="0.001"} 0');
  expect(lines).toContain('http_request_duration_seconds_count{method="GET",status="200"} 1');
});

test('the steps of calls are timed, from those of microseconds on', async () => {
  const events = new Events();
  const metrics = new Metrics(events, () => pool);
  const status = { method: 'POST', status: 200, ms: 2 };
  events.answered.publish({ ...status, authMs: 0.004, resolveMs: 0.03 });
  events.answered.publish(status);
  // A warm run, a first one, and one that no container ever had.
  events.activationEnded.publish({ ...ended, steps: { accepted: 10, given: 10.02, initialized: 0, ended: 10.08 } });
  events.activationEnded.publish({ ...ended, steps: { accepted: 20, given: 25, initialized: 40, ended: 41 } });
  events.activationEnded.publish({ ...ended, steps: { accepted: 30, given: 0, initialized: 0, ended: 0 } });
  events.stored.publish({ ms: 20 });
  const lines = (await metrics.text()).split('\n');
  for (const line of [
    'whisklet_step_seconds_bucket{step="auth",le="0.000005"} 1',
    'whisklet_step_seconds_count{step="auth"} 1',
    'whisklet_step_seconds_bucket{step="resolve",le="0.00005"} 1',
    'whisklet_step_seconds_count{step="wait"} 2',
    'whisklet_step_seconds_bucket{step="wait",le="0.000025"} 1',
    'whisklet_step_seconds_count{step="init"} 1',
    'whisklet_step_seconds_bucket{step="init",le="0.025"} 1',
    'whisklet_step_seconds_bucket{step="run",le="0.0001"} 1',
    'whisklet_step_seconds_count{step="run"} 2',
    'whisklet_step_seconds_count{step="store"} 1',
  ]) {
    expect(lines).toContain(line);
  }
});

test('spans that went away and that were dropped are counted', async () => {
  const events = new Events();
  const metrics = new Metrics(events, () => pool);
  events.exported.publish({ sent: 5, dropped: 0 });
  events.exported.publish({ sent: 1, dropped: 2 });
  const lines = (await metrics.text()).split('\n');
  expect(lines).toContain('whisklet_trace_spans_total{outcome="sent"} 6');
  expect(lines).toContain('whisklet_trace_spans_total{outcome="dropped"} 2');
});

test('a store that nodes share says whether it is there, and how much waits for it', async () => {
  const store = { away: undefined as string | undefined, waiting: 0 };
  const metrics = new Metrics(
    new Events(),
    () => pool,
    undefined,
    undefined,
    () => store,
  );
  expect(await metrics.text()).toContain('\nwhisklet_store_up 1\n');
  Object.assign(store, { away: 'it refuses', waiting: 7 });
  const text = await metrics.text();
  expect(text).toContain('\nwhisklet_store_up 0\n');
  expect(text).toContain('\nwhisklet_store_waiting_records 7\n');
  expect(await new Metrics(new Events(), () => pool).text()).not.toContain('whisklet_store');
});

test('of actions that come and go the ones that are still called stay counted, and the others are forgotten', async () => {
  const events = new Events();
  const metrics = new Metrics(events, () => pool);
  const call = (action: string) => events.activationEnded.publish({ ...ended, action });
  for (let n = 0; n < 10_000; n++) {
    call(`guest/${n}`);
    call('guest/always');
  }
  const counted = (await metrics.text())
    .split('\n')
    .filter((line) => line.startsWith('openwhisk_action_activations_total'));
  expect(counted.length).toBeLessThanOrEqual(2_000);
  expect(counted.some((line) => line.includes('"guest/9999"'))).toBe(true);
  const always = counted.find((line) => line.includes('"guest/always"'));
  expect(Number(always?.split(' ').at(-1))).toBeGreaterThan(7_000);
});
