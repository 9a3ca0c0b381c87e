import { fstatSync } from 'node:fs';

/**
 * Hands over what comes on a descriptor, by events: between runs the user's timers and sockets go on.
 * Each engine is asked in the way that is fastest there. A local sandbox gives us a socket, Docker a pipe.
 */
export function listen(fd: number, take: (chunk: Uint8Array) => void, end: () => void): void {
  if (process.versions.bun) {
    const reading = fstatSync(fd).isSocket() ? readSocket(fd, take, end) : readPipe(fd, take).then(end);
    reading.catch(end);
    return;
  }
  const { Socket } = require('node:net') as typeof import('node:net');
  const socket = new Socket({ fd, readable: true, writable: false });
  socket.on('data', take);
  socket.on('close', end);
}

async function readSocket(fd: number, take: (chunk: Uint8Array) => void, end: () => void): Promise<void> {
  const options: Bun.FdSocketOptions = { fd, socket: { data: (_socket, chunk) => take(chunk), close: end } };
  // Bun's types describe these options, but not that `connect` takes them.
  await Bun.connect(options as unknown as Bun.UnixSocketOptions);
}

async function readPipe(fd: number, take: (chunk: Uint8Array) => void): Promise<void> {
  for await (const chunk of Bun.file(fd).stream()) take(chunk);
}
