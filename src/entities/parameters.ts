import { type Annotation, isTrue, type Parameter } from '../model/entities.ts';
import { type Json, type JsonObject, type JsonText, mergeText, omit, type Payload } from '../model/json.ts';
import { type Outline, outlineOf } from '../model/json-outline.ts';
import { messages } from '../model/messages.ts';
import { refuse } from '../model/refusal.ts';

/** `b` over `a`, by key: package, then binding, then action (parameters.md). */
export function mergeParameters(a: readonly Parameter[], b: readonly Parameter[]): Parameter[] {
  const merged = new Map(a.map((each) => [each.key, each]));
  for (const each of b) merged.set(each.key, each);
  return [...merged.values()];
}

/** A parameter without a value is an empty variable (WhiskAction.containerInitializer). */
function environmentText(value: Json): string {
  if (value === null) return '';
  return typeof value === 'string' ? value : JSON.stringify(value);
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
      if (init) env[key] = environmentText(value);
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
  merge(payload: Payload): JsonText {
    for (const key of this.#final) {
      if (payload.keys.includes(key)) throw refuse(400, messages.parametersNotAllowed);
    }
    return this.#under(payload);
  }

  /**
   * The arguments of a part of a sequence or composition: what came before it, over the parameters. Final ones stay as they are:
   * an action that hands on all that it got is not at fault, and nobody gets round `final` by a sequence.
   *
   * @param text valid JSON
   */
  mergeResult(text: JsonText): JsonText {
    if (this.#isEmpty) return text;
    const { type, keys } = outlineOf(text) as Outline;
    if (type !== 'object') return text;
    const fixed = keys.filter((key) => this.#final.has(key) && Object.hasOwn(this.#args, key));
    if (fixed.length === 0) return this.#under({ text, keys });
    return JSON.stringify({ ...this.#args, ...omit(JSON.parse(text) as JsonObject, fixed) });
  }

  #under(payload: Payload): JsonText {
    return this.#isEmpty ? payload.text : mergeText(this.#args, this.#argsText, payload);
  }
}
