import runtimes from '../../runtimes/manifest.json' with { type: 'json' };
import { SettingsError } from '../config.ts';
import { type Manifest, ManifestError, parseManifest } from '../model/manifest.ts';
import { readSettingFile } from '../settings/files.ts';

/** The operator's manifest, or the one that is built in. @throws SettingsError that names the file, and the place in it */
export async function readManifest(file: string | undefined): Promise<Manifest> {
  if (file === undefined) return parseManifest(JSON.stringify(runtimes));
  const text = await readSettingFile('manifest', file);
  try {
    return parseManifest(text);
  } catch (error) {
    if (error instanceof ManifestError) throw new SettingsError([`manifest: ${file}: ${error.message}`]);
    throw error;
  }
}
