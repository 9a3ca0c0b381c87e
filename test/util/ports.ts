/** Below the ports that the system gives to outgoing connections (`ip_local_port_range`), so that no client gets one of these meanwhile. */
const [FIRST, COUNT] = [20_000, 12_000];

/** A port that nobody listens on now, on any address; it is still free when a program that is told of it has started. */
export function freePort(): number {
  const [port] = freePorts(1);
  return port as number;
}

/** As many, each another one. */
export function freePorts(count: number): number[] {
  const held: Bun.TCPSocketListener[] = [];
  while (held.length < count) {
    const port = FIRST + Math.floor(Math.random() * COUNT);
    try {
      held.push(Bun.listen({ hostname: '0.0.0.0', port, socket: { data: () => undefined } }));
    } catch {
      // Somebody has it.
    }
  }
  const ports = held.map(({ port }) => port);
  for (const listener of held) listener.stop(true);
  return ports;
}
