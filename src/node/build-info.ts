import manifest from '../../package.json' with { type: 'json' };
import type { Build } from '../api/info.ts';

/** Set by `scripts/build.ts`; absent when run from source. */
declare const WHISKLET_COMMIT: string | undefined;
declare const WHISKLET_BUILT: string | undefined;

/** What this is and when it was made. Clients want a build that begins with its year. */
export const build: Build = {
  version: manifest.version,
  commit: typeof WHISKLET_COMMIT === 'string' ? WHISKLET_COMMIT : 'source',
  date: typeof WHISKLET_BUILT === 'string' ? WHISKLET_BUILT : new Date().toISOString(),
};
