import type { Resolved } from '../entities/resolved.ts';
import type { Json, JsonText } from '../model/json.ts';
import { messages } from '../model/messages.ts';
import { entityId, parseName, type QualifiedName } from '../model/names.ts';
import { applicationError, type Response } from '../model/outcome.ts';
import { Refusal } from '../model/refusal.ts';
import type { Accepted, Caller, CompositesOptions, CompositionCount, Known } from './caller.ts';
import { startComposite } from './composite.ts';
import { notNow } from './fault.ts';
import { checkMayInvoke } from './find.ts';
import { readContinuation, withState } from './result.ts';
import { Tally } from './tally.ts';

/**
 * Compositions (docs/conductors.md, PrimitiveActions.scala): a conductor is invoked, says which action comes next, is
 * invoked again with that action's result and its own state, and so on until it names none.
 *
 *     conductor (component conductor)*
 *
 * What goes wrong with a component is told to the conductor as `{"error": …}`: it may go on. Compositions inside of
 * compositions count together.
 */
export class Compositions {
  readonly #options: CompositesOptions;

  constructor(options: CompositesOptions) {
    this.#options = options;
  }

  start(
    caller: Caller,
    resolved: Resolved,
    args: JsonText,
    count: CompositionCount = { components: 0, conductors: 0 },
    known?: Known,
  ): Accepted {
    const tally = new Tally(resolved.action.limits.memory);
    return startComposite(this.#options, {
      ...{ caller, resolved, tally, known, failed: messages.compositionFailed },
      follow: (part) => this.#conduct(part, resolved, args, tally, count),
    });
  }

  async #conduct(
    part: Caller,
    conductor: Resolved,
    args: JsonText,
    tally: Tally,
    count: CompositionCount,
  ): Promise<Response> {
    const { starters, maxLength } = this.#options;
    let input = withState(args, undefined);
    for (;;) {
      // So many as n components in a row need, and as many again for those that fail.
      if (count.conductors > 2 * maxLength) return applicationError(messages.compositionTooLong);
      count.conductors++;
      const said = await starters.plain(part, conductor, conductor.parameters.mergeResult(input)).activation;
      tally.add(said);
      const { action, params, state } = readContinuation(said.response.result);
      if (action === undefined) return { status: said.response.status, result: params };
      input = withState(await this.#component(part, action, params, tally, count), state);
    }
  }

  /** The result of the component, or what went wrong instead. */
  async #component(
    part: Caller,
    action: Json,
    params: JsonText,
    tally: Tally,
    count: CompositionCount,
  ): Promise<JsonText> {
    const { entitlement, maxLength } = this.#options;
    const { identity } = part;
    const name = typeof action === 'string' ? parseName(action, identity.namespace) : undefined;
    if (!name) return errorText(messages.compositionComponentInvalid(JSON.stringify(action)));
    if (count.components >= maxLength || part.depth > maxLength) return errorText(messages.compositionTooLong);
    try {
      await checkMayInvoke({ entitlement }, identity, name);
    } catch (refusal) {
      return refused(refusal, messages.compositionComponentNotAccessible(entityId(name)));
    }
    const found = await this.#resolve(name);
    if (typeof found === 'string') return found;
    const ended = await this.#begin(part, found, params, count).activation;
    tally.add(ended);
    return ended.response.result;
  }

  async #resolve(name: QualifiedName): Promise<Resolved | JsonText> {
    try {
      return await this.#options.entities.resolve(name);
    } catch (refusal) {
      return refused(refusal, messages.compositionComponentNotFound(entityId(name)));
    }
  }

  #begin(part: Caller, resolved: Resolved, params: JsonText, count: CompositionCount): Accepted {
    const { starters } = this.#options;
    const args = resolved.parameters.mergeResult(params);
    switch (resolved.form) {
      case 'conductor':
        // Its own conductors and components count, it does not.
        return starters.composition(part, resolved, args, count);
      case 'sequence':
        count.components++;
        return starters.sequence(part, resolved, args);
      case 'plain':
        count.components++;
        return starters.plain(part, resolved, args);
    }
  }
}

function refused(thrown: unknown, sentence: string): JsonText {
  if (!(thrown instanceof Refusal) || notNow(thrown)) throw thrown;
  return errorText(sentence);
}

function errorText(error: string): JsonText {
  return JSON.stringify({ error });
}
