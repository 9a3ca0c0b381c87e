import { Docker } from '../../src/sandbox/docker.ts';

async function look(): Promise<Docker | string> {
  try {
    return await Docker.connect(process.env.DOCKER_HOST ?? '/var/run/docker.sock');
  } catch (error) {
    const reason = `no Docker engine answers: ${(error as Error).message}`;
    if (process.env.WHISKLET_TEST_REQUIRE === 'all') throw new Error(reason);
    return reason;
  }
}

const found = await look();

/** The engine that contract tests use; undefined when there is none. */
export const docker = typeof found === 'string' ? undefined : found;
/** Why there is none. */
export const noDocker = typeof found === 'string' ? found : undefined;

/** Removes the images that tests made, where no other test uses them now. */
export async function removeImages(label: string): Promise<void> {
  for (const image of (await docker?.images(label)) ?? []) await docker?.removeImage(image).catch(() => undefined);
}
