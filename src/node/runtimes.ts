import runtimes from '../../runtimes/manifest.json' with { type: 'json' };
import { type Manifest, parseManifest } from '../model/manifest.ts';

/** The operator's manifest, or the one that is built in. @throws ManifestError that names the place in the file */
export async function readManifest(file: string | undefined): Promise<Manifest> {
  return parseManifest(file === undefined ? JSON.stringify(runtimes) : await Bun.file(file).text());
}
