import { expect, test } from 'bun:test';
import { Progress, requestSpans, serverTiming } from '../../../src/api/progress.ts';
import { RunSteps } from '../../../src/model/steps.ts';

/** Times after the beginning. */
function progress(known: number, accepted: number, steps?: Partial<Record<'given' | 'initialized' | 'ended', number>>) {
  const all = new Progress();
  const at = (ms: number | undefined) => (ms === undefined ? 0 : all.began + ms);
  all.known = at(known);
  const run = steps && new RunSteps(at(accepted));
  if (run) Object.assign(run, { given: at(steps.given), initialized: at(steps.initialized), ended: at(steps.ended) });
  all.accept({ ...(run && { steps: run }) }, undefined);
  if (!run) all.accepted = at(accepted);
  return { all, timing: (now: number) => serverTiming(all, at(now)) };
}

test('a warm call tells what each step took', () => {
  const { timing } = progress(0.5, 1, { given: 1.25, ended: 3 });
  expect(timing(3.5)).toBe(
    'auth;dur=0.500, resolve;dur=0.500, wait;dur=0.250, run;dur=1.750, store;dur=0.500, total;dur=3.500',
  );
});

test('a first call tells what init took', () => {
  const { timing } = progress(1, 2, { given: 10, initialized: 30, ended: 31 });
  expect(timing(32)).toContain('wait;dur=8.000, init;dur=20.000, run;dur=1.000');
});

test('a call that has not ended, or no container yet, tells what it has behind it', () => {
  expect(progress(1, 2, { given: 4 }).timing(60)).toBe(
    'auth;dur=1.000, resolve;dur=1.000, wait;dur=2.000, total;dur=60.000',
  );
  expect(progress(1, 2, {}).timing(60)).toBe('auth;dur=1.000, resolve;dur=1.000, total;dur=60.000');
});

test('a sequence tells what all of its parts took', () => {
  expect(progress(1, 2).timing(12)).toBe('auth;dur=1.000, resolve;dur=1.000, run;dur=10.000, total;dur=12.000');
});

test('a call that nobody waits for tells what came before it was accepted', () => {
  const all = new Progress();
  all.accept(undefined, undefined);
  Object.assign(all, { known: all.began + 1, accepted: all.began + 2 });
  expect(serverTiming(all, all.began + 3)).toBe('auth;dur=1.000, resolve;dur=1.000, total;dur=3.000');
});

test('a traced request is a span around those of its steps', () => {
  const { all } = progress(1, 2, { given: 3, ended: 4 });
  const trace = {
    traceId: 'a'.repeat(32),
    spanId: 'b'.repeat(16),
    isRecorded: true,
    isSampled: true,
    began: all.began,
  };
  const route = '/api/v1/namespaces/:ns/actions/:name';
  const [auth, resolve, request] = requestSpans(all, trace, { method: 'POST', route, status: 502 });
  expect([auth?.name, resolve?.name, request?.name]).toEqual(['auth', 'resolve', `POST ${route}`]);
  expect([auth?.parentId, resolve?.parentId, request?.spanId]).toEqual([trace.spanId, trace.spanId, trace.spanId]);
  expect(request).toMatchObject({ kind: 'server', failed: 'answered 502', began: all.began });
  expect(auth?.ended).toBe(resolve?.began as number);
});
