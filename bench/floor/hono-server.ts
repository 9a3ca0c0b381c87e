import { Hono } from 'hono';
import { hear } from '../process/lines.ts';

/** The floor of throughput: what the bare server does, behind one route of Hono. A program of its own; prints its port. */
const app = new Hono();
app.post('/api/v1/namespaces/:namespace/actions/:name', async (context) => {
  const value = JSON.parse(await context.req.text());
  return new Response(JSON.stringify(value), { headers: { 'Content-Type': 'application/json' } });
});
const server = Bun.serve({ hostname: '127.0.0.1', port: 0, idleTimeout: 0, fetch: app.fetch });
console.log(server.port);
hear(() => undefined);
