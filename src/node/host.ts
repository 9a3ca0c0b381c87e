import { readFileSync } from 'node:fs';
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
  return { memory: Math.floor(bytes / 1024 ** 2), bridge: bridgeAddress() };
}

const BRIDGE = 'docker0';

/** While no container runs, the bridge has no carrier, and then it is missing among the interfaces, not in the kernel's tables. */
function bridgeAddress(): string | undefined {
  try {
    const shown = networkInterfaces()[BRIDGE]?.find(({ family }) => family === 'IPv4')?.address;
    if (shown !== undefined) return shown;
    return addressIn(readFileSync('/proc/net/route', 'utf8'), readFileSync('/proc/net/fib_trie', 'utf8'), BRIDGE);
  } catch {
    return undefined;
  }
}

/** This machine's own address in the network of an interface, from the kernel's tables of routes and of addresses. */
export function addressIn(routes: string, addresses: string, name: string): string | undefined {
  for (const line of routes.split('\n')) {
    const [interfaceName, destination = '', , , , , , mask = ''] = line.split('\t');
    // A default route says nothing about its own network.
    if (interfaceName !== name || littleEndian(mask) === 0) continue;
    const network = littleEndian(destination);
    for (const [, address] of addresses.matchAll(/\|-- (\d+\.\d+\.\d+\.\d+)\n\s+\/32 host LOCAL/g)) {
      if (((bigEndian(address as string) & littleEndian(mask)) ^ network) === 0) return address;
    }
  }
  return undefined;
}

/** `000011AC` is 172.17.0.0. */
function littleEndian(hex: string): number {
  return Buffer.from(hex, 'hex').readInt32LE();
}

function bigEndian(address: string): number {
  return Buffer.from(address.split('.').map(Number)).readInt32BE();
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
