import { afterEach, beforeEach, describe, expect, test } from 'bun:test';
import { copyFile, mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Events } from '../../src/observe/events.ts';
import { DockerSandbox } from '../../src/sandbox/docker/sandbox.ts';
import { Docker } from '../../src/sandbox/docker.ts';
import { ProvisionError } from '../../src/sandbox/sandbox.ts';
import { docker, noDocker, removeImages } from '../util/docker.ts';
import { EngineProxy } from '../util/engine-proxy.ts';
import { Puppet } from '../util/puppet.ts';
import { until } from '../util/until.ts';

const runtime = { kind: 'nodejs:20', protocol: 'stdio', family: 'javascript' } as const;
const spec = { runtime, memory: 256, env: {} };
const QUIET_MS = 300;

describe.skipIf(docker === undefined)(`an engine that hangs${noDocker ? ` (skipped: ${noDocker})` : ''}`, () => {
  let folder: string;
  let proxy: EngineProxy;
  let sandbox: DockerSandbox;
  let warnings: string[];

  async function make(engine: Docker): Promise<DockerSandbox> {
    const events = new Events();
    events.said.subscribe(({ text }) => warnings.push(text));
    return new DockerSandbox({
      ...{ docker: engine, events, dataDir: folder, shimsDir: folder, executable: process.execPath },
      ...{ version: 'hang-test', pull: 'never', quietMs: QUIET_MS },
    });
  }

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'whisklet-hang-'));
    await mkdir(join(folder, 'javascript'));
    await copyFile(join(import.meta.dir, '../fixture/runtime/puppet.js'), join(folder, 'javascript/shim.js'));
    warnings = [];
    proxy = await EngineProxy.start();
    sandbox = await make(await Docker.connect(proxy.address));
  }, 60_000);
  afterEach(async () => {
    proxy.close();
    const next = await make(docker as Docker);
    await next.sweep();
    await next.close();
    await removeImages(sandbox.label);
    await rm(folder, { recursive: true });
  }, 60_000);

  /** Milliseconds that closing takes. */
  async function closingMs(): Promise<number> {
    const start = performance.now();
    await sandbox.close();
    return performance.now() - start;
  }

  test('is waited for only so long when the sandbox closes: its places end, and are left to the next one', async () => {
    const places = [await sandbox.create(spec), await sandbox.create(spec)];
    for (const place of places) expect(await new Puppet(place).ask('return 1')).toBe(1);
    proxy.hang();
    expect(await closingMs()).toBeLessThan(5_000);
    for (const place of places) {
      await place.destroy();
      expect((await place.exited).signal).toBe('SIGKILL');
    }
    expect(warnings.filter((text) => /could not be removed, the next start will/.test(text)).length).toBe(2);
    expect(await (await make(docker as Docker)).sweep()).toBe(2);
  });

  test.each([
    ['creates a container', /^POST \S*\/containers\/create/],
    ['attaches to one', /^POST \S*\/attach/],
    ['starts one', /^POST \S*\/start /],
  ])('while it %s holds up nobody who closes the sandbox', async (_, request) => {
    // The image is made.
    await (await sandbox.create(spec)).destroy();
    proxy.hang(request);
    const refused = sandbox.create(spec).catch((error: Error) => error);
    await until('it hangs', () => proxy.isHanging);
    expect(await closingMs()).toBeLessThan(5_000);
    expect(await refused).toBeInstanceOf(ProvisionError);
  });

  test('while it changes the memory of a place is given up with the rest', async () => {
    const place = await sandbox.create(spec);
    proxy.hang(/^POST \S*\/update/);
    const failed = place.resize(512).catch((error: Error) => error);
    await until('it hangs', () => proxy.isHanging);
    expect(await closingMs()).toBeLessThan(5_000);
    expect(await failed).toMatchObject({ kind: 'away' });
  });
});
