/**
 * When the steps of one run ended, in milliseconds of `performance.now()`; 0 where it did not come to that. Filled on its way,
 * by whoever does the step.
 *
 *     accepted ─ wait ─► given ─ init ─► initialized ─ run ─► ended
 *
 * A warm container has nothing to initialize: then the run begins when it is given.
 */
export class RunSteps {
  /** The invocation has its id. */
  readonly accepted: number;
  /** A container has the job, thawed if it was frozen. */
  given = 0;
  initialized = 0;
  /** The runtime has answered, or will not. */
  ended = 0;

  constructor(accepted: number) {
    this.accepted = accepted;
  }
}
