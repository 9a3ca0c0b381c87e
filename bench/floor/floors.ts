import { join } from 'node:path';
import type { SandboxName } from '../options.ts';
import type { Cleanup } from '../process/cleanup.ts';
import { Program } from '../process/program.ts';

/** The programs that the floors are measured with, each started when it is first needed. */
export class Floors {
  readonly #cleanup: Cleanup;
  readonly #started = new Map<string, Promise<unknown>>();

  constructor(cleanup: Cleanup) {
    this.#cleanup = cleanup;
  }

  /** Parses and answers JSON, nothing else. @returns its address */
  bareServer(): Promise<string> {
    return this.#once('bare', () => this.#server('bare-server.ts'));
  }

  /** The same behind a route of Hono. @returns its address */
  honoServer(): Promise<string> {
    return this.#once('hono', () => this.#server('hono-server.ts'));
  }

  /** The bare server with one frame to a child and back in each request, one request at a time. @returns its address */
  chainServer(sandbox: SandboxName): Promise<string> {
    return this.#once(`chain ${sandbox}`, async () => {
      const program = Program.ofBench(join(import.meta.dir, 'chain-server.ts'), wireOf(sandbox));
      this.#cleanup.add(() => program.finish('end'));
      return `http://127.0.0.1:${await program.line()}`;
    });
  }

  /** Starts of a bare process or container until it has answered a frame; answers the milliseconds of each. */
  starts(sandbox: SandboxName): Promise<(count: number) => Promise<number[]>> {
    return this.#once(`starts ${sandbox}`, async () => {
      const program = Program.ofBench(join(import.meta.dir, 'starts.ts'), wireOf(sandbox));
      this.#cleanup.add(() => program.finish('end'));
      await program.line();
      return async (count: number) => {
        program.tell(String(count));
        return JSON.parse(await program.line()) as number[];
      };
    });
  }

  /** One frame to a child and back, with this value or a small one; answers the microseconds of each. */
  frames(sandbox: SandboxName): Promise<(count: number, value?: string) => Promise<number[]>> {
    return this.#once(`frames ${sandbox}`, async () => {
      const program = Program.ofBench(join(import.meta.dir, 'frames.ts'), wireOf(sandbox));
      this.#cleanup.add(() => program.finish('end'));
      await program.line();
      return async (count: number, value?: string) => {
        program.tell(JSON.stringify({ count, value }));
        return JSON.parse(await program.line()) as number[];
      };
    });
  }

  /** A message from a producer to a consumer of the client that nodes use; answers the microseconds of each. */
  kafka(broker: string): Promise<(count: number) => Promise<number[]>> {
    return this.#once('kafka', async () => {
      const program = Program.ofBench(join(import.meta.dir, 'kafka.ts'), broker, `bench-floor-${process.pid}`);
      this.#cleanup.add(() => program.finish('end'));
      await program.line();
      return async (count: number) => {
        program.tell(String(count));
        return JSON.parse(await program.line()) as number[];
      };
    });
  }

  async #server(file: string): Promise<string> {
    const program = Program.ofBench(join(import.meta.dir, file));
    this.#cleanup.add(() => program.end());
    return `http://127.0.0.1:${await program.line()}`;
  }

  #once<T>(name: string, start: () => Promise<T>): Promise<T> {
    const known = this.#started.get(name) ?? start();
    this.#started.set(name, known);
    return known as Promise<T>;
  }
}

/** How the floor of a call in this sandbox is called. */
export function floorName(sandbox: SandboxName): string {
  return `HTTP + ${wireOf(sandbox)}`;
}

function wireOf(sandbox: SandboxName): string {
  return sandbox === 'docker' ? 'attach' : 'pipe';
}
