import type { Activation, ActivationSummary } from '../model/activation.ts';
import type { Journal } from '../store/journal.ts';
import { isAskedFor } from '../store/page.ts';
import type { ActivationQuery, ActivationStore } from '../store/store.ts';
import type { LiveActivations, LiveEvent, Pending } from './live.ts';
import { begunOf } from './promise.ts';

/** What a stream is about. */
export interface Watched {
  readonly namespace: string;
  /** `hello`, or `tools/hello`. */
  readonly name?: string;
}

/** Reading of activations, for the API: what the store has, and what lives on this node. */
export class ActivationRecords {
  readonly #store: ActivationStore;
  readonly #live: LiveActivations;
  readonly #journal: Pick<Journal, 'find'>;

  constructor(store: ActivationStore, live: LiveActivations, journal: Pick<Journal, 'find'>) {
    this.#store = store;
    this.#live = live;
    this.#journal = journal;
  }

  get(namespace: string, activationId: string): Promise<Activation | undefined> {
    return this.#store.get(namespace, activationId);
  }

  /** What was accepted and has no record yet, without living here: it waits its turn after a start, or another node has it. */
  async accepted(namespace: string, activationId: string): Promise<Pending | undefined> {
    const entry = await this.#journal.find(activationId);
    const begun = entry ? begunOf(entry.work) : this.#live.away(namespace, activationId);
    return begun?.namespace === namespace ? { ...begun, state: 'waiting', logs: [] } : undefined;
  }

  /** The activation while it waits or runs. */
  pending(namespace: string, activationId: string): Pending | undefined {
    return this.#live.pending(namespace, activationId);
  }

  list(query: ActivationQuery): Promise<Activation[]> {
    return this.#store.list(query);
  }

  summaries(query: ActivationQuery): Promise<ActivationSummary[]> {
    return this.#store.summaries(query);
  }

  count(query: Omit<ActivationQuery, 'limit'>): Promise<number> {
    return this.#store.count(query);
  }

  /**
   * What one has to see who looks again and again since the start of the newest that was seen, as `wsk activation poll`
   * does: what began since then, and also what began before and has ended since. Newest `start` first.
   */
  async news(query: ActivationQuery & { readonly since: number }): Promise<Activation[]> {
    const { namespace, since, skip, limit, ...rest } = query;
    const began = await this.#store.list(query);
    const late = this.#live.endedSince(namespace, since).map((id) => this.#store.get(namespace, id));
    const ended = (await Promise.all(late))
      .filter((each) => each !== undefined)
      .filter((each) => isAskedFor(each, { namespace, ...rest }))
      .sort((a, b) => b.start - a.start);
    const all = [...began, ...ended];
    return limit === undefined ? all : all.slice(0, limit);
  }

  /** Tells what comes of this namespace, or of one action of it, until the answer is called. */
  listen({ namespace, name }: Watched, listener: (event: LiveEvent) => void): () => void {
    if (name === undefined) return this.#live.listen(namespace, listener);
    return this.#live.listen(namespace, (event) => {
      // A line knows the simple name of its action alone.
      const isWanted =
        event.type === 'log'
          ? event.name === name.split('/').at(-1)
          : isAskedFor(event.activation, { namespace, name });
      if (isWanted) listener(event);
    });
  }
}
