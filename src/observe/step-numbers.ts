import type { StepsTaken } from './events.ts';
import { Histogram, STEP_MS } from './histogram.ts';

/** The steps of all calls: who waits where. `store` is until the record is durable, which no answer waits for. */
export class StepNumbers {
  readonly auth = new Histogram(STEP_MS);
  readonly resolve = new Histogram(STEP_MS);
  readonly wait = new Histogram(STEP_MS);
  readonly init = new Histogram(STEP_MS);
  readonly run = new Histogram(STEP_MS);
  readonly store = new Histogram(STEP_MS);

  addRun({ accepted, given, initialized, ended }: StepsTaken): void {
    if (given === 0) return;
    this.wait.observe(given - accepted);
    if (initialized > 0) this.init.observe(initialized - given);
    if (ended > 0) this.run.observe(ended - (initialized || given));
  }
}
