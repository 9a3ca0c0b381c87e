import { LogCollector, type LogSink, type Stream } from '../../src/protocol/logs.ts';
import type { Answer, Talk, Unbegun } from '../../src/protocol/protocol.ts';
import { StdioProtocol } from '../../src/protocol/stdio.ts';
import { PipePlace } from './pipe-place.ts';

const MB = 1024 * 1024;
export const RESULT_LIMIT = MB;
const LOG_LIMIT = 10 * MB;

export interface Call {
  readonly answer: Answer | Unbegun;
  /** `stdout: text`, without times. */
  readonly lines: readonly string[];
}

export interface InitOptions {
  readonly main?: string;
  readonly binary?: boolean;
  readonly env?: Readonly<Record<string, string>>;
  readonly logs?: LogSink;
}

export interface RunOptions {
  readonly id?: string;
  readonly apiKey?: string;
  readonly logs?: LogSink;
  readonly isAhead?: boolean;
}

/** A shim in a process of its own, talked with as the node does. */
export class TestRuntime {
  readonly place: PipePlace;
  readonly talk: Talk;
  #count = 0;

  static async start(command: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<TestRuntime> {
    const place = new PipePlace(command, env);
    try {
      return new TestRuntime(place, await new StdioProtocol({ resultLimit: RESULT_LIMIT }).open(place));
    } catch (error) {
      await place.destroy();
      throw error;
    }
  }

  private constructor(place: PipePlace, talk: Talk) {
    this.place = place;
    this.talk = talk;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.place.destroy();
  }

  async init(code: string, options: InitOptions = {}): Promise<Call> {
    const { main = 'main', binary = false, env = {}, logs = new LogCollector(LOG_LIMIT) } = options;
    const answer = await this.talk.init({ activationId: this.#id(), name: 'hello', main, code, binary, env, logs });
    return { answer, lines: textsOf(logs) };
  }

  async run(args: unknown = {}, options: RunOptions = {}): Promise<Call> {
    const { id = this.#id(), apiKey, logs = new LogCollector(LOG_LIMIT), isAhead = false } = options;
    const answer = await this.talk.run({
      activationId: id,
      transactionId: `t-${id}`,
      namespace: 'guest',
      actionName: '/guest/hello',
      actionVersion: '0.0.1',
      deadline: 1795430526881,
      apiKey,
      args: JSON.stringify(args),
      logs,
      isAhead,
    });
    return { answer, lines: textsOf(logs) };
  }

  #id(): string {
    this.#count += 1;
    return String(this.#count).padStart(32, '0');
  }
}

/** Starts a runtime with this code; throws when it cannot be initialized. */
export async function initialized(
  command: readonly string[],
  code: string,
  options: InitOptions = {},
): Promise<TestRuntime> {
  const runtime = await TestRuntime.start(command);
  const { answer, lines } = await runtime.init(code, options);
  if (answer.type === 'failure') {
    await runtime.place.destroy();
    throw new Error(`${answer.error}\n${lines.join('\n')}`);
  }
  return runtime;
}

/** The parsed result of a call; throws when it is a failure. */
export function resultOf({ answer, lines }: Call): unknown {
  if (answer.type !== 'result') throw new Error(`${JSON.stringify(answer)}\n${lines.join('\n')}`);
  return JSON.parse(answer.value);
}

export function failureOf({ answer }: Call): string {
  if (answer.type !== 'failure') throw new Error(`it did not fail: ${JSON.stringify(answer)}`);
  return String(answer.error);
}

/** Lets a test wait for a line that comes while a run is under way. */
export class WatchedLogs implements LogSink {
  readonly limitBytes = LOG_LIMIT;
  readonly lines: string[] = [];
  readonly #waiters: { readonly text: string; readonly seen: () => void }[] = [];

  add(_time: number, stream: Stream, text: string): void {
    this.lines.push(`${stream}: ${text}`);
    for (const waiter of this.#waiters) if (text.includes(waiter.text)) waiter.seen();
  }

  seen(text: string): Promise<void> {
    if (this.lines.some((line) => line.includes(text))) return Promise.resolve();
    return new Promise((seen) => this.#waiters.push({ text, seen }));
  }
}

const TIME_WIDTH = 31;

function textsOf(logs: LogSink): readonly string[] {
  if (logs instanceof LogCollector) return logs.lines.map((line) => line.slice(TIME_WIDTH));
  return logs instanceof WatchedLogs ? logs.lines : [];
}
