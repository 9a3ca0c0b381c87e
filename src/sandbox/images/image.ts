import { join } from 'node:path';
import type { RuntimeSpec } from '../../model/manifest.ts';
import { messages } from '../../model/messages.ts';
import type { Events } from '../../observe/events.ts';
import { type Docker, DockerError } from '../docker.ts';
import { ProvisionError } from '../sandbox.ts';
import { describeOwnImage } from './own.ts';

/** `never`; `missing`: when it is not here; `always`: before each cold start, unless the registry cannot be reached. */
export type Pull = 'never' | 'missing' | 'always';

export interface ImagesOptions {
  readonly docker: Docker;
  readonly events: Events;
  /** Folder of the unpacked shims, one folder a family. */
  readonly shimsDir: string;
  readonly executable: string;
  readonly version: string;
  /** `name=value`, put on the images that we make: older ones that carry it are removed. */
  readonly label: string;
  readonly pull: Pull;
}

/** Images of this name are built on this host (`whisklet images build`); no registry has them. */
const BUILT_HERE = 'whisklet/';

/** Which image a container is made of, and how it gets here. */
export class Images {
  readonly #options: ImagesOptions;
  /** What is being made or pulled, and the own images that are made: each is done once. */
  readonly #made = new Map<string, Promise<string>>();
  readonly #pulls = new Map<string, Promise<void>>();

  constructor(options: ImagesOptions) {
    this.#options = options;
  }

  /** True when containers of this runtime can be had, or why not. An image of our own is begun to be made. */
  async supports(runtime: RuntimeSpec): Promise<true | string> {
    const { docker, pull, shimsDir } = this.#options;
    const { family = '', image } = runtime;
    if (image === undefined) {
      if (!(await Bun.file(join(shimsDir, family, 'shim.js')).exists())) return `there is no shim for '${family}'`;
      // Nobody waits for it here, and whoever needs it hears what went wrong.
      this.#own(runtime).catch(() => undefined);
      return true;
    }
    try {
      if (await docker.hasImage(image)) return true;
    } catch (error) {
      return (error as Error).message;
    }
    if (image.startsWith(BUILT_HERE))
      return `there is no image ${image}: make it with 'whisklet images build ${runtime.kind}'`;
    return pull === 'never' ? `there is no image ${image}, and pulling is switched off` : true;
  }

  /** The image to make a container of; `always` pulls it first. */
  async find(runtime: RuntimeSpec): Promise<string> {
    const { image } = runtime;
    if (image === undefined) return this.#own(runtime);
    if (this.#options.pull === 'always' && !image.startsWith(BUILT_HERE)) await this.#refresh(runtime, image);
    return image;
  }

  /** The engine says that the image is not here: gets it. @throws ProvisionError */
  async fetch(runtime: RuntimeSpec, image: string): Promise<void> {
    const { events, pull } = this.#options;
    if (runtime.image === undefined) {
      this.#made.delete(familyOf(runtime));
      await this.#own(runtime);
      return;
    }
    if (pull === 'never' || image.startsWith(BUILT_HERE)) {
      events.warn('docker', `there is no image ${image} and it is not to be pulled`);
      throw pullFailed(runtime, image);
    }
    await this.#pull(image).catch((error: Error) => {
      events.warn('docker', `image ${image} could not be pulled: ${error.message}`);
      throw pullFailed(runtime, image);
    });
  }

  async #refresh(runtime: RuntimeSpec, image: string): Promise<void> {
    const { docker, events } = this.#options;
    try {
      await this.#pull(image);
    } catch (error) {
      if (!(await docker.hasImage(image).catch(() => false))) throw pullFailed(runtime, image);
      events.warn(
        'docker',
        `image ${image} could not be pulled, the one that is here serves: ${(error as Error).message}`,
      );
    }
  }

  #pull(image: string): Promise<void> {
    const { docker, events } = this.#options;
    return once(this.#pulls, image, async () => {
      const start = performance.now();
      events.info('docker', `pulling image ${image}`);
      try {
        await docker.pull(image);
        events.info('docker', `pulled image ${image} in ${Math.round(performance.now() - start)} ms`);
      } finally {
        this.#pulls.delete(image);
      }
    });
  }

  #own(runtime: RuntimeSpec): Promise<string> {
    const family = familyOf(runtime);
    return once(this.#made, family, async () => {
      try {
        return await this.#make(family);
      } catch (error) {
        this.#made.delete(family);
        this.#options.events.error('docker', `the image for ${family} could not be made: ${(error as Error).message}`);
        throw error instanceof DockerError ? error : new ProvisionError(messages.provisionFailed);
      }
    });
  }

  async #make(family: string): Promise<string> {
    const { docker, events, executable, label, shimsDir, version } = this.#options;
    const { repo, tag, changes, pack } = await describeOwnImage({
      executable,
      shimDir: join(shimsDir, family),
      family,
      version,
    });
    const image = `${repo}:${tag}`;
    if (await docker.hasImage(image)) return image;
    const start = performance.now();
    await docker.importImage(pack(), repo, tag, [...changes, `LABEL ${label}`]);
    events.info('docker', `made image ${image} in ${Math.round(performance.now() - start)} ms`);
    for (const old of await docker.images(label)) {
      if (old === image || !(old.startsWith(`${repo}:`) || old.startsWith('sha256:'))) continue;
      // A container may still be made of it; the next start tries again.
      await docker.removeImage(old).catch((error: Error) => events.debug('docker', error.message));
    }
    return image;
  }
}

function familyOf(runtime: RuntimeSpec): string {
  if (runtime.family === undefined) throw new ProvisionError(messages.provisionFailed);
  return runtime.family;
}

/** The image that a developer named is the developer's affair; one of the manifest is ours. */
function pullFailed(runtime: RuntimeSpec, image: string): ProvisionError {
  return new ProvisionError(messages.imagePullFailed(image), runtime.kind === 'blackbox');
}

/** The work that is under way for this key, or that is begun now. */
function once<T>(under: Map<string, Promise<T>>, key: string, work: () => Promise<T>): Promise<T> {
  const known = under.get(key);
  if (known !== undefined) return known;
  const promise = work();
  under.set(key, promise);
  return promise;
}
