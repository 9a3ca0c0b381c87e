import { expect, test } from 'bun:test';
import { docker } from '../util/docker.ts';
import { EngineProxy } from '../util/engine-proxy.ts';
import { need } from '../util/need.ts';
import { until } from '../util/until.ts';
import { environment, fromSource, temporaryFolder } from '../util/whisklet.ts';

/** A node that was told to stop while it waited at its start for a Docker engine that hung went on waiting, a minute for each question. */
if (need('Docker engine', docker)) {
  for (const [when, question] of [
    ['is asked for its network', /GET \S*\/networks\//],
    ['lists what an earlier node left', /GET \S*\/containers\/json/],
  ] as const) {
    test(`a node whose engine hangs when it ${when} ends at the first signal, and its data can be used`, async () => {
      const proxy = await EngineProxy.start();
      const folder = temporaryFolder();
      const serve = () => {
        const where = [
          '--port',
          '0',
          '--data-dir',
          folder.path,
          '--sandbox',
          'docker',
          '--docker-socket',
          proxy.address,
        ];
        return Bun.spawn([...fromSource, 'serve', ...where], {
          env: environment({}),
          stdio: ['ignore', 'pipe', 'pipe'],
        });
      };
      try {
        // The second finds the data as one that ended well left it.
        for (let round = 0; round < 2; round++) {
          proxy.hang(question);
          await using node = serve();
          await until('the engine hangs', () => proxy.isHanging);
          const began = performance.now();
          node.kill('SIGTERM');
          expect(await node.exited).toBe(0);
          expect(performance.now() - began).toBeLessThan(5_000);
          expect(await node.stdout.text()).toBe('Stopped before it was ready.\n');
          expect(await node.stderr.text()).toBe('');
          proxy.recover();
        }
      } finally {
        proxy.close();
        folder.remove();
      }
    }, 30_000);
  }
}
