import { Conflict, StoreRefused, StoreUnavailable } from '../store.ts';
import type { Call, Failure, FromWriter, ToWriter, Value } from './messages.ts';

interface Waiting {
  resolve(value: Value): void;
  reject(error: unknown): void;
}

/** The serving thread's end of the writer (writer.ts): a call goes there, a promise comes back. */
export class WriterLink {
  readonly #worker: Worker;
  readonly #waiting = new Map<number, Waiting>();
  readonly #onLost: (why: string) => void;
  #calls = 0;
  #gone: string | undefined;

  /** @param onLost called once when the thread ends by itself: there will not be another one */
  constructor(onLost: (why: string) => void) {
    this.#onLost = onLost;
    this.#worker = new Worker(writerUrl(), { name: 'store writer' });
    this.#worker.onmessage = (event: MessageEvent<FromWriter>) => this.#take(event.data);
    this.#worker.onerror = (event: ErrorEvent) => this.#lost(`The store's writer has failed: ${event.message}`);
    this.#worker.addEventListener('close', () => this.#lost("The store's writer has ended."));
  }

  /** Why nothing can be written any more; undefined while it can. */
  get gone(): string | undefined {
    return this.#gone;
  }

  /** @throws the contract's errors, or the text of a fault in the writer */
  ask(call: Call): Promise<Value> {
    return this.#send((number) => ({ ...call, call: number }));
  }

  /** @param firstSeq the number of the first record, the others follow @param heads JSON of `Head[]` */
  putRecords(firstSeq: number, heads: string, results: readonly string[]): Promise<Value> {
    return this.#send((number) => [number, firstSeq, heads, ...results]);
  }

  /** Ends the thread; what it has not answered by now is rejected. */
  end(): void {
    this.#reject('The store is closed.');
    this.#worker.terminate();
  }

  #send(message: (number: number) => ToWriter): Promise<Value> {
    if (this.#gone !== undefined) return Promise.reject(new StoreUnavailable(this.#gone));
    const number = ++this.#calls;
    const { promise, resolve, reject } = Promise.withResolvers<Value>();
    this.#waiting.set(number, { resolve, reject });
    this.#worker.postMessage(message(number));
    return promise;
  }

  #take(answers: FromWriter): void {
    for (const answer of answers) {
      const waiting = this.#waiting.get(answer.call);
      if (waiting === undefined) continue;
      this.#waiting.delete(answer.call);
      if ('error' in answer) waiting.reject(toError(answer.error));
      else waiting.resolve(answer.value);
    }
  }

  #lost(why: string): void {
    if (this.#gone !== undefined) return;
    this.#reject(why);
    this.#onLost(why);
  }

  #reject(why: string): void {
    if (this.#gone !== undefined) return;
    this.#gone = why;
    for (const { reject } of this.#waiting.values()) reject(new StoreUnavailable(why));
    this.#waiting.clear();
  }
}

function toError({ kind, text }: Failure): Error {
  if (kind === 'Conflict') return new Conflict(text);
  if (kind === 'StoreUnavailable') return new StoreUnavailable(text);
  if (kind === 'StoreRefused') return new StoreRefused(text);
  return new Error(text);
}

/**
 * From source the writer is the file beside this one. In the executable all modules are one file, at the root of the
 * build (src/), and the writer is the second entry: there its place is told from that root.
 */
function writerUrl(): URL {
  const isSource = import.meta.url.endsWith('/sqlite/link.ts');
  return new URL(isSource ? './writer.ts' : './store/sqlite/writer.js', import.meta.url);
}
