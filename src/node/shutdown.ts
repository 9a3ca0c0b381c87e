import type { Cluster } from '../cluster/cluster.ts';
import type { Invocation } from '../invocation/invocation.ts';
import type { Invoker } from '../invoker/invoker.ts';
import type { Sandbox } from '../sandbox/sandbox.ts';
import type { Doors } from './doors.ts';

/** What is ended in an order of its own. */
export interface ShutdownParts {
  readonly cluster: Pick<Cluster, 'drain' | 'close'> | undefined;
  readonly invocation: Pick<Invocation, 'drain'>;
  readonly invoker: Pick<Invoker, 'drain' | 'close'>;
  readonly sandbox: Pick<Sandbox, 'close'>;
  readonly doors: Pick<Doors, 'close'>;
  /** All else, stores last. */
  readonly rest: AsyncDisposable;
}

export interface ShutdownTimes {
  /** The node serves on for this long, so that whoever sends calls here sees first that it is not ready any more; milliseconds. */
  readonly delayMs: number;
  /** So long what runs may take to end. */
  readonly drainMs: number;
}

/** How long the last answers may take to leave when nothing runs any more; then their connections are cut. */
const FAREWELL_MS = 1_000;

/**
 * The end of a node:
 *
 *     serving ──► leaving ──(delay)──► draining ──(what runs ends)──► closed
 *                not ready,           takes no
 *                still serves          calls
 */
export class Shutdown {
  #isLeaving = false;
  #isDraining = false;
  readonly #hurry = Promise.withResolvers<void>();
  #ended: Promise<void> | undefined;

  /** It is to end, and may still serve calls. */
  get isLeaving(): boolean {
    return this.#isLeaving;
  }

  /** It takes no calls any more. */
  get isDraining(): boolean {
    return this.#isDraining;
  }

  /** Ends the node; the same end, whoever asks for it a second time. */
  run(parts: ShutdownParts, times: ShutdownTimes): Promise<void> {
    this.#ended ??= this.#end(parts, times);
    return this.#ended;
  }

  /** Waits for nothing that runs any more. */
  hurry(): void {
    this.#hurry.resolve();
  }

  async #end(parts: ShutdownParts, { delayMs, drainMs }: ShutdownTimes): Promise<void> {
    const { cluster, invocation, invoker, sandbox, doors, rest } = parts;
    const orHurry = (waiting: Promise<void> | undefined) => Promise.race([waiting, this.#hurry.promise]);
    this.#isLeaving = true;
    const left = cluster?.drain(drainMs);
    if (delayMs > 0) await orHurry(Bun.sleep(delayMs));
    this.#isDraining = true;
    const deadline = performance.now() + drainMs;
    const leftMs = () => Math.max(0, deadline - performance.now());
    // A sequence between two of its actions has nothing in the invoker, and is not at its end.
    await orHurry(invocation.drain(drainMs));
    await orHurry(invoker.drain(leftMs()));
    // What others do for this node's callers, and it for others', ends before the doors close.
    await orHurry(left);
    await orHurry(cluster?.close(leftMs()));
    // Calls that still run are answered when their containers end: the doors wait for them, and not they for the doors.
    const answered = doors.close();
    // Together: what containers wait for in vain, the sandbox gives up.
    await Promise.all([invoker.close(), sandbox.close()]);
    await Promise.race([answered, Bun.sleep(FAREWELL_MS)]);
    await rest[Symbol.asyncDispose]();
  }
}
