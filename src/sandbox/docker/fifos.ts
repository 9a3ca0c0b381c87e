import { lstatSync, mkdirSync } from 'node:fs';
import { readdir, rm, rmdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Events } from '../../observe/events.ts';
import { DockerError } from '../docker.ts';
import { FifoStreams } from './fifo-streams.ts';

export interface DockerFifosOptions {
  /**
   * Folders of this node, the best first: each container that has not spoken yet has a folder in one of them. They are made here, if what
   * they are to lie in is there.
   */
  readonly folders: readonly string[];
  readonly events: Events;
}

/** FIFOs for the containers of a node, in the first folder that the engine can mount; none, which is said once, where there is none. */
export class DockerFifos {
  readonly #options: DockerFifosOptions;
  /** What nothing is known against. */
  readonly #left: string[];

  constructor(options: DockerFifosOptions) {
    this.#options = options;
    this.#left = [...options.folders];
  }

  make(id: string): FifoStreams | undefined {
    for (let folder = this.#left[0]; folder !== undefined; folder = this.#left[0]) {
      try {
        claim(folder);
        return new FifoStreams(join(folder, id));
      } catch (error) {
        this.#leave(folder, (error as Error).message);
      }
    }
    return undefined;
  }

  /** Whether this is why there is no container: the engine does not see what the node sees, or may not mount it. Then that folder is left. */
  areRefused(fifos: FifoStreams, error: unknown): boolean {
    if (!(error instanceof DockerError && error.message.includes(fifos.folder))) return false;
    this.#leave(dirname(fifos.folder), error.message);
    return true;
  }

  /** Takes away what other runs of the node left. @param run in the names of this one's containers */
  async sweep(run: string): Promise<void> {
    for (const folder of this.#options.folders.filter(isOurs)) {
      const old = (await readdir(folder)).filter((name) => !name.startsWith(`whisklet-${run}-`));
      await Promise.all(old.map((name) => rm(join(folder, name), { recursive: true, force: true })));
    }
  }

  /** Takes the folders away, where nothing is in them. */
  async close(): Promise<void> {
    for (const folder of this.#options.folders.filter(isOurs)) await rmdir(folder).catch(() => undefined);
  }

  #leave(folder: string, why: string): void {
    // Several containers may have found it out at once.
    if (this.#left[0] !== folder) return;
    this.#left.shift();
    if (this.#left.length === 0) {
      this.#options.events.info('docker', `containers are talked with through the engine, which is slower: ${why}`);
    }
  }
}

/** Only this user may enter it: others may write where it lies, and have made something of that name before. */
function claim(folder: string): void {
  try {
    mkdirSync(folder, { mode: 0o700 });
  } catch (error) {
    if (!isOurs(folder)) throw error;
  }
}

function isOurs(folder: string): boolean {
  const found = lstatSync(folder, { throwIfNoEntry: false });
  if (!found) return false;
  return found.isDirectory() && found.uid === process.getuid?.() && (found.mode & 0o077) === 0;
}
