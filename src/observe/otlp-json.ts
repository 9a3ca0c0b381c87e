import type { Span } from './trace.ts';

export interface Resource {
  readonly version: string;
  /** Tells nodes apart: the host's name. */
  readonly instance: string;
}

/** Span kinds and status codes of OpenTelemetry (opentelemetry-proto, trace.proto). */
const KIND = { internal: 1, server: 2 } as const;
const STATUS_ERROR = 2;

/**
 * Spans as OTLP's JSON (https://opentelemetry.io/docs/specs/otlp/#json-protobuf-encoding): ids in hex, 64-bit numbers as texts. Pure.
 *
 * @param epochMs the time at which `performance.now()` was 0
 */
export function otlpJson(spans: readonly Span[], { version, instance }: Resource, epochMs: number): string {
  const resource = { 'service.name': 'whisklet', 'service.version': version, 'service.instance.id': instance };
  return JSON.stringify({
    resourceSpans: [
      {
        resource: { attributes: attributesOf(resource) },
        scopeSpans: [{ scope: { name: 'whisklet', version }, spans: spans.map((span) => spanOf(span, epochMs)) }],
      },
    ],
  });
}

function spanOf({ traceId, spanId, parentId, name, kind, began, ended, attributes, failed }: Span, epochMs: number) {
  return {
    ...{ traceId, spanId, parentSpanId: parentId, name, kind: KIND[kind] },
    startTimeUnixNano: nanoseconds(epochMs + began),
    endTimeUnixNano: nanoseconds(epochMs + ended),
    attributes: attributesOf(attributes),
    ...(failed !== undefined && { status: { code: STATUS_ERROR, message: failed } }),
  };
}

/** A double holds microseconds of today, and no more. */
function nanoseconds(ms: number): string {
  return `${Math.round(ms * 1_000)}000`;
}

function attributesOf(all: Span['attributes']) {
  return Object.entries(all).map(([key, value]) => ({ key, value: typed(value) }));
}

function typed(value: string | number | boolean) {
  switch (typeof value) {
    case 'string':
      return { stringValue: value };
    case 'boolean':
      return { boolValue: value };
    default:
      return Number.isInteger(value) ? { intValue: String(value) } : { doubleValue: value };
  }
}
