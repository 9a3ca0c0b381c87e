import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { resolve } from 'node:path';
import { messages } from '../../src/model/messages.ts';
import { Events } from '../../src/observe/events.ts';
import { Docker } from '../../src/sandbox/docker.ts';
import { DockerSandbox } from '../../src/sandbox/docker-sandbox.ts';
import { ProvisionError } from '../../src/sandbox/sandbox.ts';
import { Lines } from '../util/lines.ts';
import { noPrivateEngine, PrivateEngine } from '../util/private-engine.ts';

const spec = {
  runtime: { kind: 'nodejs:20', protocol: 'stdio', family: 'javascript' },
  memory: 256,
  env: {},
} as const;

describe.skipIf(noPrivateEngine !== '')(`an engine that restarts${noPrivateEngine}`, () => {
  let engine: PrivateEngine;
  let sandbox: DockerSandbox;

  beforeAll(async () => {
    engine = await PrivateEngine.start();
    sandbox = new DockerSandbox({
      docker: await Docker.connect(engine.socket),
      events: new Events(),
      dataDir: engine.socket,
      shimsDir: resolve(import.meta.dir, '../fixture/shims'),
      executable: process.execPath,
      version: 'test',
      pull: 'never',
      network: 'none',
    });
  }, 60_000);
  afterAll(async () => {
    await sandbox?.close();
    await engine?.destroy();
  }, 60_000);

  test('takes its places with it, refuses new ones while it is away, and gives them again when it is back', async () => {
    const lines = new Lines(await sandbox.create(spec));
    expect(await lines.next()).toBe('ready');

    await engine.stop();
    expect(await lines.place.exited).toMatchObject({ outOfMemory: false });
    const start = performance.now();
    const refused = await sandbox.create(spec).catch((error: Error) => error);
    expect(refused).toBeInstanceOf(ProvisionError);
    expect((refused as Error).message).toBe(messages.provisionFailed);
    expect(performance.now() - start).toBeLessThan(1000);
    lines.place.stdio.write(Buffer.from('nobody hears\n'));

    // Begun while it is away, done when it is back.
    const destroyed = lines.place.destroy();
    await engine.start();
    await destroyed;
    const again = new Lines(await sandbox.create(spec));
    expect(await again.next()).toBe('ready');
    expect(await again.ask('alive')).toBe('alive');
    await again.place.destroy();
    expect(await (await Docker.connect(engine.socket)).list('io.whisklet.kind=nodejs:20')).toEqual([]);
  }, 60_000);
});
