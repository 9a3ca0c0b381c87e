import type { Annotation } from './entities.ts';
import type { Json } from './json.ts';
import { type Response, statusCodes } from './outcome.ts';

/** The record of one activation (WhiskActivation.scala). */
export interface Activation {
  readonly activationId: string;
  readonly namespace: string;
  readonly name: string;
  readonly version: string;
  readonly subject: string;
  /** Milliseconds since the epoch. */
  readonly start: number;
  /** 0 while it has no end: a trigger's record never gets one. */
  readonly end: number;
  /** Milliseconds; absent while it has no end. */
  readonly duration?: number;
  /** The activation that caused this one. */
  readonly cause?: string;
  readonly response: Response;
  readonly logs: readonly string[];
  readonly annotations: readonly Annotation[];
}

/** The `response` field as clients see it: `{"result":…,"size":…,"status":"…","success":…}`. */
export function responseJson(response: Response): string {
  const size = response.size === undefined ? '' : `,"size":${response.size}`;
  return `{"result":${response.result}${size},"status":"${response.status}","success":${response.status === 'success'}}`;
}

/**
 * The record as clients see it, keys sorted as OpenWhisk sorts them. It is put together as text around the
 * result, which is already JSON and may be large.
 */
export function activationJson(activation: Activation): string {
  const { activationId, annotations, cause, duration, end, logs, name, namespace, start, subject, version } =
    activation;
  return (
    `{"activationId":"${activationId}","annotations":${JSON.stringify(annotations)}` +
    (cause === undefined ? '' : `,"cause":"${cause}"`) +
    (duration === undefined ? '' : `,"duration":${duration}`) +
    (end === 0 ? '' : `,"end":${end}`) +
    `,"logs":${logs.length === 0 ? '[]' : JSON.stringify(logs)},"name":${JSON.stringify(name)},"namespace":${JSON.stringify(namespace)}` +
    `,"publish":false,"response":${responseJson(activation.response)},"start":${start}` +
    `,"subject":${JSON.stringify(subject)},"version":"${version}"}`
  );
}

/** What lists show of a record: no result, no logs (the `activations` view, which has no subject either). */
export type ActivationSummary = Omit<Activation, 'response' | 'logs' | 'subject'> & {
  readonly subject?: string;
  readonly statusCode: 0 | 1 | 2 | 3;
};

export function summarize(activation: Activation): ActivationSummary {
  const { response, logs: _logs, ...rest } = activation;
  return { ...rest, statusCode: statusCodes[response.status] };
}

/** One row of a list; `end`, `duration` and `statusCode` only when it has ended. */
export function summaryJson(summary: ActivationSummary): Json {
  const { activationId, annotations, cause, duration, end, name, namespace, start, statusCode, subject, version } =
    summary;
  return {
    activationId,
    annotations: annotations.map(({ key, value }) => ({ key, value })),
    ...(cause === undefined ? {} : { cause }),
    ...(end === 0 ? {} : { duration: duration ?? end - start, end }),
    name,
    namespace,
    publish: false,
    start,
    ...(end === 0 ? {} : { statusCode }),
    ...(subject === undefined ? {} : { subject }),
    version,
  };
}
