/**
 * Gives the code `gc()`, which collects what it let go of: OpenWhisk's images start Node with `--expose-gc`, and code that fills
 * its memory in each call relies on it.
 */
export function exposeCollector(): void {
  let collector: (() => unknown) | undefined;
  const gc = (): void => {
    collector ??= open();
    collector();
  };
  Object.defineProperty(globalThis, 'gc', { value: gc, writable: true, configurable: true });
}

function open(): () => unknown {
  if (process.versions.bun) return () => Bun.gc(true);
  const { setFlagsFromString } = require('node:v8') as typeof import('node:v8');
  const { runInNewContext } = require('node:vm') as typeof import('node:vm');
  // The flag holds for what is made after it.
  setFlagsFromString('--expose-gc');
  return runInNewContext('gc') as () => unknown;
}
