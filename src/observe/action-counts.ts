import type { ActivationEnded } from './events.ts';
import type { Labels } from './exposition.ts';
import { Histogram, LATENCY_MS, SIZE_BYTES } from './histogram.ts';

/** So many actions are counted one by one: who makes new ones all the time must not fill the memory. Of those forgotten counters begin anew. */
const MAX_ACTIONS = 2_000;

/** What is counted of each action. */
export class ActionCounts {
  readonly #actions = new Map<string, ActionNumbers>();

  /** Of those that are counted now. */
  get all(): ActionNumbers[] {
    return [...this.#actions.values()];
  }

  add(ended: ActivationEnded): void {
    this.#numbersOf(ended).add(ended);
  }

  #numbersOf(ended: ActivationEnded): ActionNumbers {
    const key = `${ended.namespace} ${ended.action}`;
    let numbers = this.#actions.get(key);
    if (!numbers) {
      if (this.#actions.size >= MAX_ACTIONS) this.#forgetActions();
      numbers = new ActionNumbers(ended);
      this.#actions.set(key, numbers);
    }
    numbers.isIdle = false;
    return numbers;
  }

  /** Those that were not called since this was last done, or the older half. */
  #forgetActions(): void {
    const idle = [...this.#actions].filter(([, { isIdle }]) => isIdle);
    const gone = idle.length > 0 ? idle : [...this.#actions].slice(0, MAX_ACTIONS / 2);
    for (const [key] of gone) this.#actions.delete(key);
    for (const numbers of this.#actions.values()) numbers.isIdle = true;
  }
}

/** What is counted of one action of one namespace. */
export class ActionNumbers {
  /** Not called since actions were last forgotten. */
  isIdle = false;
  readonly labels: Labels;
  readonly brief: Labels;
  readonly memoryBytes: number;
  total = 0;
  cold = 0;
  readonly statuses = new Map<string, number>();
  readonly waitMs = new Histogram(LATENCY_MS);
  readonly initMs = new Histogram(LATENCY_MS);
  readonly durationMs = new Histogram(LATENCY_MS);
  readonly resultBytes = new Histogram(SIZE_BYTES);

  constructor({ namespace, action, kind, memory }: ActivationEnded) {
    this.brief = { namespace, initiator: namespace, action };
    this.labels = { ...this.brief, kind, memory: String(memory) };
    this.memoryBytes = memory * 1024 * 1024;
  }

  add({ status, waitMs, initMs, durationMs, resultBytes }: ActivationEnded): void {
    const label = STATUS_LABELS[status] ?? status;
    this.total++;
    this.statuses.set(label, (this.statuses.get(label) ?? 0) + 1);
    this.waitMs.observe(waitMs);
    this.durationMs.observe(durationMs);
    this.resultBytes.observe(resultBytes);
    if (initMs === undefined) return;
    this.cold++;
    this.initMs.observe(initMs);
  }
}

/** OpenWhisk's labels have underscores where its records have blanks (openwhisk.md TRAP-08). */
const STATUS_LABELS: Readonly<Record<string, string>> = {
  success: 'success',
  'application error': 'application_error',
  'action developer error': 'action_developer_error',
  'whisk internal error': 'whisk_internal_error',
};
