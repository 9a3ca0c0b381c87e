import { availableParallelism } from 'node:os';
import type { JobTrace } from '../model/job.ts';
import type { Place } from '../model/place.ts';
import { ANSWER_US, NEXT_US, Payoff, Vigil } from './awake.ts';
import { Decoder, encodeFrame, type ToRuntime } from './frame.ts';
import type { LogSink } from './logs.ts';
import {
  type Answer,
  type InitRequest,
  type Protocol,
  type RunRequest,
  RuntimeFault,
  type Talk,
  type Unbegun,
} from './protocol.ts';

export interface StdioOptions {
  /** Bytes of a result after which the runtime cuts it. */
  readonly resultLimit: number;
}

const ENDING = 'it was about to end';
/** A runtime that sends this much more log than it was allowed is flooding on purpose. */
const FLOOD_BYTES = 4 * 1024 * 1024;

interface Pending {
  readonly logs: LogSink;
  readonly answer: PromiseWithResolvers<Answer | Unbegun>;
  /** Bytes of log that may still come before it counts as a flood. */
  logBytesLeft: number;
}

/** MessagePack frames on the standard streams: docs/protocol.md. */
export class StdioProtocol implements Protocol {
  readonly #options: StdioOptions;
  readonly #node: NodeLoad = { inHand: 0, cores: availableParallelism(), vigil: new Vigil() };

  constructor(options: StdioOptions) {
    this.#options = options;
  }

  open(place: Place): Promise<Talk> {
    return new StdioTalk(place, this.#options, this.#node).opened;
  }
}

/** What the talks with all runtimes have in common. */
interface NodeLoad {
  /** Questions that are not answered. */
  inHand: number;
  readonly cores: number;
  readonly vigil: Vigil;
}

class StdioTalk implements Talk {
  concurrent = false;
  takesAhead = false;
  readonly opened: Promise<Talk>;
  readonly #place: Place;
  readonly #options: StdioOptions;
  readonly #node: NodeLoad;
  readonly #decoder = new Decoder();
  readonly #ready = Promise.withResolvers<Talk>();
  readonly #pending = new Map<string, Pending>();
  /** Frames that leave at the end of this turn of the event loop. */
  #unsent: Uint8Array[] = [];
  #isReady = false;
  #isRecalling = false;
  /** It said that it is about to end. */
  #isEnding = false;
  #wasTraced = false;
  #fault: RuntimeFault | undefined;
  #askedAt = 0;
  #answeredAt = 0;
  /** The call before asked the runtime to stay awake; and it was awake when the last one was sent. */
  #lingers = false;
  #wasAwake = false;
  readonly #payoff = new Payoff();

  constructor(place: Place, options: StdioOptions, node: NodeLoad) {
    this.#place = place;
    this.#options = options;
    this.#node = node;
    this.opened = this.#ready.promise;
    place.stdio.onOutput((chunk) => this.#take(chunk));
    void place.exited.then(({ lastWords }) => {
      const torn = this.#decoder.atBorder ? '' : ' in the middle of a frame';
      this.#fail(new RuntimeFault(`it ended${torn}${lastWords ? `: ${lastWords.trim()}` : ''}`));
    });
  }

  init(request: InitRequest): Promise<Answer> {
    const { activationId: id, name, main, binary, env, logs } = request;
    const frame = { type: 'init', id, name, main, code: request.code ?? '', binary, env } as const;
    const limits = { resultLimit: this.#options.resultLimit, logLimit: logs.limitBytes };
    return this.#ask(id, logs, { ...frame, ...limits }) as Promise<Answer>;
  }

  run(request: RunRequest): Promise<Answer | Unbegun> {
    const { activationId: id, transactionId, deadline, apiKey, trace, logs, isAhead } = request;
    const env: Record<string, string> = {
      __OW_ACTIVATION_ID: id,
      __OW_TRANSACTION_ID: transactionId,
      __OW_DEADLINE: String(deadline),
    };
    if (apiKey !== undefined) env.__OW_API_KEY = apiKey;
    if (trace !== undefined || this.#wasTraced) this.#tellTrace(env, trace);
    const frame = { type: 'run', id, value: request.args, env, logLimit: logs.limitBytes } as const;
    if (isAhead) return this.#ask(id, logs, { ...frame, ahead: true });
    const isAwake = this.#isAwake();
    // One that was not asked to stay awake has to be woken first, which says nothing of what staying awake would do.
    this.#wasAwake = isAwake && this.#lingers;
    this.#lingers = isAwake;
    if (!isAwake) return this.#ask(id, logs, frame);
    const answer = this.#ask(id, logs, { ...frame, linger: NEXT_US });
    this.#node.vigil.keep(ANSWER_US);
    return answer;
  }

  #isAwake(): boolean {
    const { inHand, cores } = this.#node;
    if (inHand > 0 || cores < 2 || (performance.now() - this.#answeredAt) * 1000 > NEXT_US) return false;
    return this.#payoff.isWorthIt();
  }

  /** A runtime keeps its environment: what was told once is told again, or taken back. */
  #tellTrace(env: Record<string, string>, trace: JobTrace | undefined): void {
    this.#wasTraced = true;
    env.__OW_TRACEPARENT = trace?.traceparent ?? '';
    env.__OW_TRACESTATE = trace?.tracestate ?? '';
  }

  recall(): void {
    if (this.#fault || this.#isRecalling) return;
    this.#isRecalling = true;
    this.#send({ type: 'recall' });
  }

  stop(): void {
    if (!this.#fault) this.#send({ type: 'stop' });
  }

  #ask(id: string, logs: LogSink, frame: ToRuntime): Promise<Answer | Unbegun> {
    const answer = Promise.withResolvers<Answer | Unbegun>();
    if (this.#fault || this.#isEnding) {
      answer.reject(new RuntimeFault(this.#fault?.message ?? ENDING, true));
    } else if (this.#pending.has(id)) {
      answer.reject(new Error(`activation ${id} is under way in this container already`));
    } else {
      this.#askedAt = performance.now();
      if (this.#node.inHand++ > 0) this.#node.vigil.end();
      this.#pending.set(id, { logs, answer, logBytesLeft: logs.limitBytes + FLOOD_BYTES });
      this.#send(frame);
    }
    return answer.promise;
  }

  /** A call alone is sent at once; to a runtime that has several in hand, all of one turn go in one write. */
  #send(frame: ToRuntime): void {
    const bytes = encodeFrame(frame);
    if (this.#pending.size <= 1 && this.#unsent.length === 0) this.#place.stdio.write(bytes);
    else if (this.#unsent.push(bytes) === 1) setImmediate(this.#sendAll);
  }

  readonly #sendAll = (): void => {
    const frames = this.#unsent;
    this.#unsent = [];
    this.#place.stdio.write(Buffer.concat(frames));
  };

  #take(chunk: Uint8Array): void {
    if (this.#fault) return;
    try {
      for (const frame of this.#decoder.push(chunk)) this.#handle(frame);
    } catch (error) {
      this.#fail(error instanceof RuntimeFault ? error : new RuntimeFault(String(error)));
    }
  }

  #handle(frame: Record<string, unknown>): void {
    switch (frame.type) {
      case 'ready':
        this.#becomeReady(frame);
        break;
      case 'log':
        this.#log(frame);
        break;
      case 'result':
        this.#answer(frame, readAnswer(frame));
        break;
      case 'failure':
        this.#answer(frame, { type: 'failure', error: text(frame, 'error') });
        break;
      case 'recalled':
        this.#giveBack(frame);
        break;
      case 'ending':
        this.#end(frame);
        break;
      default:
        throw new RuntimeFault(`it sent a frame of the unknown type '${String(frame.type).slice(0, 40)}'`);
    }
  }

  #becomeReady(frame: Record<string, unknown>): void {
    if (this.#isReady) throw new RuntimeFault('it said twice that it is ready');
    if (frame.protocol !== 1) throw new RuntimeFault(`it speaks version ${String(frame.protocol)} of the protocol`);
    this.#isReady = true;
    this.concurrent = frame.concurrent === true;
    this.takesAhead = frame.ahead === true;
    this.#ready.resolve(this);
  }

  #log(frame: Record<string, unknown>): void {
    const pending = this.#pending.get(text(frame, 'id'));
    // Lines of an activation that was given up on already come too late, and are nobody's.
    if (!pending) return;
    const lines = frame.lines;
    if (!Array.isArray(lines)) throw new RuntimeFault('it sent a log without lines');
    for (const line of lines) {
      if (!Array.isArray(line)) throw new RuntimeFault('it sent a log line that is not a list');
      const [time, stream, words] = line as unknown[];
      if (typeof time !== 'number' || (stream !== 1 && stream !== 2) || typeof words !== 'string') {
        throw new RuntimeFault('it sent a log line of the wrong shape');
      }
      pending.logBytesLeft -= words.length + 1;
      if (pending.logBytesLeft < 0) throw new RuntimeFault('it flooded the log');
      pending.logs.add(time, stream === 1 ? 'stdout' : 'stderr', words);
    }
  }

  #giveBack({ ids }: Record<string, unknown>): void {
    if (!this.#isRecalling || !Array.isArray(ids)) throw new RuntimeFault('it gave back what nobody recalled');
    this.#isRecalling = false;
    for (const id of ids) this.#resolve(String(id), { type: 'unbegun' });
  }

  /** What reached it too late is done by others: code may end its process just after its answer, and the next run is under way by then. */
  #end({ begun }: Record<string, unknown>): void {
    if (!Array.isArray(begun)) throw new RuntimeFault('it ended without saying what it has begun');
    this.#isEnding = true;
    for (const [id, { answer }] of this.#pending) {
      if (begun.includes(id)) continue;
      this.#pending.delete(id);
      this.#node.inHand--;
      answer.reject(new RuntimeFault(ENDING, true));
    }
  }

  #answer(frame: Record<string, unknown>, answer: Answer): void {
    this.#resolve(text(frame, 'id'), answer);
    this.#node.vigil.end();
    const now = performance.now();
    if (this.#wasAwake) this.#payoff.answered((now - this.#askedAt) * 1000);
    this.#answeredAt = now;
  }

  #resolve(id: string, answer: Answer | Unbegun): void {
    const pending = this.#pending.get(id);
    if (!pending) throw new RuntimeFault('it answered what nobody asked');
    this.#pending.delete(id);
    this.#node.inHand--;
    pending.answer.resolve(answer);
  }

  #fail(fault: RuntimeFault): void {
    if (this.#fault) return;
    this.#fault = fault;
    this.#ready.reject(fault);
    for (const { answer } of this.#pending.values()) answer.reject(fault);
    this.#node.inHand -= this.#pending.size;
    this.#pending.clear();
  }
}

function readAnswer(frame: Record<string, unknown>): Answer {
  const value = frame.value === undefined ? '' : text(frame, 'value');
  const { size, took } = frame;
  const tookUs = typeof took === 'number' && took >= 0 ? took : undefined;
  if (size === undefined) return { type: 'result', value, tookUs };
  if (!Number.isSafeInteger(size)) throw new RuntimeFault("it sent a result whose 'size' is not a whole number");
  return { type: 'result', value, size: size as number, tookUs };
}

function text(frame: Record<string, unknown>, field: string): string {
  const value = frame[field];
  if (typeof value !== 'string') throw new RuntimeFault(`it sent a frame whose '${field}' is not a text`);
  return value;
}
