import type { Assigned, Bus, Mark } from './bus.ts';
import { Commits } from './commits.ts';
import type { Place } from './entry.ts';
import { type Begun, Progress } from './progress.ts';

/**
 * The partitions that this node owns: how far they are, and the commits that tell it to their next owners. What is told of others'
 * partitions is not heeded: they are no longer this node's to commit.
 */
export class Partitions {
  readonly #self: string;
  readonly #owned = new Map<number, Progress>();
  readonly #commits: Commits;

  /** @param self `node#boot` */
  constructor(bus: Pick<Bus, 'commit'>, self: string) {
    this.#self = self;
    this.#commits = new Commits(bus, this.#owned);
  }

  /** In order. */
  get numbers(): readonly number[] {
    return [...this.#owned.keys()].sort((a, b) => a - b);
  }

  /** Commits that were made. */
  get commits(): number {
    return this.#commits.made;
  }

  has(partition: number): boolean {
    return this.#owned.has(partition);
  }

  /** How far all of them are. */
  get marks(): Mark[] {
    return [...this.#owned.values()].map((progress) => progress.mark());
  }

  /** All but these are others' from now on. Answers what is done of those without being committed. */
  kept(partitions: readonly number[]): Place[] {
    const lost = [...this.#owned.values()].filter(({ partition }) => !partitions.includes(partition));
    for (const { partition } of lost) this.#owned.delete(partition);
    return lost.flatMap(({ partition, unsaved }) => unsaved.map((offset) => ({ partition, offset })));
  }

  /** What is known of those that it had already stays. */
  assigned(partitions: readonly Assigned[]): void {
    for (const mark of partitions) {
      if (!this.#owned.has(mark.partition)) this.#owned.set(mark.partition, new Progress(mark));
    }
  }

  /** A message came. Answers whether it was there before this node owned the partition; undefined when it is nothing new. */
  arrived({ partition, offset }: Place): 'old' | 'new' | undefined {
    const progress = this.#owned.get(partition);
    if (!progress?.arrived(offset)) return undefined;
    return offset < progress.end ? 'old' : 'new';
  }

  /** How often it was begun, and by whom the last time; undefined when it was not, as far as is known. */
  begunAs({ partition, offset }: Place): Begun | undefined {
    return this.#owned.get(partition)?.begunAs(offset);
  }

  /** How often it was begun. */
  triesOf(place: Place): number {
    return this.begunAs(place)?.tries ?? 0;
  }

  begin({ partition, offset }: Place): void {
    this.#owned.get(partition)?.begin(offset, this.#self);
  }

  /** It was not begun after all. */
  undo({ partition, offset }: Place): void {
    this.#owned.get(partition)?.undo(offset);
    this.#commits.changed(partition);
  }

  done({ partition, offset }: Place): void {
    this.#owned.get(partition)?.done(offset);
    this.#commits.changed(partition);
  }

  /** What has been begun is committed soon, or at once. */
  changed(partition: number, when: 'soon' | 'now'): void {
    this.#commits.changed(partition, when);
  }

  /** Answers whether what has been begun is committed now, or that it could not be. */
  committed(partition: number): Promise<boolean> {
    return this.#commits.committed(partition);
  }

  /** Resolves when all that is known is committed; while Kafka is away, not at all. */
  settled(): Promise<void> {
    return this.#commits.settle();
  }

  close(): void {
    this.#commits.close();
  }
}
