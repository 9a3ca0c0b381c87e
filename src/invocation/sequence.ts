import type { Resolved } from '../entities/resolved.ts';
import type { JsonText } from '../model/json.ts';
import { messages } from '../model/messages.ts';
import { parseName, type QualifiedName } from '../model/names.ts';
import { applicationError, type Response } from '../model/outcome.ts';
import { Refusal } from '../model/refusal.ts';
import type { Accepted, Caller, CompositesOptions, Known, SequenceCount } from './caller.ts';
import { startComposite } from './composite.ts';
import { notNow } from './fault.ts';
import { findPermitted } from './find.ts';
import { hasError } from './result.ts';
import { Tally } from './tally.ts';

/**
 * Sequences (SequenceActions.scala): the result of each component is the argument of the next, objects and arrays
 * alike; the first result with an `error` ends it. Components are looked up when it is their turn, in the caller's
 * rights; those of sequences inside count together.
 */
export class Sequences {
  readonly #options: CompositesOptions;

  constructor(options: CompositesOptions) {
    this.#options = options;
  }

  start(
    caller: Caller,
    resolved: Resolved,
    args: JsonText,
    count: SequenceCount = { actions: 0 },
    known?: Known,
  ): Accepted {
    const tally = new Tally();
    return startComposite(this.#options, {
      ...{ caller, resolved, tally, known, failed: messages.sequenceFailed },
      follow: (part) => this.#follow(part, componentsOf(resolved), args, tally, count),
    });
  }

  async #follow(
    part: Caller,
    components: readonly string[],
    args: JsonText,
    tally: Tally,
    count: SequenceCount,
  ): Promise<Response> {
    const { maxLength } = this.#options;
    let response: Response = { status: 'application error', result: args };
    for (const component of components) {
      if (count.actions >= maxLength || part.depth > maxLength) return applicationError(messages.sequenceTooLong);
      const name = parseName(component, part.identity.namespace) as QualifiedName;
      const found = await findPermitted(this.#options, part.identity, name).catch(whyNot);
      if ('status' in found) return found;
      const ended = await this.#begin(part, found, response.result, count).activation;
      tally.add(ended);
      response = ended.response;
      if (hasError(response)) break;
    }
    return response;
  }

  #begin(part: Caller, resolved: Resolved, result: JsonText, count: SequenceCount): Accepted {
    const { starters } = this.#options;
    const args = resolved.parameters.mergeResult(result);
    switch (resolved.form) {
      case 'sequence':
        return starters.sequence(part, resolved, args, count);
      case 'conductor':
        count.actions++;
        return starters.composition(part, resolved, args);
      case 'plain':
        count.actions++;
        return starters.plain(part, resolved, args);
    }
  }
}

function componentsOf({ action: { exec } }: Resolved): readonly string[] {
  return 'components' in exec ? exec.components : [];
}

/** A component that is gone, or was never the caller's, ends the sequence; it is the author's to put right. */
function whyNot(refusal: unknown): Response {
  if (!(refusal instanceof Refusal) || notNow(refusal)) throw refusal;
  return applicationError(refusal.status === 404 ? messages.sequenceComponentNotFound : refusal.message);
}
