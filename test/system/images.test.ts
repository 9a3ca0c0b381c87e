import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Docker } from '../../src/sandbox/docker.ts';
import { zip } from '../util/archive.ts';
import { importBase, programBase, pythonBase } from '../util/base-image.ts';
import { docker, removeImages } from '../util/docker.ts';
import { need } from '../util/need.ts';
import { TestNode } from '../util/node.ts';
import { run, temporaryFolder } from '../util/whisklet.ts';

/**
 * `whisklet images build` from the Dockerfiles that the executable carries, and actions on what it built. The base images,
 * which no registry is there to give, are made of this host's own Python and Node.
 */

const engine = need('Docker engine', docker);
const python = need('Python 3', await pythonBase());
const nodePath = need('Node', Bun.which('node', { PATH: '/usr/local/bin:/usr/bin:/bin' }));

if (engine && python && nodePath) {
  const folder = temporaryFolder();
  const label = `io.whisklet.test=images-${process.pid}`;
  const manifest = join(folder.path, 'runtimes.json');
  const bases = { python: 'whisklet-test/base-python:1', javascript: 'whisklet-test/base-node:1' };
  const images = ['whisklet-test/python:3', 'whisklet-test/node:20'] as const;
  const kinds = {
    python: [
      {
        kind: 'python:3',
        image: 'none',
        default: true,
        stemCells: [{ initialCount: 1, memory: '256 MB' }],
        whisklet: { protocol: 'stdio', family: 'python', image: images[0], commands: ['python3'] },
      },
    ],
    nodejs: [
      {
        kind: 'nodejs:20',
        image: 'none',
        default: true,
        whisklet: { protocol: 'stdio', family: 'javascript', image: images[1] },
      },
    ],
  };
  writeFileSync(manifest, JSON.stringify({ runtimes: kinds }));
  const common = ['--manifest', manifest, '--pull', 'never'];
  const node = new TestNode({ sandbox: 'docker', args: common });

  const build = (...args: string[]) =>
    run(['images', 'build', '--data-dir', join(folder.path, 'data'), ...common, ...args]);

  beforeAll(async () => {
    await importBase(engine, python, bases.python, label);
    await importBase(engine, await programBase(nodePath), bases.javascript, label);
  }, 120_000);
  afterAll(async () => {
    await node.end();
    for (const family of ['python', 'javascript']) await removeBuilt(engine, family);
    await removeImages(label);
    folder.remove();
  }, 60_000);

  /** Only those of this test: a node of this host may run on others of that family. */
  async function removeBuilt(docker: Docker, family: string): Promise<void> {
    const built = await docker.images(`io.whisklet.family=${family}`);
    for (const image of built) if (images.some((each) => each === image)) await docker.removeImage(image);
  }

  describe('images', () => {
    test('that are not built yet are told at the start, with what to do', async () => {
      await node.start();
      expect(node.process.banner).toMatch(/not python:3: .*whisklet-test\/python:3/);
      await node.stop();
    }, 60_000);

    test('are built on the bases that are named, all of the manifest at once', async () => {
      const { out, err, exit } = await build(
        '--base',
        `python=${bases.python}`,
        '--base',
        `javascript=${bases.javascript}`,
      );
      expect([exit, err]).toEqual([0, '']);
      expect(out).toContain('whisklet-test/python:3: Successfully built');
      expect(out).toEndWith(`Built ${images.join(', ')}\n`);
    }, 120_000);

    test('are built one kind at a time', async () => {
      const { out, exit } = await build('python:3', '--base', `python=${bases.python}`);
      expect(exit).toBe(0);
      expect(out).toEndWith('Built whisklet-test/python:3\n');
      expect(out).not.toContain('node:20');
    }, 60_000);

    test('on a base that is nowhere fail, and say what can be done', async () => {
      const { err, exit } = await build('python:3', '--base', 'python=whisklet-test/no-base:1');
      expect(exit).toBe(1);
      expect(err).toContain('To build on an image that is here already: --base FAMILY=IMAGE');
    }, 60_000);
  });

  describe('on a built image', () => {
    beforeAll(() => node.start(), 60_000);

    const put = (name: string, exec: object) => node.ask('PUT', `actions/${name}?overwrite=true`, { body: { exec } });
    const result = async (name: string, params: object = {}) => (await node.invoke(name, params)).json.response;

    test('a Python action runs, cold, prewarmed and warm, with its logs', async () => {
      const code = [
        'import os, sys, json, zlib, hashlib',
        'def main(args):',
        '  print("to stdout")',
        '  print("to stderr", file=sys.stderr)',
        '  return {"args": args, "uid": os.getuid(), "action": os.environ["__OW_ACTION_NAME"]}',
      ].join('\n');
      await put('snake', { kind: 'python:3', code });
      for (const n of [1, 2, 3]) {
        const { status, json } = await node.invoke('snake', { n });
        expect([status, json.response.result]).toEqual([200, { args: { n }, uid: 65534, action: '/guest/snake' }]);
        expect(json.logs.map((line: string) => line.slice(31))).toEqual(['stdout: to stdout', 'stderr: to stderr']);
      }
    });

    test('a Python archive runs, and its errors are told as OpenWhisk does', async () => {
      const code = zip({
        '__main__.py': 'from helper import twice\ndef main(args):\n  return {"n": twice(args["n"])}',
        'helper.py': 'def twice(n):\n  return n * 2',
      });
      await put('packed', { kind: 'python:3', binary: true, code });
      expect(await result('packed', { n: 21 })).toMatchObject({ success: true, result: { n: 42 } });
      await put('broken', { kind: 'python:3', code: 'def main(args:' });
      expect(await result('broken')).toMatchObject({
        status: 'action developer error',
        result: { error: 'The action failed to generate or locate a binary. See logs for details.' },
      });
    });

    test('a TypeScript action runs on real Node, as text and in an archive', async () => {
      const code = `enum Side { left, right }
        export const main = ({ n }: { n: number }): object => ({ n, side: Side.right, bun: 'Bun' in globalThis });`;
      await put('typed', { kind: 'nodejs:20', code });
      expect(await result('typed', { n: 1 })).toMatchObject({ result: { n: 1, side: 1, bun: false } });
      await put('typed', { kind: 'nodejs:20', binary: true, code: zip({ 'index.ts': code }) });
      expect(await result('typed', { n: 2 })).toMatchObject({ result: { n: 2, side: 1, bun: false } });
    });

    test('a JavaScript action runs on real Node, with the packages that every action has', async () => {
      const code = `const openwhisk = require('openwhisk');
        function main({ n }) {
          console.log('here');
          return { n, bun: process.versions.bun ?? null, node: process.release.name, has: typeof openwhisk };
        }`;
      await put('node', { kind: 'nodejs:20', code });
      for (const n of [1, 2]) {
        const { status, json } = await node.invoke('node', { n });
        expect([status, json.response.result]).toEqual([200, { n, bun: null, node: 'node', has: 'function' }]);
        expect(json.logs.map((line: string) => line.slice(31))).toEqual(['stdout: here']);
      }
    });
  });
}
