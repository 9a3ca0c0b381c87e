import type { Writable } from 'node:stream';
import type { Stream } from './activation.ts';
import type { Logs } from './logs.ts';

/**
 * Points `console`, `process.stdout` and `process.stderr` at the logs. Node's Console and its streams cost more to
 * load than everything else in the shim, so they are made when something needs them: plain texts do not.
 */
export function takeConsole(logs: Logs): { warmUp(): void } {
  const streams = { 1: lazy(() => openStream(logs, 1)), 2: lazy(() => openStream(logs, 2)) };
  for (const [name, stream] of [
    ['stdout', 1],
    ['stderr', 2],
  ] as const) {
    // Bun makes its own stream, for 6 ms, unless the property was assigned before it is defined.
    Reflect.set(process, name, undefined);
    Object.defineProperty(process, name, { configurable: true, enumerable: true, get: streams[stream] });
  }

  const whole = lazy(() => {
    const { Console } = require('node:console') as typeof import('node:console');
    return new Console({ stdout: streams[1](), stderr: streams[2](), ignoreErrors: true });
  });
  for (const name of methods) {
    const stream = printing[name];
    Object.defineProperty(console, name, {
      configurable: true,
      enumerable: true,
      writable: true,
      value: (...words: unknown[]) => {
        if (stream && !whole.made && isPlain(words)) logs.print(stream, `${words.join(' ')}\n`);
        else (whole()[name] as (...words: unknown[]) => void)(...words);
      },
    });
  }
  return { warmUp: () => void whole() };
}

/** Methods that only print their words, and where. Before a `group` nothing is indented. */
const printing: { readonly [name in Method]?: Stream } = { log: 1, info: 1, debug: 1, error: 2, warn: 2 };

type Method = (typeof methods)[number];
const methods = [
  'assert',
  'clear',
  'count',
  'countReset',
  'debug',
  'dir',
  'dirxml',
  'error',
  'group',
  'groupCollapsed',
  'groupEnd',
  'info',
  'log',
  'table',
  'time',
  'timeEnd',
  'timeLog',
  'trace',
  'warn',
] as const;

/** True for texts that print as they are: no objects to be shown, no `%s` to be filled in. */
function isPlain(words: readonly unknown[]): boolean {
  return words.every((word) => typeof word === 'string') && (words.length < 2 || !(words[0] as string).includes('%'));
}

function openStream(logs: Logs, fd: Stream): Writable {
  const { Writable } = require('node:stream') as typeof import('node:stream');
  const decoder = new TextDecoder();
  const stream = new Writable({
    decodeStrings: false,
    write(chunk: string | Uint8Array, _encoding, done) {
      logs.print(fd, typeof chunk === 'string' ? chunk : decoder.decode(chunk, { stream: true }));
      done();
    },
  });
  // What Node's own streams say of themselves when they are no terminal.
  return Object.assign(stream, { fd, isTTY: false, _type: 'fs' });
}

interface Lazy<T> {
  (): T;
  made: boolean;
}

function lazy<T>(make: () => T): Lazy<T> {
  let value: T | undefined;
  const get = (): T => {
    value ??= make();
    get.made = true;
    return value;
  };
  get.made = false;
  return get;
}
