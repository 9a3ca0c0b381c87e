let ask: (() => unknown) | undefined;

/**
 * Lets whoever waits for this core have it (`sched_yield`). Who only stays awake would else keep it from the very process that
 * is to send the next call. Under Node, which cannot ask for it, nothing.
 */
export function giveWay(): void {
  ask ??= open();
  ask();
}

function open(): () => unknown {
  if (!process.versions.bun) return nothing;
  try {
    const { dlopen } = require('bun:ffi') as typeof import('bun:ffi');
    return dlopen('libc.so.6', { sched_yield: { args: [], returns: 'i32' } }).symbols.sched_yield;
  } catch {
    return nothing;
  }
}

const nothing = () => undefined;
