import { later, now } from '../../src/protocol/awake.ts';
import type { FromRuntime, ToRuntime } from '../../src/protocol/frame.ts';
import type { Activation } from './activation.ts';
import { failureFrame, rejectionFrame, resultFrame } from './answer.ts';
import { CodeError } from './code-error.ts';
import { load, type Main } from './load.ts';
import type { Logs } from './logs.ts';
import { asNodeSaysIt } from './module.ts';
import type { Output } from './output.ts';

type Frame<Type extends ToRuntime['type']> = Extract<ToRuntime, { type: Type }>;

/** Does what the frames from the node ask for, with the sentences of OpenWhisk's nodejs runtime (service.js). */
export class Runtime {
  readonly #output: Output;
  readonly #logs: Logs;
  readonly #folder: string;
  /** As it was before the user's code could replace it. */
  readonly #logError = console.error;
  #main: Main = notInitialized;
  #resultLimit = 0;
  /** Calls that are begun and not answered. */
  #underWay = 0;
  /** Runs that are begun when those under way are answered. */
  #waiting: Frame<'run'>[] = [];
  #isBeginning = false;
  /** The node has what was sent ahead of a failure done by another container. */
  #hasFailed = false;
  /** When the last one began: only where one is begun at a time does anybody want to know. */
  #begunAt = 0;

  constructor(output: Output, logs: Logs, folder: string) {
    this.#output = output;
    this.#logs = logs;
    this.#folder = folder;
  }

  /** Answers `init`; never throws for what the code does. */
  async init({ id, main, code, binary, env, resultLimit, logLimit }: Frame<'init'>): Promise<void> {
    Object.assign(process.env, env);
    this.#resultLimit = resultLimit;
    this.#underWay++;
    const activation = this.#logs.begin(id, logLimit);
    if (main === '' || code === '') {
      return this.#answer(activation, failureFrame(id, 'Missing main/no code to execute.', resultLimit));
    }
    try {
      this.#logs.watch();
      this.#main = await load({ main, code, binary }, this.#folder);
      this.#answer(activation, { type: 'result', id });
    } catch (thrown) {
      const error = asNodeSaysIt(thrown);
      const sentence = error instanceof CodeError ? error.message : error;
      this.#logError('Error during initialization:', sentence);
      const stack = error instanceof CodeError ? undefined : (error as Error | undefined)?.stack;
      const text = `Initialization has failed due to: ${describe(stack ? stack : sentence)}`;
      this.#answer(activation, failureFrame(id, text, resultLimit));
    }
  }

  /** Answers `run`, at once where `main` needs no waiting; never throws for what the code does. */
  run(frame: Frame<'run'>): void {
    if (!frame.ahead) {
      this.#begin(frame);
    } else if (!this.#hasFailed) {
      this.#waiting.push(frame);
      this.#beginLater();
    }
  }

  /** Gives back what is not begun. */
  recall(): void {
    const ids = this.#waiting.map(({ id }) => id);
    this.#waiting = [];
    this.#output.send([{ type: 'recalled', ids }]);
  }

  /** In a turn of its own: what the run before has left to do, and what the node has sent, come first. */
  #beginLater(): void {
    if (this.#isBeginning || this.#underWay > 0 || this.#waiting.length === 0) return;
    this.#isBeginning = true;
    later(this.#beginNext);
  }

  readonly #beginNext = (): void => {
    this.#isBeginning = false;
    const frame = this.#waiting.shift();
    if (frame) this.#begin(frame);
  };

  #begin({ id, value, env, logLimit }: Frame<'run'>): void {
    this.#underWay++;
    this.#begunAt = now();
    const activation = this.#logs.begin(id, logLimit);
    Object.assign(process.env, env);
    this.#logs.during(activation, () => {
      try {
        // Called without a `this`.
        const main = this.#main;
        const result = main(JSON.parse(value) as unknown);
        if (isThenable(result)) this.#wait(activation, result);
        else this.#succeed(activation, result);
      } catch (error) {
        this.#fail(activation, error);
      }
    });
  }

  #wait(activation: Activation, promise: PromiseLike<unknown>): void {
    this.#logs.watch();
    Promise.resolve(promise).then(
      (result) => this.#succeed(activation, result),
      (reason) => this.#reject(activation, reason),
    );
  }

  #succeed(activation: Activation, result: unknown): void {
    try {
      const frame = resultFrame(activation.id, result, this.#resultLimit);
      if (frame.type === 'failure') {
        this.#logError(`Result must be of type object but has type "${typeof result}":`, result);
      }
      this.#answer(activation, frame);
    } catch (error) {
      this.#fail(activation, error);
    }
  }

  #reject(activation: Activation, reason: unknown): void {
    try {
      this.#answer(activation, rejectionFrame(activation.id, asNodeSaysIt(reason), this.#resultLimit));
    } catch (error) {
      this.#fail(activation, error);
    }
  }

  #fail(activation: Activation, thrown: unknown): void {
    const error = asNodeSaysIt(thrown);
    this.#logError(error);
    const text = `An error has occurred: ${describe(error)}`;
    this.#answer(activation, failureFrame(activation.id, text, this.#resultLimit));
  }

  get #tookUs(): number {
    return Math.round((now() - this.#begunAt) * 1000);
  }

  /** All lines of an activation go before its answer, in the same write. */
  #answer(activation: Activation, frame: FromRuntime): void {
    const frames = this.#logs.finish(activation);
    frames.push(frame.type === 'result' && frame.value !== undefined ? { ...frame, took: this.#tookUs } : frame);
    this.#output.send(frames);
    this.#underWay--;
    if (frame.type === 'failure') {
      this.#hasFailed = true;
      this.#waiting = [];
    }
    this.#beginLater();
  }
}

function notInitialized(): never {
  throw new Error('System not initialized.');
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof (value as PromiseLike<unknown> | null | undefined)?.then === 'function';
}

/** What a template would make of it; some things that can be thrown have no text. */
function describe(value: unknown): string {
  try {
    return String(value);
  } catch {
    return Object.prototype.toString.call(value);
  }
}
