import { describe, expect, test } from 'bun:test';
import { childOf, parseTraceparent, readTracestate, traceparentOf } from '../../../src/observe/trace.ts';
import { Traces } from '../../../src/observe/traces.ts';

const traceId = '4bf92f3577b34da6a3ce929d0e0e4736';
const spanId = '00f067aa0ba902b7';
const parent = `00-${traceId}-${spanId}-01`;
const headers = (traceparent?: string, tracestate?: string) =>
  new Headers({ ...(traceparent && { traceparent }), ...(tracestate && { tracestate }) });
const traces = (isOn: boolean, share = 1, random = () => 0.5) => new Traces({ isOn, share, random });

describe('a traceparent', () => {
  test('is read as the specification has it', () => {
    expect(parseTraceparent(parent)).toEqual({ traceId, spanId, isSampled: true });
    expect(parseTraceparent(`00-${traceId}-${spanId}-00`)?.isSampled).toBe(false);
    expect(parseTraceparent(`cc-${traceId}-${spanId}-03-and-more`)?.isSampled).toBe(true);
  });

  test('that the specification wants ignored is ignored', () => {
    for (const header of [
      '',
      'x',
      parent.toUpperCase(),
      `${parent}-more`,
      `ff-${traceId}-${spanId}-01`,
      `00-${'0'.repeat(32)}-${spanId}-01`,
      `00-${traceId}-${'0'.repeat(16)}-01`,
      `00-${traceId}-${spanId}`,
    ]) {
      expect(parseTraceparent(header)).toBeUndefined();
    }
  });

  test('comes with a tracestate, when that is one line and not too long', () => {
    expect(readTracestate('a=1,b=2')).toBe('a=1,b=2');
    expect([null, '', 'a=\n', 'x'.repeat(513)].map(readTracestate)).toEqual([
      undefined,
      undefined,
      undefined,
      undefined,
    ]);
  });
});

describe('a call', () => {
  test('that brings a context is a span of it, and hands on its own', () => {
    const trace = traces(true).begin(headers(parent, 'a=1'), 5);
    if (!trace) throw new Error('it is not traced');
    expect(trace).toMatchObject({ traceId, parentId: spanId, isRecorded: true, state: 'a=1', began: 5 });
    const child = childOf(trace);
    expect(child).toMatchObject({ traceId, parentId: trace.spanId, state: 'a=1' });
    expect(traceparentOf(child)).toBe(`00-${traceId}-${child.spanId}-01`);
    expect(new Set([spanId, trace.spanId, child.spanId]).size).toBe(3);
  });

  test('whose context nobody records hands it on as it came', () => {
    const off = traces(false).begin(headers(parent), 0);
    expect(off && traceparentOf(childOf(off))).toBe(parent);
    const unwanted = traces(true).begin(headers(`00-${traceId}-${spanId}-00`), 0);
    expect(unwanted?.isRecorded).toBe(false);
    expect(unwanted && traceparentOf(unwanted)).toBe(`00-${traceId}-${spanId}-00`);
  });

  test('without a context is traced by chance, when somebody takes traces', () => {
    expect(traces(true, 0.6).begin(headers(), 0)).toMatchObject({ isRecorded: true, isSampled: true });
    expect(traces(true, 0.6).begin(headers('nonsense'), 0)?.traceId).toMatch(/^[0-9a-f]{32}$/);
    expect(traces(true, 0.4).begin(headers(), 0)).toBeUndefined();
    expect(traces(false, 1).begin(headers(), 0)).toBeUndefined();
  });
});
