import fs from 'node:fs';
import { join } from 'node:path';

const { O_NONBLOCK, O_RDONLY, O_WRONLY } = fs.constants;

/** The FIFOs that the node has laid for this place, opened; undefined where there are none, or nobody is at their other end. */
export function openPipes(): { input: number; output: number } | undefined {
  const folder = process.env.__WHISKLET_PIPES;
  delete process.env.__WHISKLET_PIPES;
  if (folder === undefined) return undefined;
  try {
    // Without waiting: it fails when nobody reads, as where the node's files are seen, but its kernel is another one.
    const probe = fs.openSync(join(folder, 'out'), O_WRONLY | O_NONBLOCK);
    const input = fs.openSync(join(folder, 'in'), O_RDONLY | O_NONBLOCK);
    // Once more, so that writing waits.
    const output = fs.openSync(join(folder, 'out'), O_WRONLY);
    fs.closeSync(probe);
    return { input, output };
  } catch {
    return undefined;
  }
}
