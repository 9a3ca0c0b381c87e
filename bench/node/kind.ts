import runtimes from '../../runtimes/manifest.json' with { type: 'json' };
import { parseManifest, type RuntimeSpec } from '../../src/model/manifest.ts';

const manifest = parseManifest(JSON.stringify(runtimes));

/** What `nodejs:default` is in the built-in manifest. */
export const defaultKind = manifest.resolve('nodejs:default') as RuntimeSpec;

/** How many stem cells a node keeps for it. */
export const defaultStemCells =
  manifest.kinds.find(({ kind }) => kind === defaultKind.kind)?.stemCells.reduce((sum, { count }) => sum + count, 0) ??
  0;
