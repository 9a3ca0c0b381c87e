import type { Entities } from '../entities/entities.ts';
import type { Resolved } from '../entities/resolved.ts';
import type { Activation } from '../model/activation.ts';
import type { Identity } from '../model/identity.ts';
import { type Outline, outlineOf } from '../model/json-outline.ts';
import { messages } from '../model/messages.ts';
import { whiskError } from '../model/outcome.ts';
import { Refusal } from '../model/refusal.ts';
import type { FireWork, InvocationWork, Work } from '../model/work.ts';
import type { Events } from '../observe/events.ts';
import type { Journal } from '../store/journal.ts';
import type { ActivationStore } from '../store/store.ts';
import { notNow } from './fault.ts';
import type { Fire } from './fire.ts';
import { nameOf } from './promise.ts';
import { undoneActivation } from './record.ts';
import type { Recorder } from './recorder.ts';

export interface PerformerOptions {
  readonly entities: Entities;
  readonly activations: Pick<ActivationStore, 'get'>;
  readonly journal: Pick<Journal, 'find' | 'deadLetters'>;
  readonly recorder: Recorder;
  readonly events: Events;
  readonly now: () => number;
  /** How often work is begun at most. */
  readonly maxTries: number;
  /** Whose key it is now; undefined when it is nobody's any more, or its subject is blocked. */
  readonly identityOf: (uuid: string) => Identity | undefined | Promise<Identity | undefined>;
  readonly start: (identity: Identity, resolved: Resolved, work: InvocationWork) => Promise<Activation>;
  readonly fire: (fire: Fire) => Promise<Activation>;
}

/**
 * Does accepted work to its record, and knows what of it is under way, so that nothing is done twice at once: neither here
 * and at the word of another node, nor twice at the word of others.
 */
export class Performer {
  readonly #options: PerformerOptions;
  readonly #underWay = new Map<string, Promise<void>>();

  constructor(options: PerformerOptions) {
    this.#options = options;
  }

  /** See `Perform`. */
  perform(work: Work, tries: number, isAgain = false): Promise<void> {
    const isFirst = tries === 0 && !isAgain;
    return this.#underWay.get(work.activationId) ?? this.#follow(work, this.#perform(work, tries, isFirst));
  }

  /** Whether the work was taken on before, and waits or has ended; of what is under way alone, when it has ended. */
  async isKnown({ namespace, activationId }: Work): Promise<boolean> {
    const { journal, activations } = this.#options;
    if (await journal.find(activationId)) return true;
    // It may have been begun without a trace, when that could not be written: then it counts only if it comes to its record.
    await this.#underWay.get(activationId)?.catch(() => undefined);
    return (await activations.get(namespace, activationId)) !== undefined;
  }

  /** Resolves when the record of what was begun is durable. Rejects as `Perform` does. */
  ended(work: Work, identity: Identity, activation: Promise<Activation>): Promise<void> {
    return this.#follow(work, this.#stored(identity, activation));
  }

  async #follow({ activationId }: Work, done: Promise<void>): Promise<void> {
    this.#underWay.set(activationId, done);
    try {
      await done;
    } finally {
      this.#underWay.delete(activationId);
    }
  }

  async #stored(identity: Identity, activation: Promise<Activation>): Promise<void> {
    await this.#options.recorder.stored(identity, await activation);
  }

  async #perform(work: Work, tries: number, isFirst: boolean): Promise<void> {
    const { activations, identityOf, maxTries, start, fire } = this.#options;
    if (await activations.get(work.namespace, work.activationId)) return;
    const identity = await identityOf(work.uuid);
    if (tries >= maxTries) return this.#giveUp(work, tries, identity);
    if (!identity) return this.#record(work, messages.askerGone);
    if (work.type === 'fire') return this.#stored(identity, fire(fireOf(identity, work, isFirst)));
    const resolved = await this.#resolve(work);
    if (typeof resolved === 'string') return this.#record(work, resolved, identity);
    return this.#stored(identity, start(identity, resolved, work));
  }

  /** The action, or why there is none. */
  async #resolve(work: InvocationWork): Promise<Resolved | string> {
    try {
      return await this.#options.entities.resolve(nameOf(work));
    } catch (thrown) {
      if (!(thrown instanceof Refusal) || notNow(thrown)) throw thrown;
      return thrown.status === 404 ? messages.actionRemoved : thrown.message;
    }
  }

  /** First the dead letter, then the record: with that, nobody would come back to it. */
  async #giveUp(work: Work, tries: number, identity: Identity | undefined): Promise<void> {
    const { journal, events, now } = this.#options;
    const why = messages.givenUp(tries);
    await journal.deadLetters.bury({ work, tries, why, buriedAt: now() });
    events.error('invocation', `activation ${work.activationId} of ${work.namespace} is a dead letter: ${why}`);
    await this.#record(work, why, identity);
  }

  /** The record of work that is not done. */
  async #record(work: Work, sentence: string, identity: Identity = stranger(work)): Promise<void> {
    const { recorder, now } = this.#options;
    const activation = undoneActivation(work, whiskError(sentence), now());
    recorder.keep(identity, activation);
    await recorder.stored(identity, activation);
  }
}

function fireOf(identity: Identity, work: FireWork, isFirst: boolean): Fire {
  const { keys } = outlineOf(work.event) as Outline;
  return { identity, work, event: { text: work.event, keys }, isFirst };
}

/** Whoever asked, when nobody knows any more who that was. */
function stranger({ subject, namespace, uuid }: Work): Identity {
  return { subject, namespace, uuid, key: '', limits: {} };
}
