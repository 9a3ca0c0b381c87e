import { type Annotation, isTrue, type Parameter } from '../model/entities.ts';
import { isObject, type Json, type JsonObject, type JsonText } from '../model/json.ts';
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
  readonly #args: JsonObject;
  readonly #argsText: JsonText;
  readonly #isEmpty: boolean;
  readonly #final: ReadonlySet<string>;

  constructor(parameters: readonly Parameter[], annotations: readonly Annotation[]) {
    const args: JsonObject = {};
    const env: Record<string, string> = {};
    for (const { key, value, init } of parameters) {
      if (init) env[key] = typeof value === 'string' ? value : JSON.stringify(value);
      else Object.defineProperty(args, key, { value, enumerable: true, writable: true, configurable: true });
    }
    this.initEnv = env;
    this.#args = args;
    this.#isEmpty = Object.keys(args).length === 0;
    this.#argsText = JSON.stringify(args);
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
    if (this.#isEmpty) return text;
    const keys = Object.keys(payload);
    if (keys.length === 0) return this.#argsText;
    return JSON.stringify({ ...this.#args, ...payload });
  }
}
