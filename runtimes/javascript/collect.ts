/**
 * Gives the code `gc()`, which collects what it let go of: OpenWhisk's images start Node with `--expose-gc`, and code that fills
 * its memory in each call relies on it.
 */
export function exposeCollector(): void {
  const gc = (): void => collect();
  Object.defineProperty(globalThis, 'gc', { value: gc, writable: true, configurable: true });
}

let collector: (() => unknown) | undefined;

/** Collects all that nothing holds any more. */
export function collect(): void {
  collector ??= open();
  collector();
}

function open(): () => unknown {
  if (process.versions.bun) return () => Bun.gc(true);
  const { setFlagsFromString } = require('node:v8') as typeof import('node:v8');
  const { runInNewContext } = require('node:vm') as typeof import('node:vm');
  // The flag holds for what is made after it.
  setFlagsFromString('--expose-gc');
  return runInNewContext('gc') as () => unknown;
}
