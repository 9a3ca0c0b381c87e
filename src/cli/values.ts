import { resolve } from 'node:path';
import { MB } from '../model/limits.ts';
import { parseDuration, parseSize, showDuration, showSize } from '../model/units.ts';

/** A kind of value that an operator writes: on the command line, in the environment (both text), or in a TOML file. */
export interface ValueType<T> {
  /** Completes "'x' is not …" and says in documents what may be written. */
  readonly expected: string;
  /** Stands for the value in the help: `SIZE`, `docker|local`. */
  readonly sign: string;
  /** The value, or undefined when it is none of this kind. */
  read(raw: unknown): T | undefined;
  /** As an operator would write it. */
  show(value: T): string;
  /** On the command line it stands alone. */
  readonly alone?: boolean;
  /** On the command line it may be given several times; `read` then gets all of them. */
  readonly many?: boolean;
  /** Never repeat the value in a message. */
  readonly secret?: boolean;
}

export function text(expected = 'a text that is not empty'): ValueType<string> {
  return {
    expected,
    sign: 'TEXT',
    read: (raw) => (typeof raw === 'string' && raw !== '' ? raw : undefined),
    show: (value) => value,
  };
}

/** In lower case, as DNS has it. */
export const domain: ValueType<string> = {
  expected: "a domain, such as 'example.com'",
  sign: 'DOMAIN',
  read: (raw) =>
    typeof raw === 'string' && /^[a-z0-9-]+(?:\.[a-z0-9-]+)*$/i.test(raw) ? raw.toLowerCase() : undefined,
  show: (value) => value,
};

/** An address for HTTP, without a slash at its end. */
export const url: ValueType<string> = {
  expected: "an address, such as 'http://127.0.0.1:4318'",
  sign: 'URL',
  read: (raw) => {
    if (typeof raw !== 'string' || !/^https?:\/\/./i.test(raw) || !URL.canParse(raw)) return undefined;
    return raw.replace(/\/+$/, '');
  },
  show: (value) => value,
};

/** The same, perhaps with `user:password@`, which no message repeats. */
export const server: ValueType<string> = { ...url, secret: true };

/** A text that no message and no help repeats. */
export const secret: ValueType<string> = { ...text(), secret: true };

/** CouchDB takes no others. */
export const databaseName: ValueType<string> = {
  expected: "lower-case letters, digits and any of _$()+/-, beginning with a letter, such as 'whisk_local_whisks'",
  sign: 'NAME',
  read: (raw) => (typeof raw === 'string' && /^[a-z][a-z0-9_$()+/-]*$/.test(raw) ? raw : undefined),
  show: (value) => value,
};

/** Kafka takes no others, and names are put together. */
export const topicName: ValueType<string> = {
  expected: "up to 100 letters, digits and any of ._-, such as 'edge-1'",
  sign: 'NAME',
  read: (raw) => (typeof raw === 'string' && /^[A-Za-z0-9_-][A-Za-z0-9._-]{0,99}$/.test(raw) ? raw : undefined),
  show: (value) => value,
};

/** A path, made absolute; `~/` is the home directory also where no shell reads it. */
export function path(home: string): ValueType<string> {
  return {
    expected: 'a path',
    sign: 'PATH',
    read: (raw) => {
      if (typeof raw !== 'string' || raw === '') return undefined;
      return resolve(raw === '~' || raw.startsWith('~/') ? home + raw.slice(1) : raw);
    },
    show: (value) => (value.startsWith(`${home}/`) ? `~${value.slice(home.length)}` : value),
  };
}

export function whole(min: number, max = Number.MAX_SAFE_INTEGER): ValueType<number> {
  const isIn = (value: number) => Number.isSafeInteger(value) && value >= min && value <= max;
  return {
    sign: 'N',
    expected:
      max === Number.MAX_SAFE_INTEGER ? `a whole number from ${min} up` : `a whole number from ${min} to ${max}`,
    read: (raw) => {
      if (typeof raw === 'number') return isIn(raw) ? raw : undefined;
      if (typeof raw !== 'string' || !/^-?\d+$/.test(raw.trim())) return undefined;
      return isIn(Number(raw)) ? Number(raw) : undefined;
    },
    show: String,
  };
}

export const flag: ValueType<boolean> = {
  expected: "'true' or 'false'",
  sign: 'true|false',
  read: (raw) => {
    if (typeof raw === 'boolean') return raw;
    return raw === 'true' ? true : raw === 'false' ? false : undefined;
  },
  show: String,
  alone: true,
};

export function choice<const C extends string>(...choices: readonly C[]): ValueType<C> {
  return {
    sign: choices.join('|'),
    expected: `one of ${choices.map((each) => `'${each}'`).join(', ')}`,
    read: (raw) => choices.find((each) => each === raw),
    show: (value) => value,
  };
}

/** Milliseconds. */
export function duration(min = 0): ValueType<number> {
  return {
    sign: 'DURATION',
    expected: `a duration with its unit, such as '500 ms', '30 s', '10 min', '7 d'${min > 0 ? `, at least ${showDuration(min)}` : ''}`,
    read: (raw) => {
      const ms = typeof raw === 'string' ? parseDuration(raw) : undefined;
      return ms !== undefined && ms >= min ? ms : undefined;
    },
    show: showDuration,
  };
}

/** Bytes. */
export function size(min = 0): ValueType<number> {
  return {
    sign: 'SIZE',
    expected: `a size with its unit, such as '64 KB', '512 MB', '2 GB'${min > 0 ? `, at least ${showSize(min)}` : ''}`,
    read: (raw) => {
      const bytes = typeof raw === 'string' ? parseSize(raw) : undefined;
      return bytes !== undefined && bytes >= min ? bytes : undefined;
    },
    show: showSize,
  };
}

/** Whole megabytes. */
export function megabytes(min = 0): ValueType<number> {
  const bytes = size(min * MB);
  return {
    sign: bytes.sign,
    expected: bytes.expected,
    read: (raw) => {
      const value = bytes.read(raw);
      return value === undefined ? undefined : Math.floor(value / MB);
    },
    show: (value) => showSize(value * MB),
  };
}

/** In text, separated by commas; in TOML, a list. */
export function list(sign: string, what: string): ValueType<readonly string[]> {
  return {
    sign,
    expected: `${what}, several separated by commas`,
    read: (raw) => {
      const items = pieces(raw);
      return items && items.length > 0 && items.every((item) => item !== '') ? items : undefined;
    },
    show: (value) => value.join(','),
    many: true,
  };
}

/** In text, `name=value` separated by commas; in TOML, a table. */
export function map(
  sign: string,
  what: string,
  isValid: (name: string, value: string) => boolean,
): ValueType<ReadonlyMap<string, string>> {
  return {
    sign,
    expected: what,
    read: (raw) => {
      const pairs = isTable(raw) ? Object.entries(raw) : pieces(raw)?.map(splitPair);
      if (!pairs?.every((pair): pair is [string, string] => typeof pair[1] === 'string' && isValid(pair[0], pair[1]))) {
        return undefined;
      }
      return new Map(pairs);
    },
    show: (value) => [...value.keys()].join(','),
    many: true,
    secret: true,
  };
}

function pieces(raw: unknown): string[] | undefined {
  const parts = Array.isArray(raw) ? raw : [raw];
  if (!parts.every((part) => typeof part === 'string')) return undefined;
  return parts.flatMap((part: string) => part.split(',')).map((part) => part.trim());
}

function splitPair(pair: string): [string, string] {
  const at = pair.indexOf('=');
  return at < 0 ? [pair, ''] : [pair.slice(0, at), pair.slice(at + 1)];
}

function isTable(raw: unknown): raw is Record<string, unknown> {
  return typeof raw === 'object' && raw !== null && !Array.isArray(raw);
}
