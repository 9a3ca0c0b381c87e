import { Connection, type ConnectionOptions } from './connection.ts';
import type { Answer } from './response.ts';

/** Who can be asked: a connection, or one that lasts. */
export interface Asker {
  /** Rejects when there is no answer that can be understood. */
  ask(request: Uint8Array): Promise<Answer>;
}

export interface LineOptions extends ConnectionOptions {
  /** `http://127.0.0.1:3233`. */
  readonly address: string;
  /** An answer that has not come by then will not come. */
  readonly timeoutMs: number;
}

/** No answer, or not even a connection, came in time. */
export class NoAnswer extends Error {
  override readonly name = 'NoAnswer';
}

/** A connection that is opened when it is needed, and again when it has ended. One request at a time. */
export class Line implements Asker {
  readonly #options: LineOptions;
  #connection: Connection | undefined;
  #opening: Promise<Connection> | undefined;
  /** Ends what is waited for now. */
  #giveUp: ((why: Error) => void) | undefined;

  constructor(options: LineOptions) {
    this.#options = options;
  }

  async open(): Promise<void> {
    await this.#inTime(this.#opened());
  }

  async ask(request: Uint8Array): Promise<Answer> {
    const connection = this.#connection?.isOpen ? this.#connection : await this.#inTime(this.#opened());
    return this.#inTime(connection.ask(request));
  }

  /** Whoever waits for an answer is told that there will be none. The next question opens it again. */
  close(): void {
    this.#giveUp?.(new Error('the connection was closed'));
    this.#connection?.close();
    this.#connection = undefined;
    this.#opening = undefined;
  }

  async #inTime<T>(work: Promise<T>): Promise<T> {
    const { promise, reject } = Promise.withResolvers<never>();
    const { timeoutMs, address } = this.#options;
    const timer = setTimeout(() => {
      const missing = this.#connection ? 'answer from' : 'connection to';
      reject(new NoAnswer(`no ${missing} ${address} within ${timeoutMs} ms`));
    }, timeoutMs);
    this.#giveUp = reject;
    try {
      return await Promise.race([work, promise]);
    } catch (error) {
      // Its answer may come yet, and would be taken for the next one's.
      this.close();
      throw error;
    } finally {
      this.#giveUp = undefined;
      clearTimeout(timer);
    }
  }

  async #opened(): Promise<Connection> {
    const { address, insecure = false } = this.#options;
    this.#connection?.close();
    this.#connection = undefined;
    const opening = Connection.open(address, { insecure });
    this.#opening = opening;
    const connection = await opening;
    if (this.#opening !== opening) {
      connection.close();
      throw new Error('the connection was closed');
    }
    this.#connection = connection;
    return connection;
  }
}
