import type { RuntimeSpec } from '../model/manifest.ts';
import type { Place } from '../model/place.ts';

/**
 * A sandbox is a place where user code runs: a Docker container (`docker.ts`) or an isolated process of this
 * host (`local.ts`). It knows nothing of actions or protocols. It starts places, hands out their standard
 * streams and their end, limits what they may use, and destroys them.
 *
 * Every implementation runs `test/contract/sandbox.ts`.
 */
export interface Sandbox {
  readonly name: 'docker' | 'local';
  /** One sentence for the operator: how places are kept apart here, or that they are not. */
  readonly isolation: string;
  /** True when this sandbox can run the runtime here; otherwise the reason that it cannot, for the operator and the caller. */
  supports(runtime: RuntimeSpec): Promise<true | string>;
  /** Starts a place with its streams attached. Throws `ProvisionError` when there can be none. */
  create(spec: PlaceSpec): Promise<Place>;
  /** Destroys what an earlier node with the same data folder left behind; answers how many. */
  sweep(): Promise<number>;
  /** Destroys what is left of its places and lets go of the host. */
  close(): Promise<void>;
}

/** What is to be started. */
export interface PlaceSpec {
  readonly runtime: RuntimeSpec;
  /** Megabytes; going over ends the place with `outOfMemory`. */
  readonly memory: number;
  readonly env: Readonly<Record<string, string>>;
}

/**
 * There can be no place: no image, no memory, no engine. The message is one that the user may read. It is the
 * developer's fault when the image that the action names is (ContainerProxy: `BlackboxStartupError`).
 */
export class ProvisionError extends Error {
  override readonly name = 'ProvisionError';
  readonly isDevelopers: boolean;

  constructor(message: string, isDevelopers = false) {
    super(message);
    this.isDevelopers = isDevelopers;
  }
}
