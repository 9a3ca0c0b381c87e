/**
 * A place is one started container or process, as a sandbox hands it out and a protocol talks into it.
 */

/** One started place. It lives until `destroy`, or until it ends by itself. */
export interface Place {
  /** For people and labels: `whisklet-3f2a-12`. */
  readonly id: string;
  readonly stdio: Stdio;
  /** Where its port 8080 is reached; only for runtimes with the HTTP protocol. */
  readonly address?: { readonly host: string; readonly port: number };
  /** Resolves once, when the place has ended for whatever reason and all that it wrote was handed over. Never rejects. */
  readonly exited: Promise<Exit>;
  /** Changes the memory limit, so that a stem cell serves an action of any size. */
  resize(memory: number): Promise<void>;
  /** Freezes and thaws it. Where freezing costs more than it gives, both do nothing. */
  pause(): Promise<void>;
  resume(): Promise<void>;
  /** Ends it at once, with all processes that it started. Idempotent; resolves when nothing of it is left. */
  destroy(): Promise<void>;
}

/** The standard streams of a place. */
export interface Stdio {
  /** Writes to its stdin, all or in order later (a place may have to speak first); never blocks, never throws. After the end it does nothing. */
  write(bytes: Uint8Array): void;
  /** Sets who gets what comes from stdout, in order. Called once, before anything is written. */
  onOutput(listener: (chunk: Uint8Array) => void): void;
  /** Sets who gets what comes from stderr. Without one the last 4 KB are kept for `Exit.lastWords`. */
  onErrors(listener: (chunk: Uint8Array) => void): void;
}

export interface Exit {
  /** Exit code, or null when a signal ended it. */
  readonly code: number | null;
  readonly signal: string | null;
  readonly outOfMemory: boolean;
  /** The end of what it wrote to stderr, when nobody listened. */
  readonly lastWords: string;
}
