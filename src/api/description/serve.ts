import type { Context, Hono } from 'hono';
import { CORS_HEADERS, TRANSACTION_HEADER } from '../call.ts';
import { transactionIdOf } from '../door.ts';
import { type Described, describeApi } from './description.ts';
import { PAGE_POLICY, type PageFile, pageFiles } from './page-files.ts';

/**
 * The description and its page, where OpenWhisk has its swagger: below the API and at the root. Open to all. The document is
 * made when it is first asked for.
 *
 * @param json how the app answers JSON
 */
export function serveDescription(
  app: Hono,
  described: Described,
  json: (context: Context, body: string, headers: Record<string, string>) => Response,
): void {
  let document: string | undefined;
  const text = () => {
    document ??= JSON.stringify(describeApi(described));
    return document;
  };
  for (const base of ['', '/api/v1']) {
    const url = `index.html?url=${base}/api-docs`;
    for (const slash of ['', '/']) {
      app.get(`${base}/api-docs${slash}`, (context) => json(context, text(), CORS_HEADERS));
      app.get(`${base}/docs${slash}`, (context) => moved(context, slash === '' ? `docs/${url}` : url));
    }
    for (const [name, file] of Object.entries(pageFiles))
      app.get(`${base}/docs/${name}`, (context) => page(context, file));
  }
}

function moved(context: Context, location: string): Response {
  const headers = { Location: location, [TRANSACTION_HEADER]: transactionIdOf(context) };
  return new Response(null, { status: 308, headers });
}

function page(context: Context, { type, from }: PageFile): Response {
  const headers = {
    'Content-Type': type,
    'Content-Security-Policy': PAGE_POLICY,
    'X-Content-Type-Options': 'nosniff',
    'Cache-Control': 'max-age=3600',
    [TRANSACTION_HEADER]: transactionIdOf(context),
  };
  return new Response('text' in from ? from.text : Bun.file(from.path), { headers });
}
