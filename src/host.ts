import { networkInterfaces, totalmem } from 'node:os';

/** What the node finds out about the machine that it runs on. */
export interface Host {
  /** Megabytes that this process may use: all of the machine's, or what its cgroup allows. */
  readonly memory: number;
  /** The address of Docker's bridge, where containers reach this machine; undefined without one. */
  readonly bridge: string | undefined;
}

export function lookAtHost(): Host {
  const bytes = Math.min(totalmem(), process.constrainedMemory() || Number.POSITIVE_INFINITY);
  const bridge = networkInterfaces().docker0?.find(({ family }) => family === 'IPv4')?.address;
  return { memory: Math.floor(bytes / 1024 ** 2), bridge };
}

/**
 * Megabytes for all containers together when nobody said how many: half of what there is, but 1 GB where that
 * leaves 256 MB for the rest, in steps of one ordinary container of 256 MB, and never less than one.
 */
export function defaultPoolMemory(hostMemory: number): number {
  const wanted = Math.max(hostMemory / 2, Math.min(1024, hostMemory - 256));
  return Math.max(256, Math.floor(wanted / 256) * 256);
}

/** True when one of these addresses can be reached from other machines. */
export function isExposed(addresses: readonly string[], bridge: string | undefined): boolean {
  return addresses.some((address) => !isLoopback(address) && address !== bridge);
}

function isLoopback(address: string): boolean {
  return address === 'localhost' || address === '::1' || /^127\.\d+\.\d+\.\d+$/.test(address);
}
