import type { JobTrace } from '../model/job.ts';
import type { Json, JsonText } from '../model/json.ts';
import type { Place } from '../model/place.ts';
import type { LogSink } from './logs.ts';

/**
 * A protocol is the talk with a runtime in its place: `stdio.ts`, MessagePack frames on the standard streams,
 * and `http.ts`, OpenWhisk's `/init` and `/run`. It never decides over the life of the container: it answers,
 * or it throws a `RuntimeFault`, after which the container ends the place.
 *
 * Every implementation runs `test/contract/protocol.ts`.
 */
export interface Protocol {
  /** Takes over the place's streams and waits until the runtime can be initialized. Rejects with `RuntimeFault`. */
  open(place: Place): Promise<Talk>;
}

export interface Talk {
  /** True when several runs may be under way at once. */
  readonly concurrent: boolean;
  /** Gives the runtime its code. Once. */
  init(request: InitRequest): Promise<Answer>;
  /** True when a run may be sent ahead: it is begun when those before it are answered. */
  readonly takesAhead: boolean;
  /** Runs the code once. Not before `init` was answered with a result. */
  run(request: RunRequest): Promise<Answer | Unbegun>;
  /** Asks for what was sent ahead and is not begun: those runs are answered so. */
  recall(): void;
  /** Asks the runtime to end by itself. */
  stop(): void;
}

export interface InitRequest {
  readonly activationId: string;
  /** The simple name of the action. */
  readonly name: string;
  readonly main: string;
  /** Text, or base64 of an archive when `binary`. Absent where the image brings its code. */
  readonly code: string | undefined;
  readonly binary: boolean;
  /** The action's init parameters and what OpenWhisk sets: `__OW_API_HOST`, `__OW_ACTION_NAME` and so on. */
  readonly env: Readonly<Record<string, string>>;
  readonly logs: LogSink;
}

export interface RunRequest {
  readonly activationId: string;
  readonly transactionId: string;
  readonly namespace: string;
  /** `/ns/pkg/name`. */
  readonly actionName: string;
  readonly actionVersion: string;
  /** Milliseconds since the epoch after which the run is ended. */
  readonly deadline: number;
  readonly apiKey: string | undefined;
  /** The trace that the run is part of; undefined takes away that of the run before. */
  readonly trace?: JobTrace | undefined;
  readonly args: JsonText;
  readonly logs: LogSink;
  /** Others are under way, and this one is begun after them; only where the runtime takes it. */
  readonly isAhead?: boolean;
}

/**
 * What the runtime said. `result` carries JSON text that the runtime claims to be the result: it is checked by
 * `readResult`. When the runtime cut it, `size` is its whole length in bytes. `tookUs`: how long the run was, as it says. `failure` is the developer's:
 * the error that the user sees, mostly a text.
 */
export type Answer =
  | { readonly type: 'result'; readonly value: JsonText; readonly size?: number; readonly tookUs?: number | undefined }
  | { readonly type: 'failure'; readonly error: Json };

/** A run that was sent ahead was taken back: the runtime will not begin it. */
export type Unbegun = { readonly type: 'unbegun' };

/** The runtime broke the protocol or fell silent: garbage, a torn frame, a frame over the cap. Its container ends. */
export class RuntimeFault extends Error {
  override readonly name = 'RuntimeFault';
  /** What is refused with this was not sent, or the runtime says that it did not begin it: another runtime may be asked. */
  readonly isUnsent: boolean;

  constructor(message: string, isUnsent = false) {
    super(message);
    this.isUnsent = isUnsent;
  }
}
