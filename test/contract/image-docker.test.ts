import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { messages } from '../../src/model/messages.ts';
import { Events } from '../../src/observe/events.ts';
import { DockerSandbox } from '../../src/sandbox/docker/sandbox.ts';
import type { Docker } from '../../src/sandbox/docker.ts';
import { buildImages } from '../../src/sandbox/images/build.ts';
import { Images } from '../../src/sandbox/images/image.ts';
import { docker, noDocker, removeImages } from '../util/docker.ts';

const LABEL = `io.whisklet.test=${process.pid}`;
const engine = docker as Docker;
const javascript = { kind: 'nodejs:20', protocol: 'stdio', family: 'javascript' } as const;

let shimsDir: string;
let said: string[];

function makeImages(version = 'image-test'): Images {
  const events = new Events();
  events.said.subscribe(({ text }) => said.push(text));
  const where = { docker: engine, events, shimsDir, executable: process.execPath };
  return new Images({ ...where, version, label: LABEL, pull: 'never' });
}

describe.skipIf(docker === undefined)(`images${noDocker ? ` (skipped: ${noDocker})` : ''}`, () => {
  beforeAll(async () => {
    shimsDir = await mkdtemp(join(tmpdir(), 'whisklet-images-'));
    await mkdir(join(shimsDir, 'javascript'));
    await mkdir(join(shimsDir, 'tin/parts'), { recursive: true });
    await Bun.write(join(shimsDir, 'javascript/shim.js'), `process.stdout.write('${process.pid}')`);
    said = [];
  });
  afterAll(async () => {
    await removeImages(LABEL);
    await removeImages('io.whisklet.family=tin');
    await rm(shimsDir, { recursive: true });
  });

  test('of our own are made once, however many ask for them', async () => {
    const images = makeImages();
    const names = await Promise.all([images.find(javascript), images.find(javascript), makeImages().find(javascript)]);
    expect(new Set(names).size).toBe(1);
    expect(names[0]).toMatch(/^whisklet\/javascript:[0-9a-f]{12}$/);
    expect(said.filter((text) => text.startsWith('made image')).length).toBeLessThanOrEqual(2);
    said = [];
    expect(await makeImages().find(javascript)).toBe(names[0] as string);
    expect(said).toEqual([]);
  });

  test('of our own that are out of date are removed when a new one is made', async () => {
    const old = await makeImages().find(javascript);
    const now = await makeImages('image-test-2').find(javascript);
    expect(now).not.toBe(old);
    expect(await engine.images(LABEL)).toEqual([now]);
  });

  test('of our own are made again when someone removed them', async () => {
    const images = makeImages();
    const name = await images.find(javascript);
    await engine.removeImage(name);
    await images.fetch(javascript, name);
    expect(await engine.hasImage(name)).toBe(true);
  });

  test('are built from the Dockerfile of their family, on the base that was asked for', async () => {
    const images = makeImages();
    const base = await images.find(javascript);
    await Bun.write(
      join(shimsDir, 'tin/Dockerfile'),
      'ARG BASE=nowhere.invalid/base\nFROM $BASE\nCOPY parts/shim.js /tin/shim.js\nRUN echo "melting" && test -f /tin/shim.js\n',
    );
    await Bun.write(join(shimsDir, 'tin/parts/shim.js'), 'x');
    const tin = { kind: 'tin:1', protocol: 'stdio', family: 'tin', image: 'whisklet-test/tin:1' } as const;
    const lines: string[] = [];
    const built = await buildImages({
      docker: engine,
      images,
      shimsDir,
      kinds: [tin, { ...tin, kind: 'tin:2' }, { kind: 'other', protocol: 'http', image: 'others/image' }],
      bases: { tin: base },
      pull: false,
      onLine: (image, line) => lines.push(`${image}: ${line}`),
    });
    expect(built).toEqual(['whisklet-test/tin:1']);
    expect(lines).toContain('whisklet-test/tin:1: melting');
    expect(await images.supports(tin)).toBe(true);
  });

  test('that cannot be built say at which step', async () => {
    await Bun.write(join(shimsDir, 'tin/Dockerfile'), 'ARG BASE\nFROM $BASE\nRUN exit 3\n');
    const images = makeImages();
    const tin = { kind: 'tin:1', protocol: 'stdio', family: 'tin', image: 'whisklet-test/tin:1' } as const;
    const failing = buildImages({
      ...{ docker: engine, images, shimsDir, kinds: [tin], pull: false },
      bases: { tin: await images.find(javascript) },
      onLine: () => undefined,
    });
    await expect(failing).rejects.toThrow('returned a non-zero code: 3');
  });

  test('whose program is not there are the fault of who named them', async () => {
    await Bun.write(join(shimsDir, 'tin/Dockerfile'), 'ARG BASE\nFROM $BASE\nENTRYPOINT ["/no/such/program"]\n');
    const images = makeImages();
    const image = 'whisklet-test/tin:broken';
    const tin = { kind: 'tin:1', protocol: 'stdio', family: 'tin', image } as const;
    await buildImages({
      ...{ docker: engine, images, shimsDir, kinds: [tin], pull: false },
      bases: { tin: await images.find(javascript) },
      onLine: () => undefined,
    });
    const sandbox = new DockerSandbox({
      ...{ docker: engine, events: new Events(), dataDir: shimsDir, shimsDir },
      ...{ executable: process.execPath, version: 'image-test', pull: 'never' },
    });
    const runtime = { kind: 'blackbox', protocol: 'http', image } as const;
    const refused = sandbox.create({ runtime, memory: 128, env: {} });
    await expect(refused).rejects.toMatchObject({ message: messages.commandNotFound(image), isDevelopers: true });
    expect(await engine.list(sandbox.label)).toEqual([]);
    await sandbox.close();
  });
});
