import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Docker } from '../../src/sandbox/docker.ts';
import { describeOwnImage } from '../../src/sandbox/images/own.ts';
import { docker, removeImages } from '../util/docker.ts';
import { findTraces as findContainers } from '../util/docker-sandbox.ts';
import { need } from '../util/need.ts';
import { TestNode } from '../util/node.ts';
import { until } from '../util/until.ts';
import { temporaryFolder } from '../util/whisklet.ts';

/** Runtimes that start and then say nothing: their calls end, and cost nobody else anything. */

const folder = temporaryFolder();
afterAll(() => folder.remove());

const echo = 'function main(args) { return args; }';
const javascript = {
  kind: 'nodejs:20',
  image: 'none',
  default: true,
  whisklet: { protocol: 'stdio', family: 'javascript' },
};

/** A manifest with JavaScript, and a kind `silent:1` made of these fields. */
function manifestWith(name: string, whisklet: object, stemCells: readonly object[] = []): string {
  const path = join(folder.path, name);
  const silent = { kind: 'silent:1', image: 'none', default: true, stemCells, whisklet };
  writeFileSync(path, JSON.stringify({ runtimes: { silent: [silent], nodejs: [javascript] } }));
  return path;
}

async function callSilent(node: TestNode, calls: number) {
  await node.ask('PUT', 'actions/silent', { body: { exec: { kind: 'silent:1', code: 'x' } } });
  return Promise.all(Array.from({ length: calls }, () => node.invoke('silent')));
}

const notReady = 'The runtime broke its protocol and was ended: it was not ready within 700 ms.';

describe('a program that never says that it is ready', () => {
  // It waits for more on its standard input, whatever file it is given.
  const program = { protocol: 'stdio', family: 'python', commands: ['grep'] };

  test('fails its own calls when its time is over, and no others', async () => {
    const manifest = manifestWith('local.json', program);
    await using node = new TestNode({ args: ['--manifest', manifest, '--ready-timeout', '700ms'] });
    await node.start();
    const calls = callSilent(node, 3);
    await node.put('fine', echo);
    expect((await node.invoke('fine', { a: 1 })).json.response.result).toEqual({ a: 1 });
    for (const { status, json } of await calls) {
      expect([status, json.response]).toMatchObject([
        500,
        { status: 'whisk internal error', result: { error: notReady } },
      ]);
    }
    await until('nothing of it is left', async () => (await node.pool()).byKind['silent:1'] === undefined);
  });

  test('is not started over and over as a stem cell', async () => {
    const manifest = manifestWith('cells.json', program, [{ initialCount: 1, memory: '256 MB' }]);
    const args = ['--manifest', manifest, '--ready-timeout', '100ms', '--log-level', 'warn'];
    await using node = new TestNode({ args });
    await node.start();
    await Bun.sleep(1_500);
    const { err } = await node.stop();
    // At the start, once more at once, and once after a second.
    const tries = err.match(/did not start: it was not ready within 100 ms/g)?.length;
    expect(tries).toBeGreaterThanOrEqual(2);
    expect(tries).toBeLessThanOrEqual(4);
  });
});

const engine = need('Docker engine', docker);
if (engine) {
  describe('an image', () => {
    const label = `io.whisklet.test=silent-${process.pid}`;
    const images = { mute: 'whisklet-test/mute', deaf: 'whisklet-test/deaf', slow: 'whisklet-test/slow' } as const;
    const programs: Readonly<Record<keyof typeof images, string>> = {
      mute: 'setInterval(() => {}, 1000)',
      deaf: 'setInterval(() => {}, 1000)',
      slow: "require('http').createServer(() => {}).listen(8080)",
    };
    let node: TestNode;

    beforeAll(async () => {
      for (const name of ['mute', 'deaf', 'slow'] as const) await makeImage(engine, name);
      const manifest = manifestWith('docker.json', { protocol: 'stdio', family: 'javascript', image: images.mute });
      node = new TestNode({ sandbox: 'docker', args: ['--manifest', manifest] });
      await node.start();
      await node.put('fine', echo);
    }, 60_000);
    afterAll(async () => {
      await node.end();
      await removeImages(label);
    }, 60_000);

    async function makeImage(engine: Docker, name: keyof typeof images): Promise<void> {
      const shimDir = join(folder.path, name);
      mkdirSync(shimDir);
      writeFileSync(join(shimDir, 'shim.js'), programs[name]);
      const { executable, family, version } = { executable: process.execPath, family: name, version: 'test' };
      const image = await describeOwnImage({ executable, shimDir, family, version });
      await engine.importImage(image.pack(), images[name], 'latest', [...image.changes, `LABEL ${label}`]);
    }

    const othersRun = async () => expect((await node.invoke('fine', { a: 1 })).json.response.result).toEqual({ a: 1 });

    test.each([
      ['never listens', 'deaf'],
      ['never answers init', 'slow'],
    ] as const)(
      'of others that %s is ended when its action has no time left',
      async (_, name) => {
        const body = { exec: { kind: 'blackbox', image: images[name] }, limits: { timeout: 300 } };
        await node.ask('PUT', `actions/${name}`, { body });
        const call = node.invoke(name);
        await othersRun();
        const { status, json } = await call;
        expect([status, json.response]).toMatchObject([
          502,
          {
            status: 'action developer error',
            result: { error: 'The action exceeded its time limits of 300 milliseconds during initialization.' },
          },
        ]);
        await until('nothing of it is left', async () => (await node.pool()).byKind.blackbox === undefined);
      },
      20_000,
    );

    test('whose shim never says that it is ready fails its own calls, and no others', async () => {
      await node.restart(undefined, '--ready-timeout', '700ms');
      const calls = callSilent(node, 2);
      await othersRun();
      for (const { status, json } of await calls) {
        expect([status, json.response.result.error]).toEqual([500, notReady]);
      }
      await until('nothing of it is left', async () => (await node.pool()).byKind['silent:1'] === undefined);
    });

    test('leaves no container behind, whatever it did', async () => {
      await othersRun();
      await node.stop();
      expect(await findContainers(node.dataDir)).toEqual([]);
    });
  });
}
