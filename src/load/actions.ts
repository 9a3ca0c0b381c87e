import { type Api, Refused } from './api.ts';
import { NoAnswer } from './line.ts';

/** The action of a language that answers what it is called with. */
const ECHOES: readonly (readonly [family: RegExp, code: string])[] = [
  [/^(?:nodejs|bun|typescript)(?::|$)/, 'function main(args) { return args; }'],
  [/^python(?::|$)/, 'def main(args):\n    return args\n'],
];

/** The code of an action that answers what it is called with; undefined for kinds that it is not known for. Pure. */
export function echoIn(kind: string): string | undefined {
  return ECHOES.find(([family]) => family.test(kind))?.[1];
}

export interface BenchActionsOptions {
  /** One for each connection. */
  readonly apis: readonly [Api, ...Api[]];
  readonly kind: string;
  readonly code: string;
  /** Begins the names of all of them: nothing else on the host has it. */
  readonly prefix: string;
}

/** The actions that a bench made: all of them are taken away again. */
export class BenchActions {
  readonly #options: BenchActionsOptions;
  readonly #there = new Set<string>();
  #made = 0;

  constructor(options: BenchActionsOptions) {
    this.#options = options;
  }

  /** @param worker whose connection is used @returns the new action's name @throws Error with what the host says against it */
  async make(worker = 0): Promise<string> {
    const { prefix, kind, code } = this.#options;
    const name = `${prefix}-${++this.#made}`;
    // It may be there even if nobody says so.
    this.#there.add(name);
    try {
      await this.#api(worker).putAction(name, { kind, code });
    } catch (error) {
      if (error instanceof Refused && error.status < 500) this.#there.delete(name);
      throw error;
    }
    return name;
  }

  /** Many, several at once. */
  makeAll(count: number): Promise<string[]> {
    return this.#share(Array.from({ length: count }), (_, worker) => this.make(worker));
  }

  async remove(name: string, worker = 0): Promise<void> {
    await this.#api(worker).deleteAction(name);
    this.#there.delete(name);
  }

  /** Takes away all that are left, as long as the host answers. @returns what is still there then, and why, as a sentence */
  async removeAll(): Promise<string | undefined> {
    let why: Error | undefined;
    await this.#share([...this.#there], async (name, worker) => {
      // Each of many actions would be waited for as long as one.
      if (why instanceof NoAnswer) return;
      try {
        await this.remove(name, worker);
      } catch (error) {
        why = error as Error;
      }
    });
    if (!why) return undefined;
    return `actions that are still there (${this.#there.size}, named ${this.#options.prefix}-…): ${why.message}`;
  }

  #api(worker: number): Api {
    const { apis } = this.#options;
    return apis[worker % apis.length] as Api;
  }

  /** Gives the work to all connections; each takes the next when it is done. After a failure nothing is begun; it rejects when all has ended. */
  async #share<T, R>(items: readonly T[], work: (item: T, worker: number) => Promise<R>): Promise<R[]> {
    const results: R[] = [];
    const failures: unknown[] = [];
    let next = 0;
    const take = async (worker: number) => {
      while (next < items.length && failures.length === 0) {
        const index = next++;
        try {
          results[index] = await work(items[index] as T, worker);
        } catch (error) {
          failures.push(error);
        }
      }
    };
    await Promise.all(this.#options.apis.map((_, worker) => take(worker)));
    if (failures.length > 0) throw failures[0];
    return results;
  }
}
