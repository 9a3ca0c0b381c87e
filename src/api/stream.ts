import type { LiveEvent } from '../invocation/live.ts';
import type { ActivationRecords, Watched } from '../invocation/records.ts';
import { type Activation, activationJson } from '../model/activation.ts';
import { type Call, CORS_HEADERS, TRANSACTION_HEADER } from './call.ts';

export interface StreamQuery extends Watched {
  /** Records that began since then are sent first, in milliseconds since the epoch. */
  readonly since?: number;
}

const KEEP_ALIVE_MS = 15_000;
/** A client that lets so many events lie is cut off; it can come back with `since`. */
const MAX_BEHIND = 10_000;
const REPLAYED = 200;

/**
 * `GET …/activations?stream=true`: server-sent events, as they come.
 *
 *     event: log          data: {"activationId": …, "name": …, "line": …}
 *     event: activation   data: the record, with the activation's id as the event's
 *
 * Lines come while the action runs, its record when it has ended. Every record is sent once.
 */
export function activationStream(call: Call, records: ActivationRecords, query: StreamQuery): Response {
  const encoder = new TextEncoder();
  let stop: () => void = () => undefined;
  const body = new ReadableStream<Uint8Array>(
    {
      async start(controller) {
        const send = (text: string) => {
          if ((controller.desiredSize ?? 0) < -MAX_BEHIND) return end();
          controller.enqueue(encoder.encode(text));
        };
        const end = () => {
          stop();
          controller.close();
        };
        // What comes while the past is read waits, so that nothing is missed and nothing comes twice.
        let waiting: LiveEvent[] | undefined = [];
        const sent = new Set<string>();
        const tell = (event: LiveEvent) => {
          if (waiting) waiting.push(event);
          else send(eventText(event));
        };
        const unlisten = records.listen(query, tell);
        const keepAlive = setInterval(() => send(': still here\n\n'), KEEP_ALIVE_MS);
        stop = () => {
          unlisten();
          clearInterval(keepAlive);
        };
        send('retry: 1000\n\n');
        for (const activation of await past(records, query)) {
          sent.add(activation.activationId);
          send(eventText({ type: 'activation', activation }));
        }
        const meanwhile = waiting.filter((event) => event.type === 'log' || !sent.has(event.activation.activationId));
        waiting = undefined;
        for (const event of meanwhile) tell(event);
      },
      cancel: () => stop(),
    },
    new CountQueuingStrategy({ highWaterMark: 1 }),
  );
  return new Response(body, {
    headers: {
      ...CORS_HEADERS,
      'Cache-Control': 'no-store',
      'Content-Type': 'text/event-stream',
      [TRANSACTION_HEADER]: call.transactionId,
    },
  });
}

/** Oldest first. */
async function past(records: ActivationRecords, query: StreamQuery): Promise<Activation[]> {
  const { namespace, name, since } = query;
  if (since === undefined) return [];
  const named = name === undefined ? {} : { name };
  return (await records.news({ namespace, ...named, since, skip: 0, limit: REPLAYED })).reverse();
}

function eventText(event: LiveEvent): string {
  if (event.type === 'activation') {
    return `event: activation\nid: ${event.activation.activationId}\ndata: ${activationJson(event.activation)}\n\n`;
  }
  const { activationId, name, line } = event;
  return `event: log\ndata: ${JSON.stringify({ activationId, name, line })}\n\n`;
}
