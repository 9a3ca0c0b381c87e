import type { JobAction } from '../model/job.ts';

/** How long a change is awaited that must be under way on this node, and how long it is remembered. */
const AWAITED_MS = 1_000;
const REMEMBERED_MS = 10_000;

interface Change {
  /** Undefined when the action was deleted. */
  readonly current: JobAction | undefined;
  /** Milliseconds of a clock that is never set back. */
  readonly at: number;
}

/**
 * What actions were changed to lately. A job may have been begun with a revision whose code is gone by the time that
 * a container asks for it: it then goes on with what the action has become.
 */
export class Changes {
  readonly #recent = new Map<string, Change>();
  readonly #awaited = new Map<string, Set<() => void>>();

  /** @param now milliseconds of that clock */
  note(actionId: string, current: JobAction | undefined, now: number): void {
    this.#recent.set(actionId, { current, at: now });
    for (const told of this.#awaited.get(actionId) ?? []) told();
  }

  /** What to run instead of a revision that is gone; undefined when there is nothing, or nobody tells. */
  async successorOf({ id, rev }: JobAction): Promise<JobAction | undefined> {
    const known = this.#recent.get(id);
    // A change is in the store before it is told here.
    if (known === undefined || known.current?.rev === rev) await this.#told(id);
    const current = this.#recent.get(id)?.current;
    return current?.rev === rev ? undefined : current;
  }

  forget(now: number): void {
    for (const [id, { at }] of this.#recent) if (now - at > REMEMBERED_MS) this.#recent.delete(id);
  }

  async #told(actionId: string): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const waiting = this.#awaited.get(actionId) ?? new Set();
    this.#awaited.set(actionId, waiting.add(resolve));
    const timer = setTimeout(resolve, AWAITED_MS);
    await promise;
    clearTimeout(timer);
    waiting.delete(resolve);
    if (waiting.size === 0) this.#awaited.delete(actionId);
  }
}
