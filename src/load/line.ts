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

/** No answer came in time. */
export class NoAnswer extends Error {
  override readonly name = 'NoAnswer';
}

/** A connection that is opened when it is needed, and again when it has ended. One request at a time. */
export class Line implements Asker {
  readonly #options: LineOptions;
  #connection: Connection | undefined;

  constructor(options: LineOptions) {
    this.#options = options;
  }

  async open(): Promise<void> {
    await this.#opened();
  }

  async ask(request: Uint8Array): Promise<Answer> {
    const connection = this.#connection?.isOpen ? this.#connection : await this.#opened();
    const { promise, reject } = Promise.withResolvers<never>();
    const { timeoutMs } = this.#options;
    const timer = setTimeout(() => reject(new NoAnswer(`no answer within ${timeoutMs} ms`)), timeoutMs);
    try {
      return await Promise.race([connection.ask(request), promise]);
    } catch (error) {
      // Its answer may come yet, and would be taken for the next one's.
      connection.close();
      this.#connection = undefined;
      throw error;
    } finally {
      clearTimeout(timer);
    }
  }

  close(): void {
    this.#connection?.close();
    this.#connection = undefined;
  }

  async #opened(): Promise<Connection> {
    const { address, insecure = false } = this.#options;
    this.#connection = await Connection.open(address, { insecure });
    return this.#connection;
  }
}
