import type { Activation } from '../model/activation.ts';
import { annotation } from '../model/entities.ts';
import { isObject } from '../model/json.ts';

/** What a sequence or a composition adds up over its parts, for its own record (SequenceAccounting). */
export class Tally {
  /** Ids of the parts, in order: the record's logs. */
  readonly parts: string[] = [];
  durationMs = 0;
  /** Megabytes of the largest part; undefined before there is one. */
  memory: number | undefined;

  /** @param memory what there is to begin with */
  constructor(memory?: number) {
    this.memory = memory;
  }

  add({ activationId, annotations, duration = 0 }: Activation): void {
    this.parts.push(activationId);
    this.durationMs += duration;
    const limits = annotation(annotations, 'limits');
    if (!isObject(limits) || typeof limits.memory !== 'number') return;
    this.memory = Math.max(this.memory ?? 0, limits.memory);
  }
}
