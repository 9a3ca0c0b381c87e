import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { Events } from '../../src/observe/events.ts';
import { DockerSandbox } from '../../src/sandbox/docker/sandbox.ts';
import { Docker } from '../../src/sandbox/docker.ts';
import type { Sandbox } from '../../src/sandbox/sandbox.ts';
import type { MakeOptions } from '../contract/sandbox.ts';
import { docker, removeImages } from './docker.ts';
import { EngineProxy } from './engine-proxy.ts';

function make(dataDir: string, shimsDir: string, engine = docker as Docker): DockerSandbox {
  const where = { docker: engine, events: new Events(), dataDir, shimsDir, executable: process.execPath };
  return new DockerSandbox({ ...where, version: 'test', pull: 'never' });
}

/** A sandbox that takes the images which it made with it when it closes. With `{isRemote: true}` its engine seems to be another machine's. */
export async function makeSandbox({ dataDir, shimsDir, settings }: MakeOptions): Promise<Sandbox> {
  if (settings.isRemote !== true) return withItsImages(make(dataDir, shimsDir));
  const proxy = await EngineProxy.start({ isRemote: true });
  return withItsImages(make(dataDir, shimsDir, await Docker.connect(proxy.address)), () => proxy.close());
}

/** One that talks with its engine in this way. */
export function makeSandboxOn(engine: Docker, dataDir: string, shimsDir: string): Sandbox {
  return withItsImages(make(dataDir, shimsDir, engine));
}

function withItsImages(sandbox: DockerSandbox, onClosed = () => {}): Sandbox {
  return {
    name: sandbox.name,
    isolation: sandbox.isolation,
    supports: (runtime) => sandbox.supports(runtime),
    create: (spec) => sandbox.create(spec),
    sweep: () => sandbox.sweep(),
    close: async () => {
      await sandbox.close();
      await removeImages(sandbox.label);
      onClosed();
    },
  };
}

/** What containers and images of this data folder are marked with. */
export function labelOf(dataDir: string): string {
  return make(dataDir, '/none').label;
}

/** Containers of this data folder, and folders of their FIFOs. */
export async function findTraces(dataDir: string): Promise<string[]> {
  const containers = (await docker?.list(labelOf(dataDir))) ?? [];
  return [...containers.map(({ name }) => name), ...namesIn(fifoFolder(dataDir)), ...namesIn(join(dataDir, 'docker'))];
}

/** Where containers of this data folder have theirs, until they have spoken. */
export function fifoFolder(dataDir: string): string {
  return `/dev/shm/whisklet-${labelOf(dataDir).split('=')[1]}`;
}

function namesIn(folder: string): string[] {
  return existsSync(folder) ? readdirSync(folder) : [];
}
