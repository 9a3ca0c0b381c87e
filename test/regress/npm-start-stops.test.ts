import { expect, test } from 'bun:test';
import { join } from 'node:path';
import { processesCarrying } from '../../src/sandbox/local/processes.ts';
import { need } from '../util/need.ts';
import { environment, temporaryFolder } from '../util/whisklet.ts';

/** `npm start` that was ended by a supervisor ended its shell, and left the node running. */
const npm = need('npm', Bun.which('npm'));
const ready = /^ {2}data /m;

if (npm) {
  test('a node that was started with npm stops when npm is told to', async () => {
    const folder = temporaryFolder();
    const node = Bun.spawn([npm, 'start'], {
      cwd: join(import.meta.dir, '../..'),
      env: environment({ WHISKLET_PORT: '0', WHISKLET_SANDBOX: 'local', WHISKLET_DATA_DIR: folder.path }),
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    try {
      let said = '';
      for await (const text of node.stdout.pipeThrough(new TextDecoderStream())) {
        const wasReady = ready.test(said);
        said += text;
        if (!wasReady && ready.test(said)) node.kill('SIGTERM');
      }
      expect([await node.exited, said]).toEqual([0, expect.stringMatching(/\nStopped\.\n$/)]);
    } finally {
      for (const pid of processesCarrying(folder.path)) process.kill(pid, 'SIGKILL');
      folder.remove();
    }
  });
}
