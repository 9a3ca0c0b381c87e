import { hear } from '../process/lines.ts';

/**
 * The floor of HTTP: a server that parses the JSON that it is sent and answers it, and does nothing else. A program
 * of its own: `bare-server.ts [port]` prints its port.
 */
const server = Bun.serve({
  hostname: '127.0.0.1',
  port: Number(process.argv[2] ?? 0),
  // A connection rests while other things are measured.
  idleTimeout: 0,
  async fetch(request) {
    const value = JSON.parse(await request.text());
    return new Response(JSON.stringify(value), { headers: { 'Content-Type': 'application/json' } });
  },
});
console.log(server.port);
hear(() => undefined);
