import { hear } from '../process/lines.ts';
import { openWire, talk } from './wire.ts';

/**
 * The floor of a whole call in one chain: the bare server, which has each value echoed by a child before it answers. Three
 * processes follow each other as in a real call. For one request at a time. A program of its own:
 * `chain-server.ts pipe|attach` prints its port.
 */
const { wire, close } = await openWire(process.argv[2]);
let answered: (value: string) => void = () => undefined;
const send = talk(wire, (value) => answered(value));

const server = Bun.serve({
  hostname: '127.0.0.1',
  port: 0,
  // A connection rests while other things are measured.
  idleTimeout: 0,
  async fetch(request) {
    const text = JSON.stringify(JSON.parse(await request.text()));
    const { promise, resolve } = Promise.withResolvers<string>();
    answered = resolve;
    send(text);
    return new Response(await promise, { headers: { 'Content-Type': 'application/json' } });
  },
});
console.log(server.port);
hear(async () => {
  await server.stop(true);
  await close();
});
