import { afterEach, beforeEach, describe, expect, test } from 'bun:test';
import { messages } from '../../src/model/messages.ts';
import { Events } from '../../src/observe/events.ts';
import type { Docker } from '../../src/sandbox/docker.ts';
import { Images, type Pull } from '../../src/sandbox/images/image.ts';
import { docker, noDocker } from '../util/docker.ts';
import { Registry } from '../util/registry.ts';

const engine = docker as Docker;

describe.skipIf(docker === undefined)(`pulling an image${noDocker ? ` (skipped: ${noDocker})` : ''}`, () => {
  let registry: Registry;
  let said: string[];

  beforeEach(async () => {
    registry = await Registry.start('whisklet-test/pulled');
    said = [];
  });
  afterEach(async () => {
    await registry.stop();
    if (await engine.hasImage(registry.image)) await engine.removeImage(registry.image);
  });

  function images(pull: Pull): Images {
    const events = new Events();
    events.said.subscribe(({ text }) => said.push(text));
    const unused = { shimsDir: '/none', executable: '/none', version: '0', label: 'io.whisklet.test=pull' };
    return new Images({ docker: engine, events, pull, ...unused });
  }
  const blackbox = () => ({ kind: 'blackbox', protocol: 'http', image: registry.image }) as const;

  test('never happens when it is switched off', async () => {
    const never = images('never');
    expect(await never.supports(blackbox())).toContain('pulling is switched off');
    expect(await never.find(blackbox())).toBe(registry.image);
    const missing = never.fetch(blackbox(), registry.image);
    await expect(missing).rejects.toMatchObject({ message: messages.imagePullFailed(registry.image) });
    expect(registry.asked).toBe(0);
  });

  test('happens once for all who miss it, and is told', async () => {
    const missing = images('missing');
    expect(await missing.supports(blackbox())).toBe(true);
    expect(await missing.find(blackbox())).toBe(registry.image);
    expect(registry.asked).toBe(0);
    await Promise.all([1, 2, 3].map(() => missing.fetch(blackbox(), registry.image)));
    expect(await engine.hasImage(registry.image)).toBe(true);
    expect(said).toHaveLength(2);
    expect(said[0]).toBe(`pulling image ${registry.image}`);
    expect(said[1]).toStartWith(`pulled image ${registry.image} in `);
  });

  test('that fails is the fault of who named the image, and may be tried again', async () => {
    const missing = images('missing');
    registry.isUp = false;
    const failing = missing.fetch(blackbox(), registry.image);
    await expect(failing).rejects.toMatchObject({
      message: messages.imagePullFailed(registry.image),
      isDevelopers: true,
    });
    const ofManifest = missing.fetch({ ...blackbox(), kind: 'ruby:2.5' }, registry.image);
    await expect(ofManifest).rejects.toMatchObject({ isDevelopers: false });
    registry.isUp = true;
    await missing.fetch(blackbox(), registry.image);
    expect(await engine.hasImage(registry.image)).toBe(true);
  });

  test('always happens before a cold start, unless the registry is away and an image is here (ACT-04)', async () => {
    const always = images('always');
    registry.isUp = false;
    await expect(always.find(blackbox())).rejects.toMatchObject({ isDevelopers: true });
    registry.isUp = true;
    await always.find(blackbox());
    const asked = registry.asked;
    expect(asked).toBeGreaterThan(0);
    await always.find(blackbox());
    expect(registry.asked).toBeGreaterThan(asked);
    registry.isUp = false;
    expect(await always.find(blackbox())).toBe(registry.image);
    expect(said.at(-1)).toContain('the one that is here serves');
  });
});
