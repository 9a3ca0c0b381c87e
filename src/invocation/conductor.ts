import type { Resolved } from '../entities/resolved.ts';
import type { Activation } from '../model/activation.ts';
import type { Json, JsonText } from '../model/json.ts';
import { messages } from '../model/messages.ts';
import { entityId, parseName, type QualifiedName } from '../model/names.ts';
import { applicationError, type Response, whiskError } from '../model/outcome.ts';
import { Refusal } from '../model/refusal.ts';
import { newActivationId } from './activation-id.ts';
import { type Accepted, type Caller, type CompositesOptions, type CompositionCount, inside } from './caller.ts';
import { logFault } from './fault.ts';
import { checkMayInvoke } from './find.ts';
import { compositeActivation } from './record.ts';
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
  ): Accepted {
    const activationId = newActivationId();
    return { activationId, activation: this.#run(activationId, caller, resolved, args, count) };
  }

  async #run(
    activationId: string,
    caller: Caller,
    resolved: Resolved,
    args: JsonText,
    count: CompositionCount,
  ): Promise<Activation> {
    const { recorder, events, now } = this.#options;
    const start = now();
    recorder.began(caller, resolved, activationId, start);
    const { memory } = resolved.action.limits;
    const tally = new Tally(memory);
    let response: Response;
    try {
      response = await this.#conduct(inside(caller, activationId), resolved, args, tally, count);
    } catch (fault) {
      logFault(events, caller.transactionId, fault);
      response = whiskError(messages.compositionFailed);
    }
    const activation = compositeActivation({ activationId, caller, resolved, tally, response, start, end: now() });
    recorder.keepComposite(caller.identity, activation, resolved.id, tally.memory ?? memory);
    return activation;
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
  if (!(thrown instanceof Refusal)) throw thrown;
  return errorText(sentence);
}

function errorText(error: string): JsonText {
  return JSON.stringify({ error });
}
