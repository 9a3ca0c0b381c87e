import { constants } from 'node:os';
import type { Exit, Place } from '../../model/place.ts';
import type { Events } from '../../observe/events.ts';
import { type Docker, DockerError } from '../docker.ts';
import { type Freezer, findFreezer } from './freezer.ts';
import { cpuShares } from './options.ts';
import type { DockerStdio } from './stdio.ts';

export interface DockerPlaceOptions {
  readonly docker: Docker;
  readonly events: Events;
  /** The container's name. */
  readonly id: string;
  /** Taken before it was started. */
  readonly stdio: DockerStdio;
  /** Where its port 8080 is; then its streams carry nothing but logs, and it lives on without them. */
  readonly address: Place['address'];
  /** Nothing of it is left. */
  readonly onGone: () => void;
  /** True when the node stops, and must not wait for an engine that is away. */
  readonly mayGiveUp: () => boolean;
}

/** How long the last words of a container may take from its end until they are here. */
const LAST_WORDS_MS = 500;
/** How often removing is tried when the engine refuses it, and the pauses between. */
const REMOVE_ATTEMPTS = 5;
const REMOVE_PAUSE_MS = 200;
const REMOVE_PAUSE_MAX_MS = 2000;

/** A started container. Once it is attached no call to the engine is needed to talk with it. */
export class DockerPlace implements Place {
  readonly id: string;
  readonly stdio: DockerStdio;
  readonly address?: { readonly host: string; readonly port: number };
  readonly exited: Promise<Exit>;
  readonly #options: DockerPlaceOptions;
  /** Looked for when it is first paused; `null` when there is none. */
  #freezer: Freezer | null | undefined;
  #destroyed: Promise<void> | undefined;

  /** To be made when the container has been started. */
  constructor(options: DockerPlaceOptions) {
    this.#options = options;
    this.id = options.id;
    this.stdio = options.stdio;
    if (options.address) this.address = options.address;
    this.exited = this.#end();
  }

  async resize(memory: number): Promise<void> {
    await this.#options.docker.setMemory(this.id, memory, cpuShares(memory));
  }

  async pause(): Promise<void> {
    this.#freezer ??= await this.#findFreezer();
    // It may have ended in this moment: then there is nothing to freeze, and `exited` tells.
    await this.#freezer?.freeze().catch(() => undefined);
  }

  async resume(): Promise<void> {
    await this.#freezer?.thaw().catch(() => undefined);
  }

  destroy(): Promise<void> {
    this.#destroyed ??= this.#remove();
    return this.#destroyed;
  }

  async #remove(): Promise<void> {
    const isGone = await this.#tryToRemove();
    const closed = this.stdio.close();
    // One that lives on may never read what is queued for it.
    if (isGone) await closed;
    this.#options.onGone();
  }

  /** False when the engine does not do it. */
  async #tryToRemove(): Promise<boolean> {
    const { docker, events, mayGiveUp } = this.#options;
    for (let attempt = 1; ; attempt++) {
      try {
        await docker.remove(this.id);
        return true;
      } catch (error) {
        // Its memory is not free before it is gone, so an engine that is away is waited for.
        const isAway = error instanceof DockerError && error.kind === 'away';
        if (attempt >= REMOVE_ATTEMPTS && (!isAway || mayGiveUp())) {
          events.warn('docker', `${this.id} could not be removed, the next start will: ${(error as Error).message}`);
          return false;
        }
        await Bun.sleep(Math.min(attempt * REMOVE_PAUSE_MS, REMOVE_PAUSE_MAX_MS));
      }
    }
  }

  async #findFreezer(): Promise<Freezer | null> {
    const { docker } = this.#options;
    if (!docker.isLocal) return null;
    const { pid } = await docker.inspect(this.id);
    return (await findFreezer(pid)) ?? null;
  }

  async #end(): Promise<Exit> {
    const { docker, address } = this.#options;
    const stopped = docker.wait(this.id).then(
      () => true,
      () => false,
    );
    // When the engine goes away waiting fails, and only the end of the streams tells.
    await Promise.race([this.stdio.ended, stopped.then((really) => (really ? undefined : this.stdio.ended))]);
    await Promise.race([this.stdio.ended, Bun.sleep(LAST_WORDS_MS)]);
    const { lastWords } = this.stdio;
    let found = await docker.inspect(this.id).catch(() => undefined);
    if (found?.running && address && (await stopped)) {
      found = await docker.inspect(this.id).catch(() => undefined);
    }
    // Nobody can talk with it any more, or nobody knows of it.
    if (!found || found.running) return { code: null, signal: 'SIGKILL', outOfMemory: false, lastWords };
    return { ...readExit(found.exitCode), outOfMemory: found.outOfMemory && found.exitCode !== 0, lastWords };
  }
}

/** An exit code over 128 is a signal, as a shell tells it. */
export function readExit(exitCode: number): Pick<Exit, 'code' | 'signal'> {
  const number = exitCode - 128;
  const signal = Object.entries(constants.signals).find(([, value]) => value === number)?.[0];
  return signal ? { code: null, signal } : { code: exitCode, signal: null };
}
