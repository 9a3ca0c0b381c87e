import { afterAll, afterEach, beforeAll, describe, expect, test } from 'bun:test';
import { existsSync, mkdirSync, readdirSync } from 'node:fs';
import { copyFile, mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Docker } from '../../src/sandbox/docker.ts';
import type { Sandbox } from '../../src/sandbox/sandbox.ts';
import { docker, noDocker } from '../util/docker.ts';
import { fifoFolder, findTraces, makeSandbox, makeSandboxOn } from '../util/docker-sandbox.ts';
import { EngineProxy } from '../util/engine-proxy.ts';
import { processesWith } from '../util/host-processes.ts';
import { Puppet } from '../util/puppet.ts';
import { until } from '../util/until.ts';

const module = join(import.meta.dir, '../util/docker-sandbox.ts');
const owner = join(import.meta.dir, '../util/sandbox-owner.ts');
const runtime = { kind: 'nodejs:20', protocol: 'stdio', family: 'javascript' } as const;
const MB = 1024 * 1024;
/** A container that does not use what it is given. */
const IGNORES_FIFOS = { PUPPET_WAY: 'stdio' };

describe.skipIf(docker === undefined)(`containers with FIFOs${noDocker ? ` (skipped: ${noDocker})` : ''}`, () => {
  let folder: string;
  let dataDir: string;
  let shimsDir: string;
  let sandbox: Sandbox;
  const puppets: Puppet[] = [];

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'whisklet-fifos-'));
    dataDir = join(folder, 'data');
    shimsDir = join(folder, 'shims');
    await mkdir(dataDir);
    await mkdir(join(shimsDir, 'javascript'), { recursive: true });
    await copyFile(join(import.meta.dir, '../fixture/runtime/puppet.js'), join(shimsDir, 'javascript/shim.js'));
    sandbox = await makeSandbox({ dataDir, shimsDir, settings: {} });
  });
  afterEach(async () => {
    await Promise.all(puppets.splice(0).map(({ place }) => place.destroy()));
  });
  afterAll(async () => {
    await sandbox?.close();
    await rm(folder, { recursive: true });
  });

  async function start(env: Record<string, string> = {}, from = sandbox): Promise<Puppet> {
    const puppet = new Puppet(await from.create({ runtime, memory: 256, env }));
    puppets.push(puppet);
    return puppet;
  }

  test.each([
    ['use them', {}, true],
    ['or leave them, and are talked with through the engine', IGNORES_FIFOS, false],
  ])('%s', async (_, env, isPastEngine) => {
    const proxy = await EngineProxy.start();
    const behind = makeSandboxOn(await Docker.connect(proxy.address), join(folder, 'behind'), shimsDir);
    try {
      const puppet = await start(env, behind);
      expect(await puppet.ask('return 1')).toBe(1);
      proxy.hang();
      const answered = puppet.ask('return 2').then(() => true);
      expect(await Promise.race([answered, Bun.sleep(500).then(() => false)])).toBe(isPastEngine);
    } finally {
      proxy.recover();
      await Promise.all(puppets.splice(0).map(({ place }) => place.destroy()));
      await behind.close();
      proxy.close();
    }
  });

  test('that leave them lose nothing: not what is written first, not what comes last', async () => {
    const puppet = await start(IGNORES_FIFOS);
    const sent = Buffer.alloc(3 * MB, 'whisklet');
    expect((await puppet.echo(sent)).equals(sent)).toBe(true);
    const heard: Uint8Array[] = [];
    puppet.place.stdio.onOutput((chunk) => heard.push(chunk));
    puppet.tell(`say('y'.repeat(50000)); process.exit(0)`);
    expect((await puppet.place.exited).code).toBe(0);
    expect(Buffer.concat(heard).toString()).toBe('y'.repeat(50_000));
  });

  test('find them in a folder that cannot be written, and is empty before any code is loaded', async () => {
    const puppet = await start();
    const code = `
      const fs = require('fs');
      const refused = (act) => { try { act(); return 'done'; } catch (error) { return error.code; } };
      return [
        /^\\S+ \\/run\\/whisklet \\S+ ro[, ]/m.test(fs.readFileSync('/proc/self/mounts', 'utf8')),
        refused(() => fs.writeFileSync('/run/whisklet/file', '')),
        refused(() => fs.mkdirSync('/run/whisklet/folder')),
        refused(() => fs.openSync('/run/whisklet/in', 'r+')),
        refused(() => fs.chmodSync('/run/whisklet', 0o777)),
      ];`;
    const [isReadOnly, ...refusals] = (await puppet.ask(code)) as unknown[];
    expect(isReadOnly).toBe(true);
    expect(refusals[2]).toBe('ENOENT');
    for (const refusal of refusals) expect(refusal).toMatch(/^(EROFS|EPERM|EACCES|ENOENT)$/);
    expect(readdirSync(fifoFolder(dataDir))).toEqual([]);
  });

  test('are read to the end before they have ended, however they end', async () => {
    for (const end of ['process.exit(0)', `process.kill(process.pid, 'SIGKILL')`, 'process.exit(3)']) {
      const puppet = await start();
      const heard: Uint8Array[] = [];
      puppet.place.stdio.onOutput((chunk) => heard.push(chunk));
      puppet.tell(`say('z'.repeat(${4 * MB})); ${end}`);
      await puppet.place.exited;
      expect(Buffer.concat(heard).toString().trim().length).toBe(4 * MB);
    }
  });

  test('take and give frames of 1 MB, several of them at once', async () => {
    const several = await Promise.all([start(), start(), start()]);
    await Promise.all(
      several.map(async (puppet, index) => {
        for (let round = 0; round < 10; round++) {
          const sent = Buffer.alloc(MB + round, `${index}.${round} `);
          expect((await puppet.echo(sent)).equals(sent)).toBe(true);
        }
      }),
    );
  });

  test('that are frozen in the middle go on where they were', async () => {
    const puppet = await start();
    await puppet.ask('return 1');
    const sent = Buffer.alloc(5 * MB, 'whisklet');
    const echoed = puppet.echo(sent);
    for (let round = 0; round < 5; round++) {
      await puppet.place.pause();
      await puppet.place.resume();
    }
    expect((await echoed).equals(sent)).toBe(true);
  });

  test('that write without end wait for a node that is slow, which keeps nothing of it', async () => {
    const { place } = await start();
    let bytes = 0;
    place.stdio.onOutput((chunk) => {
      bytes += chunk.length;
      Bun.sleepSync(1);
    });
    place.stdio.write(Buffer.from(`${JSON.stringify({ id: 1, code: `for (;;) say('f'.repeat(65536))` })}\n`));
    await until('the flood comes', () => bytes > 4 * MB);
    Bun.gc(true);
    const before = process.memoryUsage.rss();
    const goal = bytes + 64 * MB;
    await until('it has gone on', () => bytes > goal, 20_000);
    expect(process.memoryUsage.rss() - before).toBeLessThan(48 * MB);
  }, 40_000);

  test('that do not read are destroyed with all that is queued for them', async () => {
    const { place } = await start();
    place.stdio.write(Buffer.from(`${JSON.stringify({ deaf: 60_000 })}\n`));
    place.stdio.write(Buffer.alloc(8 * MB));
    await place.destroy();
    await place.exited;
    place.stdio.write(Buffer.from('nobody hears'));
  });

  test('end by themselves when their node is killed', async () => {
    const mark = `mark-${crypto.randomUUID()}`;
    const options = { dataDir: join(folder, 'killed'), shimsDir, settings: {} };
    const code = `
      const args = ['-e', 'setInterval(() => {}, 1000)', '${mark}'];
      require('child_process').spawn(process.execPath, args, { stdio: 'ignore', env: { BUN_BE_BUN: '1' } });`;
    const node = Bun.spawn([process.execPath, owner, module, JSON.stringify(options), code], {
      stdio: ['ignore', 'inherit', 'inherit'],
    });
    const isInContainer = () => processesWith(mark).some((pid) => pid !== node.pid);
    await until('it runs', isInContainer, 20_000);
    node.kill('SIGKILL');
    await node.exited;
    await until('the container has ended', () => processesWith(mark).length === 0);
    const next = await makeSandbox(options);
    expect(await next.sweep()).toBe(1);
    expect(await findTraces(options.dataDir)).toEqual([]);
    await next.close();
  }, 40_000);

  test('that a killed node had not heard yet leave nothing after the next sweep', async () => {
    // It makes the folder, if it is not there.
    const mine = await start();
    const left = join(fifoFolder(dataDir), 'whisklet-before-1');
    mkdirSync(left);
    expect(Bun.spawnSync(['mkfifo', join(left, 'in'), join(left, 'out')]).exitCode).toBe(0);
    expect(await sandbox.sweep()).toBe(0);
    expect(existsSync(left)).toBe(false);
    expect(await mine.ask('return 1')).toBe(1);
  });

  const mayMount = process.getuid?.() === 0 && Bun.which('unshare') !== null;
  test.skipIf(!mayMount)(
    'are had as before where the engine sees no folder of the node',
    async () => {
      const mark = `mark-${crypto.randomUUID()}`;
      const options = { dataDir: join(folder, 'hidden'), shimsDir, settings: {} };
      mkdirSync(options.dataDir);
      const code = `require('child_process').spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)', '${mark}'])`;
      const hidden = `mount -t tmpfs none "$0" && exec "$@"`;
      const command = [process.execPath, owner, module, JSON.stringify(options), code];
      const node = Bun.spawn(['unshare', '--mount', 'sh', '-c', hidden, options.dataDir, ...command], {
        stdio: ['ignore', 'inherit', 'inherit'],
      });
      const isInContainer = () => processesWith(mark).some((pid) => pid !== node.pid);
      try {
        await until('it runs', isInContainer, 20_000);
      } finally {
        node.kill('SIGKILL');
        await node.exited;
      }
      await until('the container has ended', () => processesWith(mark).length === 0);
      const next = await makeSandbox(options);
      expect(await next.sweep()).toBe(1);
      await next.close();
    },
    40_000,
  );
});
