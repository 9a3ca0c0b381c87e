import { Events } from '../../src/observe/events.ts';
import { DockerSandbox } from '../../src/sandbox/docker/sandbox.ts';
import { Docker, DockerError } from '../../src/sandbox/docker.ts';

/** Takes away the images that a node with this data folder made; those that it found belong to somebody else. */
export async function removeImages(dataDir: string): Promise<void> {
  const docker = await Docker.connect(process.env.DOCKER_HOST ?? '/var/run/docker.sock');
  const unused = { shimsDir: '', executable: '', version: '', pull: 'never' } as const;
  const { label } = new DockerSandbox({ docker, events: new Events(), dataDir, ...unused });
  for (const image of await docker.images(label)) {
    await docker.removeImage(image).catch((error: unknown) => {
      // Another node that found it is running it: then it is that one's to keep.
      if (!(error instanceof DockerError && error.kind === 'conflict')) throw error;
    });
  }
}
