import { join } from 'node:path';
import { StdioPipes } from '../../src/sandbox/pipe.ts';
import type { Opened } from './wire.ts';

/** `echo.ts` as a child of this process, over real pipes as the local sandbox makes them; not isolated. */
export function openPipes(): Opened {
  const pipes = new StdioPipes();
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
