import { readdir, readFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { Readable } from 'node:stream';
import { pack } from 'tar-stream';
import type { RuntimeSpec } from '../../model/manifest.ts';
import type { Docker } from '../docker.ts';
import type { Images } from './image.ts';

export interface BuildImagesOptions {
  readonly docker: Docker;
  readonly images: Images;
  /** Folder of the unpacked shims: `<family>/Dockerfile` and what it copies. */
  readonly shimsDir: string;
  readonly kinds: readonly RuntimeSpec[];
  /** Base images by family, instead of those that the Dockerfiles name (`ARG BASE=…`). */
  readonly bases?: Readonly<Record<string, string>>;
  /** Asks the registry for a newer base image even when one is here. */
  readonly pull: boolean;
  /** Gets what the builds say. */
  readonly onLine: (image: string, line: string) => void;
}

/**
 * Builds the images of these kinds from `runtimes/<family>/Dockerfile`, each image once, and answers their names. The
 * image of a family that the executable makes by itself is made, if it is not there.
 * @throws DockerError that says which step failed
 */
export async function buildImages(options: BuildImagesOptions): Promise<string[]> {
  const { docker, images, shimsDir, kinds, bases = {}, pull, onLine } = options;
  const built = new Set<string>();
  for (const runtime of kinds) {
    if (runtime.family === undefined) continue;
    if (runtime.image === undefined) {
      built.add(await images.find(runtime));
      continue;
    }
    const { family, image } = runtime;
    if (built.has(image)) continue;
    const base = bases[family];
    const args: Record<string, string> = base === undefined ? {} : { BASE: base };
    const labels = { 'io.whisklet.family': family };
    for await (const line of docker.build(await packFolder(join(shimsDir, family)), {
      tag: image,
      args,
      labels,
      pull,
    })) {
      onLine(image, line);
    }
    built.add(image);
  }
  return [...built];
}

/** A tar of a small folder, as a build context. */
async function packFolder(folder: string): Promise<Readable> {
  const tar = pack();
  const entries = await readdir(folder, { withFileTypes: true, recursive: true });
  for (const entry of entries) {
    if (!entry.isFile()) continue;
    const path = join(entry.parentPath, entry.name);
    tar.entry({ name: relative(folder, path), mode: 0o644 }, await readFile(path));
  }
  tar.finalize();
  return Readable.from(tar);
}
