/**
 * Hands over what comes on a descriptor, by events: between runs the user's timers and sockets go on.
 * Each engine is asked in the way that is fastest there.
 */
export function listen(fd: number, take: (chunk: Uint8Array) => void, end: () => void): void {
  if (process.versions.bun) {
    readInBun(fd, take).then(end, end);
    return;
  }
  const { Socket } = require('node:net') as typeof import('node:net');
  const socket = new Socket({ fd, readable: true, writable: false });
  socket.on('data', take);
  socket.on('close', end);
}

async function readInBun(fd: number, take: (chunk: Uint8Array) => void): Promise<void> {
  for await (const chunk of Bun.file(fd).stream()) take(chunk);
}
