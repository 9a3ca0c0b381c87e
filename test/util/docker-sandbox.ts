import { Events } from '../../src/observe/events.ts';
import type { Docker } from '../../src/sandbox/docker.ts';
import { DockerSandbox } from '../../src/sandbox/docker-sandbox.ts';
import type { Sandbox } from '../../src/sandbox/sandbox.ts';
import type { MakeOptions } from '../contract/sandbox.ts';
import { docker, removeImages } from './docker.ts';

function make(dataDir: string, shimsDir: string): DockerSandbox {
  const where = { docker: docker as Docker, events: new Events(), dataDir, shimsDir, executable: process.execPath };
  return new DockerSandbox({ ...where, version: 'test', pull: 'never' });
}

/** A sandbox that takes the images which it made with it when it closes. */
export async function makeSandbox({ dataDir, shimsDir }: MakeOptions): Promise<Sandbox> {
  const sandbox = make(dataDir, shimsDir);
  return {
    name: sandbox.name,
    isolation: sandbox.isolation,
    supports: (runtime) => sandbox.supports(runtime),
    create: (spec) => sandbox.create(spec),
    sweep: () => sandbox.sweep(),
    close: async () => {
      await sandbox.close();
      await removeImages(sandbox.label);
    },
  };
}

/** What containers and images of this data folder are marked with. */
export function labelOf(dataDir: string): string {
  return make(dataDir, '/none').label;
}

/** Containers of this data folder. */
export async function findTraces(dataDir: string): Promise<string[]> {
  return ((await docker?.list(labelOf(dataDir))) ?? []).map(({ name }) => name);
}
