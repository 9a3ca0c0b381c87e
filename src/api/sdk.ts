import type { Context, Hono } from 'hono';
import { TRANSACTION_HEADER } from './call.ts';
import { transactionIdOf } from './door.ts';

/** Where OpenWhisk has published its skeleton of a Docker action. */
const SKELETON =
  'https://github.com/apache/openwhisk-runtime-docker/releases/download/sdk%400.1.0/blackbox-0.1.0.tar.gz';

/** `wsk sdk install docker` asks here, and is sent on to OpenWhisk's release, as OpenWhisk's edge does (nginx.conf.j2). */
export function serveSdk(app: Hono): void {
  app.get('/blackbox.tar.gz', (context: Context) => {
    const headers = { Location: SKELETON, [TRANSACTION_HEADER]: transactionIdOf(context) };
    return new Response(null, { status: 301, headers });
  });
}
