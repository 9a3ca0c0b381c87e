import { join } from 'node:path';
import { ChildStreams } from '../../src/sandbox/local/child-streams.ts';
import type { Opened } from './wire.ts';

/** `echo.ts` as a child of this process, over streams as the local sandbox makes them; not isolated. */
export function openPipes(): Opened {
  const pipes = new ChildStreams();
  const child = Bun.spawn([process.execPath, join(import.meta.dir, 'echo.ts')], { stdio: pipes.childEnds });
  pipes.releaseChildEnds();
  return {
    wire: pipes,
    async close() {
      child.kill();
      await child.exited;
      await pipes.close();
    },
  };
}
