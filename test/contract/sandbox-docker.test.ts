import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { copyFile, mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { messages } from '../../src/model/messages.ts';
import { findFreezer } from '../../src/sandbox/docker/freezer.ts';
import { Docker } from '../../src/sandbox/docker.ts';
import type { PlaceSpec, Sandbox } from '../../src/sandbox/sandbox.ts';
import { docker, noDocker } from '../util/docker.ts';
import { makeSandbox } from '../util/docker-sandbox.ts';
import { Puppet } from '../util/puppet.ts';
import { sandboxContract } from './sandbox.ts';

const module = join(import.meta.dir, '../util/docker-sandbox.ts');
sandboxContract({ name: 'docker', module, missing: noDocker, rounds: 20 });
sandboxContract({
  ...{ name: 'docker of another machine', module, settings: { isRemote: true } },
  ...{ missing: noDocker, rounds: 5 },
});

const engine = docker as Docker;
const runtime = { kind: 'nodejs:20', protocol: 'stdio', family: 'javascript' } as const;
const spec: PlaceSpec = { runtime, memory: 256, env: {} };

describe.skipIf(docker === undefined)(`a Docker container${noDocker ? ` (skipped: ${noDocker})` : ''}`, () => {
  let folder: string;
  let shimsDir: string;
  let sandbox: Sandbox;
  const make = (dataDir = join(folder, 'data')) => makeSandbox({ dataDir, shimsDir, settings: {} });
  const start = async (memory = 256, from = sandbox) => new Puppet(await from.create({ ...spec, memory }));

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'whisklet-docker-'));
    shimsDir = join(folder, 'shims');
    await mkdir(join(shimsDir, 'javascript'), { recursive: true });
    await copyFile(join(import.meta.dir, '../fixture/runtime/puppet.js'), join(shimsDir, 'javascript/shim.js'));
    sandbox = await make();
  });
  afterAll(async () => {
    await sandbox?.close();
    await rm(folder, { recursive: true });
  });

  test('gets the first bytes of its stdin from the node and from nobody else, again and again', async () => {
    for (let round = 0; round < 5; round++) {
      const puppet = await start();
      const sent = Buffer.from(`round ${round} ☃`);
      expect((await puppet.echo(sent)).toString()).toBe(sent.toString());
      for (let count = 0; count < 50; count++) expect(await puppet.ask(`return ${count}`)).toBe(count);
      await puppet.place.destroy();
    }
  });

  test('is nobody, with no capability that could be gained, in a system that is read-only but for a bounded /tmp', async () => {
    const puppet = await start();
    const read = (path: string) => puppet.ask(`return require('fs').readFileSync('${path}', 'utf8')`);
    expect(await puppet.ask('return [process.getuid(), process.getgid(), process.cwd()]')).toEqual([
      65534,
      65534,
      '/tmp',
    ]);
    expect(await read('/proc/self/status')).toMatch(/CapBnd:\s+0000000000000000/);
    expect(await read('/proc/self/limits')).toMatch(/Max open files\s+1024\s+1024/);
    const mounts = await read('/proc/self/mounts');
    expect(mounts).toMatch(/ \/ overlay ro,/);
    expect(mounts).toMatch(/tmpfs \/tmp tmpfs rw,nosuid,nodev,relatime,size=262144k/);
    await puppet.place.destroy();
  });

  test('reaches this host at the gateway of its network', async () => {
    const { gateway } = engine;
    expect(gateway).toMatch(/^\d+\.\d+\.\d+\.\d+$/);
    const server = Bun.serve({ hostname: gateway as string, port: 0, fetch: () => new Response('the node') });
    try {
      const puppet = await start();
      expect(await puppet.ask(`return (await fetch('${server.url}')).text()`)).toBe('the node');
      await puppet.place.destroy();
    } finally {
      await server.stop(true);
    }
  });

  test('has a shell, and a node that is the executable', async () => {
    const puppet = await start();
    const run = (...command: string[]) =>
      puppet.ask(`
        const [program, ...args] = ${JSON.stringify(command)};
        return require('child_process').spawnSync(program, args).stdout.toString()`);
    expect(await run('/bin/sh', '-c', 'echo from $0')).toBe('from /bin/sh\n');
    expect(await run('node', '-e', 'console.log(6 * 7)')).toBe('42\n');
    await puppet.place.destroy();
  });

  test('does nothing while it is frozen, where freezing is cheap (TRAP-16)', async () => {
    const puppet = await start();
    await puppet.ask('global.ticks = 0; setInterval(() => ticks++, 5)');
    await puppet.place.pause();
    const { pid } = await engine.inspect(puppet.place.id);
    await Bun.sleep(300);
    await puppet.place.resume();
    const ticks = Number(await puppet.ask('return ticks'));
    if (await findFreezer(pid)) expect(ticks).toBeLessThan(30);
    else expect(ticks).toBeGreaterThan(30);
    await puppet.place.destroy();
  });

  test('is swept after its node was killed, but not while its node lives, and not by a node with other data (INV-15)', async () => {
    const mine = await start();
    const stranger = await make(join(folder, 'other'));
    const foreign = await start(256, stranger);
    const crashed = await make();
    const left = [await crashed.create(spec), await crashed.create(spec)];
    await left[0]?.pause();
    expect(await sandbox.sweep()).toBe(2);
    expect(await sandbox.sweep()).toBe(0);
    for (const place of left) expect((await place.exited).code).toBeNull();
    expect(await mine.ask('return 1')).toBe(1);
    expect(await foreign.ask('return 2')).toBe(2);
    await Promise.all([stranger.close(), mine.place.destroy()]);
  });

  test('cannot be had from a sandbox that is closed', async () => {
    const closing = await make(join(folder, 'closing'));
    await closing.close();
    await expect(closing.create(spec)).rejects.toThrow(messages.draining);
  });

  test('cannot be had of an image that is not here: the fault of who named it, in the words of OpenWhisk (INV-17)', async () => {
    const image = 'nowhere.invalid/none:1';
    const blackbox = { kind: 'blackbox', protocol: 'http', image } as const;
    await expect(sandbox.create({ ...spec, runtime: blackbox })).rejects.toMatchObject({
      message: messages.imagePullFailed(image),
      isDevelopers: true,
    });
    expect(await sandbox.supports(blackbox)).toContain('pulling is switched off');
    const python = { kind: 'python:3', protocol: 'stdio', family: 'python', image: 'whisklet/none:1' } as const;
    await expect(sandbox.create({ ...spec, runtime: python })).rejects.toMatchObject({ isDevelopers: false });
    expect(await sandbox.supports(python)).toContain('whisklet images build python:3');
  });
});

test('an engine that is not there is found out in no time', async () => {
  const start = performance.now();
  await expect(Docker.connect('/nowhere/docker.sock')).rejects.toMatchObject({ kind: 'away' });
  await expect(Docker.connect('unix:///nowhere/docker.sock')).rejects.toMatchObject({ kind: 'away' });
  await expect(Docker.connect('tcp://127.0.0.1:1')).rejects.toMatchObject({ kind: 'away' });
  await expect(Docker.connect('tcp://')).rejects.toMatchObject({ kind: 'away' });
  expect(performance.now() - start).toBeLessThan(2000);
});

test('an engine that takes connections and says nothing is given up within a second', async () => {
  const silent = Bun.listen({ hostname: '127.0.0.1', port: 0, socket: { data() {} } });
  try {
    const start = performance.now();
    await expect(Docker.connect(`tcp://127.0.0.1:${silent.port}`)).rejects.toThrow('did not answer');
    expect(performance.now() - start).toBeLessThan(1500);
  } finally {
    silent.stop(true);
  }
});
