import { newSpanId, newTraceId, parseTraceparent, readTracestate, type Trace } from './trace.ts';

export interface TracesOptions {
  /** Whether spans are told of at all: somebody is there to take them. */
  readonly isOn: boolean;
  /** The share (0…1) of calls that are told of, of those that bring no context of their own. */
  readonly share: number;
  /** 0…1. */
  readonly random: () => number;
}

/** Decides which calls are traced: those whose caller wants it, and a share of those whose caller says nothing. */
export class Traces {
  readonly #options: TracesOptions;

  constructor(options: TracesOptions) {
    this.#options = options;
  }

  /**
   * The trace of a request, with a span for it; undefined when there is none. What a caller brings is handed on even when
   * nothing is told of here.
   *
   * @param began in milliseconds of `performance.now()`
   */
  begin(headers: Headers, began: number): Trace | undefined {
    const { isOn, share, random } = this.#options;
    const header = headers.get('traceparent');
    const remote = header === null ? undefined : parseTraceparent(header);
    if (remote) {
      const { traceId, spanId, isSampled } = remote;
      const state = readTracestate(headers.get('tracestate'));
      const known = { traceId, isSampled, began, ...(state !== undefined && { state }) };
      if (isOn && isSampled) return { ...known, spanId: newSpanId(), parentId: spanId, isRecorded: true };
      return { ...known, spanId, isRecorded: false };
    }
    if (!isOn || random() >= share) return undefined;
    return { traceId: newTraceId(), spanId: newSpanId(), isRecorded: true, isSampled: true, began };
  }
}
