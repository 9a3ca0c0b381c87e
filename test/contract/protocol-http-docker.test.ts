import { afterAll, afterEach, beforeAll, describe, expect, test } from 'bun:test';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { Place } from '../../src/model/place.ts';
import { Events } from '../../src/observe/events.ts';
import { HttpProtocol } from '../../src/protocol/http.ts';
import { LogCollector } from '../../src/protocol/logs.ts';
import { RuntimeFault, type Talk } from '../../src/protocol/protocol.ts';
import { DockerSandbox } from '../../src/sandbox/docker/sandbox.ts';
import type { Docker } from '../../src/sandbox/docker.ts';
import { describeOwnImage } from '../../src/sandbox/images/own.ts';
import { docker, noDocker, removeImages } from '../util/docker.ts';

const LIMIT = 1024 * 1024;
const LABEL = 'io.whisklet.test=http';
const IMAGE = 'whisklet-test/openwhisk:1';
const engine = docker as Docker;
const protocol = new HttpProtocol({ resultLimit: LIMIT });

let folder: string;
let sandbox: DockerSandbox;
const places: Place[] = [];

async function open(memory = 256, env: Readonly<Record<string, string>> = {}): Promise<[Talk, Place]> {
  const runtime = { kind: 'blackbox', protocol: 'http', image: IMAGE } as const;
  const place = await sandbox.create({ runtime, memory, env });
  places.push(place);
  return [await protocol.open(place), place];
}

function init(talk: Talk, code: string, logs = new LogCollector(LIMIT)) {
  return talk.init({ activationId: 'a1', name: 'hi', main: 'main', code, binary: false, env: {}, logs });
}

function run(talk: Talk, value: object, logs = new LogCollector(LIMIT)) {
  return talk.run({
    ...{ activationId: 'a1', transactionId: 't1', namespace: 'guest', actionName: '/guest/hi', actionVersion: '0.0.1' },
    ...{ deadline: 1_800_000_000_000, apiKey: undefined, args: JSON.stringify(value), logs },
  });
}

describe.skipIf(docker === undefined)(
  `an image that speaks OpenWhisk's protocol, in Docker${noDocker ? ` (skipped: ${noDocker})` : ''}`,
  () => {
    beforeAll(async () => {
      folder = await mkdtemp(join(tmpdir(), 'whisklet-http-'));
      const shimDir = join(folder, 'openwhisk');
      await mkdir(shimDir);
      const program = Bun.file(resolve(import.meta.dir, '../fixture/runtime/openwhisk.js'));
      await Bun.write(join(shimDir, 'shim.js'), program);
      const family = 'openwhisk';
      const image = await describeOwnImage({ executable: process.execPath, shimDir, family, version: 'test' });
      // As images of others are: it runs as root in its container.
      const changes = image.changes.filter((line) => !line.startsWith('USER'));
      await engine.importImage(image.pack(), 'whisklet-test/openwhisk', '1', [...changes, `LABEL ${LABEL}`]);
      sandbox = new DockerSandbox({
        ...{ docker: engine, events: new Events(), dataDir: folder, shimsDir: folder },
        ...{ executable: process.execPath, version: 'test', pull: 'never' },
      });
    });
    afterEach(() => Promise.all(places.splice(0).map((place) => place.destroy())));
    afterAll(async () => {
      await sandbox.close();
      await removeImages(LABEL);
      await rm(folder, { recursive: true });
    });

    test('is supported when it is here', async () => {
      expect(await sandbox.supports({ kind: 'blackbox', protocol: 'http', image: IMAGE })).toBe(true);
    });

    test('runs unchanged, with its logs complete (ACT-04, PROT-09)', async () => {
      const [talk] = await open(256, { LISTEN_AFTER: '100' });
      expect(await init(talk, 'ok')).toEqual({ type: 'result', value: '{"ok":true}' });
      for (let count = 0; count < 20; count++) {
        const logs = new LogCollector(LIMIT);
        expect(await run(talk, { do: 'print late' }, logs)).toEqual({ type: 'result', value: '{"late":true}' });
        expect(logs.lines.map((line) => line.slice(31))).toEqual(['stdout: late']);
      }
    });

    test('is told apart from one that ran out of memory', async () => {
      const [talk, place] = await open(128);
      await init(talk, 'ok');
      let exit: unknown;
      void place.exited.then((found) => {
        exit = found;
      });
      await expect(run(talk, { do: 'eat' })).rejects.toBeInstanceOf(RuntimeFault);
      expect(exit).toMatchObject({ outOfMemory: true });
    });

    test('gets the next container with the same address without the connections of the last', async () => {
      for (let count = 0; count < 3; count++) {
        const [talk, place] = await open();
        expect(await init(talk, 'ok')).toMatchObject({ type: 'result' });
        expect(await run(talk, { do: 'sleep', ms: 0 })).toEqual({ type: 'result', value: '{"slept":0}' });
        await place.destroy();
      }
    });

    test('answers again after it was frozen', async () => {
      const [talk, place] = await open();
      await init(talk, 'ok');
      await run(talk, { do: 'sleep', ms: 0 });
      await place.pause();
      await place.resume();
      expect(await run(talk, { do: 'sleep', ms: 1 })).toEqual({ type: 'result', value: '{"slept":1}' });
    });
  },
);
