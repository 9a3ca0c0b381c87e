import { join } from 'node:path';
import type { Settings } from '../config.ts';
import type { Kind, Manifest } from '../model/manifest.ts';
import { build } from '../node/build-info.ts';
import { readManifest } from '../node/runtimes.ts';
import { Events } from '../observe/events.ts';
import { Docker } from '../sandbox/docker.ts';
import { buildImages } from '../sandbox/images/build.ts';
import { Images } from '../sandbox/images/image.ts';
import { unpackShims } from '../sandbox/shims.ts';

export interface BuildRequest {
  /** Names of kinds; none means all that need an image of our making. */
  readonly kinds: readonly string[];
  /** Base images by family, instead of those that the Dockerfiles name. */
  readonly bases: ReadonlyMap<string, string>;
  readonly onLine: (line: string) => void;
}

/** The operator asked for an image that cannot be made. */
export class BuildRefused extends Error {
  override readonly name = 'BuildRefused';
}

/** `whisklet images build`: makes images from `runtimes/<family>/Dockerfile` in the Docker engine, and names them. */
export async function runBuild(settings: Settings, request: BuildRequest): Promise<string[]> {
  const kinds = choose(await readManifest(settings.manifest), request.kinds);
  const docker = await Docker.connect(settings.dockerSocket).catch((error: Error) => {
    throw new BuildRefused(
      `Docker does not answer (${error.message}): start it, or say where it is with --docker-socket`,
    );
  });
  const shimsDir = await unpackShims(join(settings.dataDir, 'runtimes'));
  const events = new Events();
  const { version } = build;
  // Only kinds that have an image are built, so no image is made that would need the label of a node.
  const images = new Images({
    ...{ docker, events, shimsDir, version, executable: process.execPath },
    ...{ label: 'io.whisklet.built', pull: settings.pull },
  });
  const building = buildImages({
    ...{ docker, images, shimsDir, kinds },
    bases: Object.fromEntries(request.bases),
    pull: settings.pull === 'always',
    onLine: (image, line) => request.onLine(`${image}: ${line}`),
  });
  return building.catch((error: Error) => {
    throw new BuildRefused(
      `the build failed: ${error.message.trim()}. To build on an image that is here already: --base FAMILY=IMAGE`,
    );
  });
}

/** @throws BuildRefused for a kind that is unknown or has no image that we make */
function choose(manifest: Manifest, names: readonly string[]): Kind[] {
  const isOurs = (kind: Kind) => kind.family !== undefined && kind.image !== undefined;
  if (names.length === 0) return manifest.kinds.filter(isOurs);
  return names.map((name) => {
    const kind = manifest.resolve(name);
    const ours = manifest.kinds.filter(isOurs).map((each) => each.kind);
    if (!kind)
      throw new BuildRefused(`there is no kind '${name}' in the manifest; images are built of ${ours.join(', ')}`);
    if (kind.family === undefined)
      throw new BuildRefused(`'${name}' runs on the image ${kind.image}, which is not built here`);
    if (kind.image === undefined)
      throw new BuildRefused(`'${name}' needs no build: the node makes its image when it starts`);
    return kind;
  });
}
