import type { Bus, Mark } from './bus.ts';
import { pause } from './pause.ts';
import type { Progress } from './progress.ts';

/** How long after a commit that failed the next one is tried: in that time the partitions may have got another owner. */
const RETRY_MS = 200;

/** What nobody waits for is committed after this long: commits hold up the messages that come over the same connection. */
const LAZY_MS = 100;

/**
 * Commits how far partitions are: one commit at a time, each with all that has changed since the one before.
 */
export class Commits {
  readonly #bus: Pick<Bus, 'commit'>;
  /** The partitions that this node owns now. */
  readonly #owned: ReadonlyMap<number, Progress>;
  readonly #changed = new Set<number>();
  #waiters: { readonly partition: number; tell(isCommitted: boolean): void }[] = [];
  #running: Promise<void> | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #isClosed = false;
  /** How many were made. */
  made = 0;

  constructor(bus: Pick<Bus, 'commit'>, owned: ReadonlyMap<number, Progress>) {
    this.#bus = bus;
    this.#owned = owned;
  }

  /** There is something new of this partition: it is committed soon, or now. */
  changed(partition: number, when: 'soon' | 'now' = 'soon'): void {
    if (!this.#owned.has(partition) || this.#isClosed) return;
    this.#changed.add(partition);
    if (when === 'now') this.#begin();
    else this.#timer ??= setTimeout(() => this.#begin(), LAZY_MS);
  }

  /** There is something new of it: answers whether it is remembered now, or that it could not be. */
  committed(partition: number): Promise<boolean> {
    if (!this.#owned.has(partition) || this.#isClosed) return Promise.resolve(false);
    const { promise, resolve: tell } = Promise.withResolvers<boolean>();
    this.#waiters.push({ partition, tell });
    this.changed(partition, 'now');
    return promise;
  }

  /** Resolves when all that has changed is committed; while Kafka is away, not at all. */
  async settle(): Promise<void> {
    this.#begin();
    await this.#running;
  }

  close(): void {
    this.#isClosed = true;
    clearTimeout(this.#timer);
  }

  #begin(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (!this.#isClosed) this.#running ??= this.#run();
  }

  async #run(): Promise<void> {
    // What changes in the same turn goes into the same commit.
    await Promise.resolve();
    while (this.#changed.size > 0 && !this.#isClosed) {
      const partitions = [...this.#changed];
      const waiters = this.#waiters.splice(0);
      this.#changed.clear();
      const changed = partitions.map((each) => this.#owned.get(each)).filter((each) => each !== undefined);
      const marked = changed.map((progress) => ({ progress, mark: progress.mark() }));
      const marks = marked.map(({ mark }) => mark);
      const isCommitted = marks.length > 0 && (await this.#commit(marks));
      if (isCommitted) for (const { progress, mark } of marked) progress.saved(mark);
      for (const { partition, tell } of waiters) {
        tell(isCommitted && marks.some((mark) => mark.partition === partition));
      }
      if (isCommitted || marks.length === 0) continue;
      for (const each of partitions) this.#changed.add(each);
      await pause(RETRY_MS);
    }
    this.#running = undefined;
    clearTimeout(this.#timer);
    this.#timer = undefined;
    for (const { tell } of this.#waiters.splice(0)) tell(false);
  }

  async #commit(marks: readonly Mark[]): Promise<boolean> {
    try {
      await this.#bus.commit(marks);
      this.made++;
      return true;
    } catch {
      // Kafka is away, or others own the partitions now: then they know what was committed last.
      return false;
    }
  }
}
