import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { copyFile, mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { messages } from '../../src/model/messages.ts';
import { Events } from '../../src/observe/events.ts';
import { DockerSandbox } from '../../src/sandbox/docker/sandbox.ts';
import { Docker } from '../../src/sandbox/docker.ts';
import { ProvisionError } from '../../src/sandbox/sandbox.ts';
import { noPrivateEngine, PrivateEngine } from '../util/private-engine.ts';
import { Puppet } from '../util/puppet.ts';

const spec = {
  runtime: { kind: 'nodejs:20', protocol: 'stdio', family: 'javascript' },
  memory: 256,
  env: {},
} as const;

describe.skipIf(noPrivateEngine !== '')(`an engine that restarts${noPrivateEngine}`, () => {
  let folder: string;
  let engine: PrivateEngine;
  let sandbox: DockerSandbox;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'whisklet-restart-'));
    await mkdir(join(folder, 'javascript'));
    await copyFile(join(import.meta.dir, '../fixture/runtime/puppet.js'), join(folder, 'javascript/shim.js'));
    engine = await PrivateEngine.start();
    sandbox = new DockerSandbox({
      docker: await Docker.connect(engine.socket),
      events: new Events(),
      dataDir: folder,
      shimsDir: folder,
      executable: process.execPath,
      version: 'test',
      pull: 'never',
      network: 'none',
    });
  }, 60_000);
  afterAll(async () => {
    await sandbox?.close();
    await engine?.destroy();
    await rm(folder, { recursive: true });
  }, 60_000);

  test('takes its places with it, refuses new ones while it is away, and gives them again when it is back', async () => {
    const puppet = new Puppet(await sandbox.create(spec));
    expect(await puppet.ask('return 1')).toBe(1);

    await engine.stop();
    expect(await puppet.place.exited).toMatchObject({ outOfMemory: false });
    const start = performance.now();
    const refused = await sandbox.create(spec).catch((error: Error) => error);
    expect(refused).toBeInstanceOf(ProvisionError);
    expect((refused as Error).message).toBe(messages.provisionFailed);
    expect(performance.now() - start).toBeLessThan(1000);
    puppet.place.stdio.write(Buffer.from('nobody hears\n'));

    // Begun while it is away, done when it is back.
    const destroyed = puppet.place.destroy();
    await engine.start();
    await destroyed;
    const again = new Puppet(await sandbox.create(spec));
    expect(await again.ask('return 2')).toBe(2);
    await again.place.destroy();
    expect(await (await Docker.connect(engine.socket)).list('io.whisklet.kind=nodejs:20')).toEqual([]);
  }, 60_000);
});
