import type * as value from '../cli/values.ts';

/** `admin` stands for `user` and `limits`. */
export type Command = 'serve' | 'admin' | 'images' | 'db';

/** One row of the table in config.ts. */
export interface Setting<T> {
  readonly type: value.ValueType<unknown>;
  readonly default: T;
  readonly what: string;
  readonly short?: string;
  /** How the default reads when it is not a plain value. */
  readonly shownDefault?: string;
  /** Variables of other tools that also set it, when ours is absent; the first that is there does. */
  readonly alias?: readonly string[];
  /** Commands besides `serve` that have it as an option. */
  readonly also?: readonly Exclude<Command, 'serve'>[];
}

type More = Pick<Setting<unknown>, 'short' | 'alias' | 'also' | 'shownDefault'>;

/** A setting with a default. */
export function of<T>(type: value.ValueType<T>, standard: NoInfer<T>, what: string, more: More = {}): Setting<T> {
  return { type, default: standard, what, ...more };
}

/** A setting that may stay unset; `shownDefault` says what happens then. */
export function optional<T>(
  type: value.ValueType<T>,
  shownDefault: string,
  what: string,
  more: More = {},
): Setting<T | undefined> {
  return { type, default: undefined, what, shownDefault, ...more };
}
