import { type Annotation, isTrue, type Parameter } from '../model/entities.ts';
import { isObject, type Json, type JsonObject, type JsonText, mergeText, omit } from '../model/json.ts';
import { messages } from '../model/messages.ts';
import { refuse } from '../model/refusal.ts';

/** `b` over `a`, by key: package, then binding, then action (parameters.md). */
export function mergeParameters(a: readonly Parameter[], b: readonly Parameter[]): Parameter[] {
  const merged = new Map(a.map((each) => [each.key, each]));
  for (const each of b) merged.set(each.key, each);
  return [...merged.values()];
}

/** An action's parameters made ready for many calls: what goes into each call, and what goes into the environment at init. */
export class BoundParameters {
  /** Parameters marked `init`, as text, for the environment. */
  readonly initEnv: Readonly<Record<string, string>>;
  readonly #args: JsonObject = {};
  readonly #argsText: JsonText;
  readonly #isEmpty: boolean;
  readonly #final: ReadonlySet<string>;

  /** @param isSequence a sequence hands on what it is called with: its components have parameters of their own */
  constructor(parameters: readonly Parameter[], annotations: readonly Annotation[], isSequence = false) {
    const env: Record<string, string> = {};
    for (const { key, value, init } of isSequence ? [] : parameters) {
      if (init) env[key] = typeof value === 'string' ? value : JSON.stringify(value);
      else Object.defineProperty(this.#args, key, { value, enumerable: true, writable: true, configurable: true });
    }
    this.initEnv = env;
    this.#isEmpty = Object.keys(this.#args).length === 0;
    this.#argsText = JSON.stringify(this.#args);
    // `final` forbids to override what has a value; null is a parameter that waits for one (WhiskAction.immutableParameters).
    this.#final = isTrue(annotations, 'final')
      ? new Set(parameters.filter(({ value }) => value !== null).map(({ key }) => key))
      : new Set();
  }

  /**
   * The arguments of one call: the payload over the parameters, shallow. Without parameters, the caller's own text goes through as it came.
   *
   * @throws Refusal 400 when the payload overrides a final parameter
   */
  merge(payload: Json, text: JsonText): JsonText {
    if (!isObject(payload)) return text;
    for (const key of this.#final) {
      if (Object.hasOwn(payload, key)) throw refuse(400, messages.parametersNotAllowed);
    }
    return this.#under(payload, text);
  }

  /**
   * The arguments of a part of a sequence or composition: what came before it, over the parameters. Final ones stay as they are:
   * an action that hands on all that it got is not at fault, and nobody gets round `final` by a sequence.
   *
   * @param text valid JSON
   */
  mergeResult(text: JsonText): JsonText {
    if (this.#isEmpty) return text;
    const result = JSON.parse(text) as Json;
    if (!isObject(result)) return text;
    const isFinal = (key: string) => this.#final.has(key) && Object.hasOwn(this.#args, key);
    const fixed = Object.keys(result).filter(isFinal);
    if (fixed.length === 0) return this.#under(result, text);
    return JSON.stringify({ ...this.#args, ...omit(result, fixed) });
  }

  #under(payload: JsonObject, text: JsonText): JsonText {
    return this.#isEmpty ? text : mergeText(this.#args, this.#argsText, payload, text);
  }
}
