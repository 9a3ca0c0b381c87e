import { Connection } from './connection.ts';
import type { Answer } from './response.ts';

/** Closed-loop load: each connection sends its next request when it has the answer to the one before. */

/** @returns the microseconds of each call @throws Error for an answer that is not 200 */
export async function callOneByOne(connection: Connection, request: Uint8Array, count: number): Promise<number[]> {
  const samples = new Array<number>(count);
  for (let n = 0; n < count; n++) {
    const start = performance.now();
    const answer = await connection.ask(request);
    samples[n] = (performance.now() - start) * 1000;
    expect200(answer);
  }
  return samples;
}

/** So many connections at once, until the time is over. */
export class Crowd {
  readonly #connections: readonly Connection[];

  private constructor(connections: readonly Connection[]) {
    this.#connections = connections;
  }

  static async open(address: string, count: number): Promise<Crowd> {
    return new Crowd(await Promise.all(Array.from({ length: count }, () => Connection.open(address))));
  }

  /** @param request the same again and again, or another one each time @returns answers a second @throws Error for an answer that is not 200 */
  async press(
    request: Uint8Array | (() => Uint8Array),
    ms: number,
  ): Promise<{ readonly perSecond: number; readonly calls: number }> {
    const start = performance.now();
    const end = start + ms;
    let calls = 0;
    const press = async (connection: Connection) => {
      while (performance.now() < end) {
        expect200(await connection.ask(typeof request === 'function' ? request() : request));
        calls++;
      }
    };
    await Promise.all(this.#connections.map(press));
    return { perSecond: (calls / (performance.now() - start)) * 1000, calls };
  }

  close(): void {
    for (const connection of this.#connections) connection.close();
  }
}

export function expect200({ status, body }: Answer): void {
  if (status !== 200) throw new Error(`answered ${status}: ${body.toString().slice(0, 300)}`);
}
