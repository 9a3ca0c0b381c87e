/**
 * The life of a container:
 *
 *     starting → prewarmed → initializing → busy ⇄ ready → pausing → paused → resuming → busy
 *
 * and from everywhere `closing → gone`. `Container.enter` is the only one that moves, and it moves only along this table.
 */
export type State =
  /** Its place is being started and its language loaded. */
  | 'starting'
  /** A stem cell: loaded, no code yet. */
  | 'prewarmed'
  /** It is given the code of an action. */
  | 'initializing'
  /** It has at least one job in hand. */
  | 'busy'
  /** It has its action and no job. */
  | 'ready'
  | 'pausing'
  | 'paused'
  | 'resuming'
  /** It takes nothing more and is being ended. */
  | 'closing'
  | 'gone';

const moves: Readonly<Record<State, readonly State[]>> = {
  starting: ['prewarmed', 'closing'],
  prewarmed: ['initializing', 'closing'],
  initializing: ['busy', 'closing'],
  busy: ['ready', 'closing'],
  ready: ['busy', 'pausing', 'closing'],
  pausing: ['paused', 'closing'],
  paused: ['resuming', 'closing'],
  resuming: ['busy', 'closing'],
  closing: ['gone'],
  gone: [],
};

export const states = Object.keys(moves) as readonly State[];

export function mayMove(from: State, to: State): boolean {
  return moves[from].includes(to);
}

/** Why a container was ended, for the operator: counted in the pool's status and in `/metrics`. */
export const endReasons = [
  /** Its memory was needed for another action: it was idle, or the other had waited too long. */
  'evicted',
  /** Nobody needed it for its keep-alive time. */
  'idle',
  /** Its action was changed or deleted. */
  'changed',
  /** Its action failed, in init or in a run. */
  'failed',
  /** Its action took longer than it may. */
  'timeout',
  /** Its place ended by itself, or its runtime broke the protocol. */
  'died',
  /** It could not be started, frozen or thawed. */
  'unusable',
  /** The node stops. */
  'stopping',
] as const;
export type EndReason = (typeof endReasons)[number];
