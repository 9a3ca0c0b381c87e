import type { Exit, Place } from '../../model/place.ts';
import type { Bounds } from './bounds.ts';
import type { ChildStreams } from './child-streams.ts';

export interface LocalPlaceParts {
  readonly id: string;
  /** The first process, which Bun started. */
  readonly child: Bun.Subprocess;
  readonly stdio: ChildStreams;
  readonly bounds: Bounds;
  /** Gives back what the sandbox lent: the user, the folder. Called once, when nothing of the place is left. */
  readonly release: () => Promise<void>;
  /** Told of what could not be cleaned up after a place that ended by itself. */
  readonly warn: (text: string) => void;
}

/** How long output may still come after the end: processes that escaped from a plain place may hold the pipe open. */
const DRAIN_MS = 500;

/** One local place: a child process with what it started, its pipes and its bounds. */
export class LocalPlace implements Place {
  readonly id: string;
  readonly stdio: ChildStreams;
  readonly exited: Promise<Exit>;
  readonly #child: Bun.Subprocess;
  readonly #bounds: Bounds;
  readonly #release: () => Promise<void>;
  #destroyed: Promise<void> | undefined;
  #isUnwanted = false;

  constructor({ id, child, stdio, bounds, release, warn }: LocalPlaceParts) {
    this.id = id;
    this.stdio = stdio;
    this.#child = child;
    this.#bounds = bounds;
    this.#release = release;
    bounds.begin(child);
    this.exited = this.#awaitEnd();
    // What the place started may outlive its first process.
    this.exited.then(() => this.#cleanUp()).catch((error: Error) => warn(`${id}: ${error.message}`));
  }

  resize(memory: number): Promise<void> {
    return this.#bounds.resize(memory);
  }

  pause(): Promise<void> {
    return this.#bounds.pause();
  }

  resume(): Promise<void> {
    return this.#bounds.resume();
  }

  async destroy(): Promise<void> {
    this.#isUnwanted = true;
    await this.#cleanUp();
  }

  #cleanUp(): Promise<void> {
    this.#destroyed ??= this.#tearDown();
    return this.#destroyed;
  }

  async #tearDown(): Promise<void> {
    await this.#bounds.kill();
    await this.exited;
    await this.stdio.close();
    await this.#bounds.remove();
    await this.#release();
  }

  async #awaitEnd(): Promise<Exit> {
    await this.#child.exited;
    const { code, signal } = endOf(this.#child);
    const wait = Promise.withResolvers<void>();
    const timer = setTimeout(wait.resolve, DRAIN_MS);
    await Promise.race([this.stdio.drained(), wait.promise]);
    clearTimeout(timer);
    // Whoever is killed because nobody wants it did not run out of memory, whatever a child of it did before.
    const outOfMemory = !this.#isUnwanted && code !== 0 && (await this.#ranOutOfMemory());
    return { code, signal, outOfMemory, lastWords: this.stdio.lastWords };
  }

  async #ranOutOfMemory(): Promise<boolean> {
    try {
      return await this.#bounds.ranOutOfMemory();
    } catch {
      return false;
    }
  }
}

/** Signals that end a process, by number, as Linux has them on all our processors. */
const SIGNALS: Readonly<Record<number, string>> = {
  1: 'SIGHUP',
  2: 'SIGINT',
  3: 'SIGQUIT',
  4: 'SIGILL',
  5: 'SIGTRAP',
  6: 'SIGABRT',
  7: 'SIGBUS',
  8: 'SIGFPE',
  9: 'SIGKILL',
  11: 'SIGSEGV',
  13: 'SIGPIPE',
  14: 'SIGALRM',
  15: 'SIGTERM',
  24: 'SIGXCPU',
  25: 'SIGXFSZ',
  31: 'SIGSYS',
};

type End = Pick<Exit, 'code' | 'signal'>;

/** Between the program and us stand processes that pass its end on as a shell does: 128 and the signal. */
export function endOf(child: { readonly exitCode: number | null; readonly signalCode: unknown }): End {
  const own = typeof child.signalCode === 'string' ? child.signalCode : undefined;
  const signal = own ?? SIGNALS[(child.exitCode ?? 0) - 128] ?? null;
  return { code: signal === null ? child.exitCode : null, signal };
}
