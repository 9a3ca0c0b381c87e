import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { messages } from '../../src/model/messages.ts';
import { Events } from '../../src/observe/events.ts';
import { Docker } from '../../src/sandbox/docker.ts';
import { findFreezer } from '../../src/sandbox/docker-freezer.ts';
import { DockerSandbox } from '../../src/sandbox/docker-sandbox.ts';
import type { PlaceSpec } from '../../src/sandbox/sandbox.ts';
import { docker, noDocker, removeImages } from '../util/docker.ts';
import { Lines } from '../util/lines.ts';

const shimsDir = resolve(import.meta.dir, '../fixture/shims');
const runtime = { kind: 'nodejs:20', protocol: 'stdio', family: 'javascript' } as const;
const spec: PlaceSpec = { runtime, memory: 256, env: { GREETING: 'hello' } };

let folder: string;
let sandbox: DockerSandbox;
const said: string[] = [];

function makeSandbox(dataDir = folder): DockerSandbox {
  const events = new Events();
  events.said.subscribe(({ text }) => said.push(text));
  const options = { docker: docker as Docker, events, dataDir, shimsDir, executable: process.execPath };
  return new DockerSandbox({ ...options, version: 'test', pull: 'never' });
}

async function start(memory = 256): Promise<Lines> {
  const lines = new Lines(await sandbox.create({ ...spec, memory }));
  expect(await lines.next()).toBe('ready');
  return lines;
}

describe.skipIf(docker === undefined)(`the Docker sandbox${noDocker}`, () => {
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'whisklet-docker-'));
    sandbox = makeSandbox();
  });
  afterAll(async () => {
    await sandbox?.close();
    await removeImages(sandbox.label);
    await rm(folder, { recursive: true });
  });

  test('says that it can run JavaScript without an image from anywhere', async () => {
    expect(await sandbox.supports(runtime)).toBe(true);
    expect(sandbox.isolation).toContain('Docker');
  });

  test('says what is missing where it cannot', async () => {
    expect(await sandbox.supports({ ...runtime, family: 'cobol' })).toContain('cobol');
    const python = { kind: 'python:3', protocol: 'stdio', family: 'python', image: 'whisklet/none:1' } as const;
    expect(await sandbox.supports(python)).toContain('whisklet images build python:3');
    expect(await sandbox.supports({ ...python, image: 'some/where:1' })).toContain('pulling is switched off');
  });

  test('hands the first bytes of stdin to the program and to nobody else, again and again', async () => {
    const lines = await start();
    for (let count = 0; count < 200; count++) expect(await lines.ask(`line ${count} ☃`)).toBe(`line ${count} ☃`);
    await lines.place.destroy();
  });

  test('gives containers only what they need', async () => {
    const lines = await start();
    const [uid, gid, pid] = (await lines.ask('ids')).split(' ');
    expect([uid, gid]).toEqual(['65534', '65534']);
    expect(Number(pid)).toBeLessThan(50);
    const status = JSON.parse(await lines.ask('status')) as string;
    for (const set of ['CapInh', 'CapPrm', 'CapEff', 'CapBnd', 'CapAmb']) {
      expect(status).toMatch(new RegExp(`${set}:\\s+0000000000000000`));
    }
    expect(status).toMatch(/NoNewPrivs:\s+1/);
    expect(JSON.parse(await lines.ask('limits'))).toMatch(/Max open files\s+1024\s+1024/);
    expect(await lines.ask('write /etc/hello')).toBe('EROFS');
    expect(await lines.ask('write /whisklet/javascript/shim.js')).toBe('EACCES');
    expect(await lines.ask('write /tmp/hello')).toBe('written');
    expect(JSON.parse(await lines.ask('mounts'))).toMatch(/tmpfs \/tmp tmpfs rw,nosuid,nodev,relatime,size=262144k/);
    expect(JSON.parse(await lines.ask('env'))).toMatchObject({ GREETING: 'hello', HOME: '/tmp' });
    await lines.place.destroy();
  });

  test('has a shell, and a node that is the executable', async () => {
    const lines = await start();
    expect(JSON.parse(await lines.ask('sh echo from $0'))).toBe('from /bin/sh\n');
    expect(JSON.parse(await lines.ask('node'))).toBe('42\n');
    await lines.place.destroy();
  });

  test('carries 64 MB in and 8 MB out', async () => {
    const lines = await start(512);
    const bytes = 64 * 1024 * 1024;
    lines.place.stdio.write(Buffer.from(`count ${bytes}\n`));
    await Bun.sleep(100);
    lines.place.stdio.write(Buffer.alloc(bytes, 'x'));
    expect(await lines.next()).toBe('counted');
    expect((await lines.ask(`flood ${8 * 1024 * 1024}`)).length).toBe(8 * 1024 * 1024);
    await lines.place.destroy();
  });

  test('tells stdout from stderr, and keeps the last words', async () => {
    const lines = await start();
    await lines.ask(`say ${'x'.repeat(5000)} the end`);
    expect(await lines.ask('still here')).toBe('still here');
    lines.place.stdio.write(Buffer.from('exit 7\n'));
    const exit = await lines.place.exited;
    expect(exit).toMatchObject({ code: 7, signal: null, outOfMemory: false });
    expect(exit.lastWords).toEndWith('x the end');
    expect(exit.lastWords.length).toBe(4096);
    await lines.place.destroy();
  });

  test('reports a signal and going over the memory limit', async () => {
    const [killed, eater] = await Promise.all([start(), start(128)]);
    killed.place.stdio.write(Buffer.from('die\n'));
    eater.place.stdio.write(Buffer.from('eat\n'));
    expect(await killed.place.exited).toMatchObject({ code: null, signal: 'SIGKILL', outOfMemory: false });
    expect(await eater.place.exited).toMatchObject({ code: null, signal: 'SIGKILL', outOfMemory: true });
    await Promise.all([killed.place.destroy(), eater.place.destroy()]);
  });

  test('resizes in both directions', async () => {
    const lines = await start(128);
    await lines.place.resize(512);
    await lines.place.resize(256);
    expect(await lines.ask('alive')).toBe('alive');
    await lines.place.resize(128);
    lines.place.stdio.write(Buffer.from('eat\n'));
    expect(await lines.place.exited).toMatchObject({ outOfMemory: true });
    await lines.place.destroy();
  });

  test('freezes where that is cheap, and thaws', async () => {
    const lines = await start();
    await lines.ask('tick');
    await lines.next();
    await lines.place.pause();
    await Bun.sleep(100);
    lines.drain();
    await Bun.sleep(100);
    const whileFrozen = lines.drain().length;
    await lines.place.resume();
    await lines.next();
    const { pid } = await (docker as Docker).inspect(lines.place.id);
    if (await findFreezer(pid)) expect(whileFrozen).toBe(0);
    await lines.place.pause();
    await lines.place.destroy();
    await lines.place.resume();
  });

  test('destroys more than once, and writing afterwards does nothing', async () => {
    const lines = await start();
    await Promise.all([lines.place.destroy(), lines.place.destroy()]);
    await lines.place.destroy();
    expect((await lines.place.exited).outOfMemory).toBe(false);
    lines.place.stdio.write(Buffer.from('hello\n'));
    await expect((docker as Docker).inspect(lines.place.id)).rejects.toMatchObject({ kind: 'missing' });
  });

  test('starts many at once', async () => {
    const all = await Promise.all(Array.from({ length: 6 }, () => start(128)));
    expect(new Set(all.map(({ place }) => place.id)).size).toBe(6);
    await Promise.all(all.map(({ place }) => place.destroy()));
  });

  test('sweeps what another run of the node left behind, and nothing else', async () => {
    const mine = await start();
    const other = await mkdtemp(join(tmpdir(), 'whisklet-docker-'));
    const stranger = makeSandbox(other);
    const crashed = makeSandbox();
    const left = [await crashed.create(spec), await crashed.create(spec)];
    const foreign = new Lines(await stranger.create(spec));
    await left[0]?.pause();
    expect(await sandbox.sweep()).toBe(2);
    expect(await sandbox.sweep()).toBe(0);
    for (const place of left) expect((await place.exited).code).toBeNull();
    expect(await mine.ask('alive')).toBe('alive');
    expect(await foreign.next()).toBe('ready');
    await Promise.all([stranger.close(), mine.place.destroy()]);
    await rm(other, { recursive: true });
  });

  test('destroys everything when it closes, and starts nothing afterwards', async () => {
    const closing = makeSandbox();
    const places = await Promise.all([closing.create(spec), closing.create(spec)]);
    await closing.close();
    for (const { id } of places) {
      await expect((docker as Docker).inspect(id)).rejects.toMatchObject({ kind: 'missing' });
    }
    await expect(closing.create(spec)).rejects.toThrow(messages.draining);
  });

  test('refuses an image that is not here, in the words of OpenWhisk and as the fault of who named it', async () => {
    const image = 'nowhere.invalid/none:1';
    const blackbox = sandbox.create({ ...spec, runtime: { kind: 'blackbox', protocol: 'http', image } });
    await expect(blackbox).rejects.toMatchObject({ message: messages.imagePullFailed(image), isDevelopers: true });
    const built = sandbox.create({ ...spec, runtime: { ...runtime, image: 'whisklet/none:1' } });
    await expect(built).rejects.toMatchObject({
      message: messages.imagePullFailed('whisklet/none:1'),
      isDevelopers: false,
    });
  });
});

test('an engine that is not there is found out in no time', async () => {
  const start = performance.now();
  await expect(Docker.connect('/nowhere/docker.sock')).rejects.toMatchObject({ kind: 'away' });
  await expect(Docker.connect('tcp://127.0.0.1:1')).rejects.toMatchObject({ kind: 'away' });
  await expect(Docker.connect('tcp://')).rejects.toMatchObject({ kind: 'away' });
  expect(performance.now() - start).toBeLessThan(2000);
});
