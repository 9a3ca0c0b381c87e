/** Trace contexts of W3C (https://www.w3.org/TR/trace-context/) and the spans that they tie together. Pure but for chance and time. */

/** Where in a trace something happens: `spanId` is the span that it belongs to. Plain data. */
export interface Trace {
  /** 32 lower-case hex digits. */
  readonly traceId: string;
  /** 16 lower-case hex digits. */
  readonly spanId: string;
  readonly parentId?: string;
  /** Whether spans of it are told of. If not, the caller's context is only handed on. */
  readonly isRecorded: boolean;
  /** What those who are called next are told: the caller wants it recorded, or we do. */
  readonly isSampled: boolean;
  /** What other systems want to be handed on. */
  readonly state?: string;
  /** When the span began, in milliseconds of `performance.now()`. */
  readonly began: number;
}

/** A part of the way of a call, with its beginning and its end in milliseconds of `performance.now()`. */
export interface Span {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentId?: string;
  readonly name: string;
  /** `server` for the request, `internal` for what is done for it. */
  readonly kind: 'server' | 'internal';
  readonly began: number;
  readonly ended: number;
  readonly attributes: Readonly<Record<string, string | number | boolean>>;
  /** What went wrong. */
  readonly failed?: string;
}

/** A context as a client sends it. */
export interface RemoteTrace {
  readonly traceId: string;
  readonly spanId: string;
  readonly isSampled: boolean;
}

const PARENT = /^([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?$/;
const NOTHING = /^0+$/;
const STATE_BYTES = 512;

/** Reads `00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01`; undefined for what the specification tells us to ignore. */
export function parseTraceparent(header: string): RemoteTrace | undefined {
  const [, version = '', traceId = '', spanId = '', flags = '', more] = PARENT.exec(header.trim()) ?? [];
  if (version === '' || version === 'ff' || NOTHING.test(traceId) || NOTHING.test(spanId)) return undefined;
  // Versions to come may say more behind it; this one does not.
  if (version === '00' && more !== undefined) return undefined;
  return { traceId, spanId, isSampled: (Number.parseInt(flags, 16) & 1) === 1 };
}

/** What may be handed on as `tracestate`: one line of visible characters, not too long. */
export function readTracestate(header: string | null): string | undefined {
  return header !== null && /^[\x20-\x7e]+$/.test(header) && header.length <= STATE_BYTES ? header : undefined;
}

/** As whoever is called next gets it. */
export function traceparentOf({ traceId, spanId, isSampled }: Trace): string {
  return `00-${traceId}-${spanId}-${isSampled ? '01' : '00'}`;
}

/** A new span inside of this one. Where nothing is told of, the caller's own context stays. */
export function childOf(trace: Trace): Trace {
  if (!trace.isRecorded) return trace;
  return { ...trace, spanId: newSpanId(), parentId: trace.spanId, began: performance.now() };
}

/** A part of a span that has none of its own inside. */
export function partOf({ traceId, spanId }: Trace, name: string, began: number, ended: number): Span {
  return { traceId, spanId: newSpanId(), parentId: spanId, name, kind: 'internal', began, ended, attributes: {} };
}

/** The span itself, which ends now. */
export function ended(trace: Trace, span: Pick<Span, 'name' | 'kind' | 'attributes' | 'failed'>): Span {
  const { traceId, spanId, parentId, began } = trace;
  return { traceId, spanId, ...(parentId !== undefined && { parentId }), ...span, began, ended: performance.now() };
}

export function newSpanId(): string {
  return randomHex(8);
}

export function newTraceId(): string {
  return randomHex(16);
}

function randomHex(bytes: number): string {
  return crypto.getRandomValues(Buffer.allocUnsafe(bytes)).toString('hex');
}
