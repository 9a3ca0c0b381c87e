import { Docker } from '../../src/sandbox/docker.ts';

/** The Docker engine that contract tests use, or why there is none; with WHISKLET_TEST_REQUIRE=all there must be one. */
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

/** Undefined when there is none: then `noDocker` says why, and tests are skipped with it in their name. */
export const docker = typeof found === 'string' ? undefined : found;
export const noDocker = typeof found === 'string' ? ` (skipped: ${found})` : '';

/** Removes the images that tests made, where no other test uses them now. */
export async function removeImages(label: string): Promise<void> {
  for (const tag of (await docker?.images(label)) ?? []) await docker?.removeImage(tag).catch(() => undefined);
}
